"""gold.source_quality: what each source adds that no other has, how much it changes, how much of it is refused."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datasets.harmful_domains.overlap import as_changes, blocks_of, changes_of_holders, changes_of_window, summed
from medallion.layers.facts import Facts

WINDOW_DAYS = 30
WINDOW = WINDOW_DAYS * 86_400_000_000
# Of more new facts than these the names would be most of the table: then all facts are read, once.
MOST_FACTS = 50_000


def _share(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part / whole)


class SourceQuality:
    """Every figure is a sum over names or over facts: of a name, what its holders were is taken off and what they are is added; of the
    window, what it left behind is taken off. So what is read is the listings of the names that came (overlap.py)."""

    def recompute(self, facts: Facts) -> DataFrame:
        return rows_of(by_source(per_holders(facts, facts.own.agg(F.max("observed_at").alias("as_of")))), facts)

    def advance(self, table: DataFrame, new: DataFrame, facts: Facts) -> DataFrame:
        # In microseconds, which no time zone of Python's touches.
        [held] = table.agg(F.unix_micros(F.max("as_of")).alias("as_of")).collect()
        [came] = new.agg(F.unix_micros(F.max("observed_at")).alias("as_of"), F.count(F.lit(1)).alias("facts")).collect()
        if held["as_of"] is None or came["facts"] > MOST_FACTS:
            return self.recompute(facts)
        as_of = max(held["as_of"], came["as_of"] or held["as_of"])
        counts = as_changes(table)
        if came["facts"] > 0:
            came_to_block, blocks = blocks_of(new), blocks_of(facts.own)
            window = changes_of_window(came_to_block, blocks, held["as_of"] - WINDOW, as_of - WINDOW)
            counts = counts.unionByName(window).unionByName(changes_of_holders(came_to_block, blocks))
        return rows_of(summed(counts).withColumn("as_of", F.timestamp_micros(F.lit(as_of))), facts)


def rows_of(counts: DataFrame, facts: Facts) -> DataFrame:
    """A row for every source that ever blocked anything, also where it blocks nothing any more."""
    read = facts.others["source_checks"].where(F.col("lines").isNotNull())
    bodies = (
        read.groupBy("source").agg(F.max(F.struct("started_at", "run_id", "lines", "rejects")).alias("body")).select("source", "body.lines", "body.rejects")
    )
    changes = F.col("added_30_days") + F.col("removed_30_days")
    return counts.join(F.broadcast(bodies), "source", "left").select(
        "source",
        "entries",
        "unique_entries",
        _share(F.col("unique_entries"), F.col("entries")).alias("unique_share"),
        F.transform(
            "shared", lambda each: F.struct(each["source"].alias("source"), each["shared"].alias("shared"), (each["shared"] / F.col("entries")).alias("share"))
        ).alias("overlaps"),
        "added_30_days",
        "removed_30_days",
        _share(changes, F.col("entries")).alias("churn"),
        "lines",
        "rejects",
        "as_of",
    )


def per_holders(facts: Facts, as_of: DataFrame) -> DataFrame:
    """Per source and set of sources that hold a name now: names, and what the source listed and dropped of them lately.

    A name that the source holds no more, its holders being others or none, is in no set of it: `names` counts those that it holds.
    """
    blocks = blocks_of(facts.own).crossJoin(F.broadcast(as_of))
    recent = F.col("observed_at") > F.col("as_of") - F.expr(f"INTERVAL {WINDOW_DAYS} DAYS")
    listed = F.col("event") == "listed"
    came = listed & ~F.coalesce("restated", F.lit(False))
    of_entry = blocks.groupBy("source", "entry_type", "name", "scope", "as_of").agg(
        F.max(F.struct("sequence", "event"))["event"].alias("event"),
        F.sum(F.when(recent & came, 1).otherwise(0)).alias("added"),
        F.sum(F.when(recent & ~listed, 1).otherwise(0)).alias("removed"),
    )
    of_source = of_entry.groupBy("entry_type", "name", "source", "as_of").agg(
        F.max(listed).alias("holds"), F.sum("added").alias("added"), F.sum("removed").alias("removed")
    )
    of_name = of_source.groupBy("entry_type", "name", "as_of").agg(
        F.array_sort(F.collect_set(F.when(F.col("holds"), F.col("source")))).alias("holders"),
        F.collect_list(F.struct("source", "holds", "added", "removed")).alias("sources"),
    )
    return (
        of_name.select("as_of", "holders", F.explode("sources").alias("s"))
        .groupBy(
            F.col("s.source").alias("source"), F.when(F.col("s.holds"), F.col("holders")).otherwise(F.array().cast("array<string>")).alias("holders"), "as_of"
        )
        .agg(
            F.sum(F.col("s.holds").cast("bigint")).alias("names"),
            F.sum("s.added").cast("bigint").alias("added"),
            F.sum("s.removed").cast("bigint").alias("removed"),
        )
    )


def by_source(sets: DataFrame) -> DataFrame:
    """Sums the sets of each source: its names, those that it alone holds, and with whom it shares how many."""
    each = sets.select("*", F.posexplode_outer("holders").alias("place", "other"))
    # What belongs to a set as a whole is counted with its first member, or with none.
    first = F.coalesce(F.col("place") == 0, F.lit(True))
    alone = F.size("holders") == 1

    def sum_of(name: str, where: Column) -> Column:
        return F.sum(F.when(where, F.col(name)).otherwise(0)).cast("bigint")

    per_other = each.groupBy("source", "as_of", "other").agg(
        sum_of("names", F.lit(True)).alias("shared"),
        sum_of("names", first).alias("names"),
        sum_of("names", alone).alias("unique"),
        sum_of("added", first).alias("added"),
        sum_of("removed", first).alias("removed"),
    )
    others = F.collect_list(F.when(F.col("other") != F.col("source"), F.struct(F.col("other").alias("source"), "shared")))
    return per_other.groupBy("source", "as_of").agg(
        F.sum("names").alias("entries"),
        F.sum("unique").alias("unique_entries"),
        F.array_sort(others).alias("shared"),
        F.sum("added").alias("added_30_days"),
        F.sum("removed").alias("removed_30_days"),
    )
