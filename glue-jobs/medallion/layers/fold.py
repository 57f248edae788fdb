"""How a state table is folded from facts, and written.

A fold has three pure parts, so that the incremental result equals a full recompute:

    partial(facts)    facts        -> partial states
    explode(table)    table rows   -> the partial states they were made of
    finish(partials)  any partials -> table rows   (combines by functions that care for neither order nor repeats)

    incremental = finish(partial(new facts) + explode(rows with a touched key))
    full        = finish(partial(all facts))
"""

from __future__ import annotations

from functools import reduce
from typing import Protocol

from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


class Fold(Protocol):
    """How a state table is folded from its dataset's Silver rows."""

    def partial(self, facts: DataFrame) -> DataFrame: ...

    def explode(self, table: DataFrame) -> DataFrame: ...

    def finish(self, partials: DataFrame) -> DataFrame: ...


def recompute(fold: Fold, facts: DataFrame) -> DataFrame:
    """The whole table from all facts: what the incremental table must equal."""
    return fold.finish(fold.partial(facts))


def advance(fold: Fold, table: DataFrame, facts: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """The new rows of the keys that `facts` touch."""
    partials = fold.partial(facts)
    touched = partials.select(*key).dropDuplicates()
    existing = table.join(F.broadcast(touched), list(key), "left_semi")
    return fold.finish(partials.unionByName(fold.explode(existing)))


def merge_state(gold: DeltaTable, rows: DataFrame, key: tuple[str, ...], *, whole: bool = False) -> None:
    """Writes each row that differs from the one its key has; where the rows are the `whole` table, takes out those that it has no more.
    The rows are persisted: MERGE need not write them aside before its two passes."""
    rows.sparkSession.conf.set("spark.databricks.delta.merge.materializeSource", "none")
    on = reduce(lambda a, b: a & b, [F.col(f"held.{name}") == F.col(f"new.{name}") for name in key])
    same = reduce(lambda a, b: a & b, [F.col(f"held.{name}").eqNullSafe(F.col(f"new.{name}")) for name in rows.columns])
    merge = gold.alias("held").merge(rows.alias("new"), on).whenMatchedUpdateAll(~same).whenNotMatchedInsertAll()
    (merge.whenNotMatchedBySourceDelete() if whole else merge).execute()
