"""What a driver knows of the keys that Silver holds, so that the table need not be read for every batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from medallion.canary import is_canary
from medallion.layers.silver.counts import counts_of


class HeldKeys:
    """What a driver knows of the keys that Silver holds: the highest value of each bounded key field.

    The writer lease makes this driver the only one that adds to them. A batch that lies wholly above in one field can repeat nothing, so
    Silver need not be read for it. Canaries count by themselves: their numbers are far above all others.
    """

    def __init__(self, bounded: tuple[str, ...], canary_source: str) -> None:
        self._bounded = bounded
        self._canary = is_canary(canary_source)
        self._known = False
        self._empty = False
        self._highest: dict[str, Any] = {}

    def learn(self, silver: DataFrame) -> None:
        """Reads the highest values from the table, once for a driver."""
        if self._known:
            return
        highest = [F.max(F.when(~self._canary, F.col(name))).alias(name) for name in self._bounded]
        row = silver.agg(F.count(F.lit(1)).alias("rows"), *highest).first()
        assert row is not None
        self._known, self._empty = True, row["rows"] == 0
        self._highest = {name: row[name] for name in self._bounded if row[name] is not None}

    def may_match(self, summary: Sequence[Row]) -> bool:
        """Whether Silver may hold a key of the batch."""
        if _canaries(summary):
            return not self._empty
        above = (min(lows) > self._highest[name] for name in self._highest if (lows := _present(summary, f"min_{name}")))
        return not self._empty and not any(above)

    def add(self, summary: Sequence[Row]) -> None:
        """The batch was written."""
        for name in self._bounded:
            if highs := _present(summary, f"max_{name}"):
                self._highest[name] = max([*highs, *([self._highest[name]] if name in self._highest else [])])
        self._empty = self._empty and counts_of(summary).inserted + counts_of(summary).canaries_inserted == 0

    def matching(self, summary: Sequence[Row]) -> Column:
        """A condition on literals that lets Delta skip files which cannot hold any key of the batch."""
        condition = F.lit(True)
        for name in self._bounded:
            if lows := _present(summary, f"min_{name}"):
                condition = condition & F.col(name).between(F.lit(min(lows)), F.lit(max(_present(summary, f"max_{name}"))))
        if self._bounded and not any(_present(summary, f"min_{name}") for name in self._bounded):
            condition = F.lit(False)
        return condition | self._canary if _canaries(summary) else condition


def _canaries(summary: Sequence[Row]) -> bool:
    return any(row["canaries"] for row in summary)


def _present(rows: Sequence[Row], name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]
