"""gold.source_quality: what each source adds that no other has, how much it changes, how much of it is refused."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from medallion.periodic import Facts

WINDOW_DAYS = 30


def _share(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part / whole)


class SourceQuality:
    """Recomputed whole: how two sources overlap is no sum of changes."""

    def advance(self, _table: DataFrame, _new: DataFrame, facts: Facts) -> DataFrame:
        return self.recompute(facts)

    def recompute(self, facts: Facts) -> DataFrame:
        # What a backfill fetched (sequences below 0) is another time's.
        blocks = facts.own.where((F.col("action") == "block") & (F.col("sequence") > 0))
        newest = blocks.groupBy("source", "entry_type", "name", "scope").agg(F.max(F.struct("sequence", "event"))["event"].alias("event"))
        now = newest.where(F.col("event") == "listed").select("source", "entry_type", "name").distinct()
        names = now.groupBy("entry_type", "name").agg(F.sort_array(F.collect_list("source")).alias("holders"))
        per_name = names.select(F.explode("holders").alias("source"), "holders")
        entries = per_name.groupBy("source").agg(
            F.count(F.lit(1)).alias("entries"), F.sum(F.when(F.size("holders") == 1, 1).otherwise(0)).cast("bigint").alias("unique_entries")
        )
        pairs = per_name.select("source", F.explode("holders").alias("other")).where(F.col("source") != F.col("other"))
        shared = pairs.groupBy("source", "other").agg(F.count(F.lit(1)).alias("shared"))
        as_of = facts.own.agg(F.max("observed_at").alias("as_of"))
        recent = F.col("observed_at") > F.col("as_of") - F.expr(f"INTERVAL {WINDOW_DAYS} DAYS")
        listed = F.col("event") == "listed"
        # Every source that ever blocked anything has a row, also where it blocks nothing any more.
        churn = (
            blocks.crossJoin(F.broadcast(as_of))
            .groupBy("source", "as_of")
            .agg(
                F.sum(F.when(recent & listed, 1).otherwise(0)).cast("bigint").alias("added_30_days"),
                F.sum(F.when(recent & ~listed, 1).otherwise(0)).cast("bigint").alias("removed_30_days"),
            )
        )
        read = facts.others["source_checks"].where(F.col("lines").isNotNull())
        bodies = (
            read.groupBy("source").agg(F.max(F.struct("started_at", "run_id", "lines", "rejects")).alias("body")).select("source", "body.lines", "body.rejects")
        )
        overlaps = (
            shared.join(entries, "source")
            .select("source", F.struct(F.col("other").alias("source"), "shared", (F.col("shared") / F.col("entries")).alias("share")).alias("overlap"))
            .groupBy("source")
            .agg(F.sort_array(F.collect_list("overlap")).alias("overlaps"))
        )
        rows = churn.join(entries, "source", "left").join(overlaps, "source", "left").join(bodies, "source", "left")
        rows = rows.withColumn("entries", F.coalesce("entries", F.lit(0).cast("bigint"))).withColumn(
            "unique_entries", F.coalesce("unique_entries", F.lit(0).cast("bigint"))
        )
        return rows.select(
            "source",
            "entries",
            "unique_entries",
            _share(F.col("unique_entries"), F.col("entries")).alias("unique_share"),
            F.coalesce("overlaps", F.array().cast("array<struct<source:string,shared:bigint,share:double>>")).alias("overlaps"),
            "added_30_days",
            "removed_30_days",
            _share(F.col("added_30_days") + F.col("removed_30_days"), F.col("entries")).alias("churn"),
            "lines",
            "rejects",
            "as_of",
        )
