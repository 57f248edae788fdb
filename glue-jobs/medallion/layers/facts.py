"""What a periodic table is computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pyspark.sql import DataFrame

from medallion.canary import is_canary
from medallion.contracts import Table


@dataclass(frozen=True)
class Facts:
    """Tables as they are: the dataset's own Silver, and those that the contract lets the table read beside it, as it names them there."""

    own: DataFrame
    others: Mapping[str, DataFrame]


def without_canaries(facts: DataFrame, canary_source: str) -> DataFrame:
    return facts.where(~is_canary(canary_source))


def facts_of(read: Callable[[Table], DataFrame], own: Table, others: Mapping[str, Table], canary_source: str) -> Facts:
    """The tables, without canaries: what is counted by date or source must not count them. Gold holds none."""

    def facts(table: Table) -> DataFrame:
        return without_canaries(read(table), canary_source) if table.layer == "silver" else read(table)

    return Facts(facts(own), {name: facts(table) for name, table in others.items()})


class Recomputed(Protocol):
    """How a periodic table is computed: whole, as often as it is brought up to date. Enough for a table that reads Gold, and for small ones."""

    def recompute(self, facts: Facts) -> DataFrame:
        """The whole table from all facts: what the table must equal."""
        ...


@runtime_checkable
class Advanced(Recomputed, Protocol):
    """How a table that reads no Gold is brought up to date by the facts that are new."""

    def advance(self, table: DataFrame, new: DataFrame, facts: Facts) -> DataFrame:
        """The table's rows that `new` facts may have changed, at least. `new` are those of `facts.own` that the table does not count yet."""
        ...


def advanced(computation: Recomputed, others: Mapping[str, Table]) -> Advanced | None:
    """The computation, where the table goes on by new facts; None where it is computed whole each time."""
    return computation if isinstance(computation, Advanced) and not reads_gold(others) else None


def reads_gold(others: Mapping[str, Table]) -> bool:
    return any(table.layer != "silver" for table in others.values())
