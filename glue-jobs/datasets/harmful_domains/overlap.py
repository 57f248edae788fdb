"""What facts change in gold.source_quality: amounts to add, per source and source that it shares a name with, itself among them.

Columns of changes: source, other, shared (names that both hold), alone (names that no other holds), added, removed. What a source holds is
what it shares with itself; alone, added and removed stand where `other` is the source itself.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

NAME = ("entry_type", "name")
AMOUNTS = ("shared", "alone", "added", "removed")


def blocks_of(facts: DataFrame) -> DataFrame:
    """Facts that block. What a backfill fetched (sequences below 0) is another time's."""
    return facts.where((F.col("action") == "block") & (F.col("sequence") > 0))


def _amounts(source: Column, other: Column, **amounts: Column) -> list[Column]:
    return [source.alias("source"), other.alias("other"), *[amounts.get(name, F.lit(0)).cast("bigint").alias(name) for name in AMOUNTS]]


def as_changes(table: DataFrame) -> DataFrame:
    """The table's own figures."""
    own = _amounts(
        F.col("source"), F.col("source"), shared=F.col("entries"), alone=F.col("unique_entries"), added=F.col("added_30_days"), removed=F.col("removed_30_days")
    )
    overlaps = table.select("source", F.explode("overlaps").alias("o")).select(_amounts(F.col("source"), F.col("o.source"), shared=F.col("o.shared")))
    return table.select(own).unionByName(overlaps)


def changes_of_window(new: DataFrame, all_facts: DataFrame, began: int, begins: int) -> DataFrame:
    """What came into the window of additions and removals, and what it left behind. It began after one time, and begins after another,
    no earlier one, both in microseconds; `all_facts` holds the new ones too. Every source of a new fact is named."""

    def counted(facts: DataFrame, sign: Column) -> DataFrame:
        listed = F.col("event") == "listed"
        came = listed & ~F.coalesce("restated", F.lit(False))
        amounts = _amounts(F.col("source"), F.col("source"), added=F.when(came, sign).otherwise(0), removed=F.when(listed, 0).otherwise(sign))
        return facts.select(amounts)

    observed, before, after = F.col("observed_at"), F.timestamp_micros(F.lit(began)), F.timestamp_micros(F.lit(begins))
    entered = counted(new, F.when(observed > before, 1).otherwise(0))
    left = counted(all_facts.where((observed > before) & (observed <= after)), F.lit(-1))
    return entered.unionByName(left)


def changes_of_holders(new: DataFrame, all_facts: DataFrame) -> DataFrame:
    """What changes by the names of new facts: who held them before is taken off, who holds them now is added."""
    touched = new.select(*NAME).distinct()
    key = (*NAME, "source", "scope", "sequence")
    is_new = F.coalesce("is_new", F.lit(False))
    marked = all_facts.join(F.broadcast(touched), list(NAME), "left_semi").join(
        F.broadcast(new.select(*key).distinct().withColumn("is_new", F.lit(True))), list(key), "left"
    )
    said = F.struct("sequence", "event")
    of_scope = marked.groupBy(*NAME, "source", "scope").agg(
        F.max(F.when(~is_new, said))["event"].alias("before"),
        F.max(said)["event"].alias("after"),
    )

    def holders(event: str) -> Column:
        return F.collect_set(F.when(F.col(event) == "listed", F.col("source")))

    of_name = of_scope.groupBy(*NAME).agg(holders("before").alias("before"), holders("after").alias("after"))
    sides = F.array(F.struct(F.lit(-1).alias("sign"), F.col("before").alias("holders")), F.struct(F.lit(1).alias("sign"), F.col("after").alias("holders")))
    each = of_name.select(F.explode(sides).alias("side")).select("side.sign", "side.holders")
    pairs = each.select("*", F.explode("holders").alias("source")).select("*", F.explode("holders").alias("other"))
    alone = F.when(F.size("holders") == 1, F.col("sign")).otherwise(0)
    return pairs.select(_amounts(F.col("source"), F.col("other"), shared=F.col("sign"), alone=alone))


def summed(changes: DataFrame) -> DataFrame:
    """Changes by source, as the table counts them."""
    of_pair = changes.groupBy("source", "other").agg(*[F.sum(name).alias(name) for name in AMOUNTS])
    itself = F.col("source") == F.col("other")

    def own(name: str) -> Column:
        return F.sum(F.when(itself, F.col(name)).otherwise(0)).cast("bigint")

    others = F.collect_list(F.when(~itself & (F.col("shared") > 0), F.struct(F.col("other").alias("source"), "shared")))
    return of_pair.groupBy("source").agg(
        own("shared").alias("entries"),
        own("alone").alias("unique_entries"),
        F.array_sort(others).alias("shared"),
        own("added").alias("added_30_days"),
        own("removed").alias("removed_30_days"),
    )
