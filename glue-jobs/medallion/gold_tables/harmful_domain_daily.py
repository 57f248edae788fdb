"""gold.harmful_domain_daily: what came, went and stayed, per day, source and category."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from medallion.periodic import Facts

KEY = ("date", "source", "category")


def days_of(facts: DataFrame) -> DataFrame:
    """Entries to block that were listed and delisted, per day. A snapshot lists an entry only where it was not listed, so that
    what is active is what was added less what was removed."""
    counted = facts.where(F.col("action") == "block").withColumn("date", F.to_date("observed_at")).withColumn("category", F.coalesce("category", F.lit("")))
    listed = F.col("event") == "listed"
    return counted.groupBy(*KEY).agg(
        F.sum(F.when(listed, 1).otherwise(0)).cast("bigint").alias("added"),
        F.sum(F.when(listed, 0).otherwise(1)).cast("bigint").alias("removed"),
    )


def with_active(days: DataFrame) -> DataFrame:
    until_day = Window.partitionBy("source", "category").orderBy("date").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return days.withColumn("active", F.sum(F.col("added") - F.col("removed")).over(until_day))


class HarmfulDomainDaily:
    """Recomputes the days that new facts fall on, and the running total of all days."""

    def recompute(self, facts: Facts) -> DataFrame:
        return with_active(days_of(facts.own))

    def advance(self, table: DataFrame, new: DataFrame, facts: Facts) -> DataFrame:
        touched = [row["date"] for row in new.where(F.col("action") == "block").select(F.to_date("observed_at").alias("date")).distinct().collect()]
        if not touched:
            return table.limit(0)
        # A range that the files' statistics can be held against, then the days themselves.
        near = facts.own.where(F.col("observed_at") >= F.lit(min(touched))).where(F.to_date("observed_at").isin(touched))
        others = table.where(~F.col("date").isin(touched)).select(*KEY, "added", "removed")
        return with_active(days_of(near).unionByName(others))
