"""gold.harmful_domain_daily: what came, went and stayed, per day, source and category."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from medallion.layers.facts import Facts

KEY = ("date", "source", "category")


def days_of(facts: DataFrame) -> DataFrame:
    """Entries to block that were listed and delisted, per day. A snapshot lists an entry only where it was not listed, or says another
    thing of it: that counts where it is of another category now, as one that goes from there and comes here. So what is active is what was
    added less what was removed."""
    event = F.when(F.col("event") == "listed", F.lit("added")).otherwise(F.lit("removed"))
    restated = F.coalesce("restated", F.lit(False))
    moved = F.array(
        F.struct(F.col("category_before").alias("category"), F.lit("removed").alias("became")),
        F.struct(F.col("category").alias("category"), F.lit("added").alias("became")),
    )
    counts = (
        F.when(~restated, F.array(F.struct(F.col("category").alias("category"), event.alias("became"))))
        .when(F.col("category_before").isNotNull(), moved)
        .otherwise(F.array().cast("array<struct<category:string,became:string>>"))
    )
    each = facts.where(F.col("action") == "block").select(F.to_date("observed_at").alias("date"), "source", F.explode(counts).alias("count"))
    counted = each.select("date", "source", F.coalesce("count.category", F.lit("")).alias("category"), "count.became")
    return counted.groupBy(*KEY).agg(
        F.sum(F.when(F.col("became") == "added", 1).otherwise(0)).cast("bigint").alias("added"),
        F.sum(F.when(F.col("became") == "removed", 1).otherwise(0)).cast("bigint").alias("removed"),
    )


def with_active(days: DataFrame) -> DataFrame:
    until_day = Window.partitionBy("source", "category").orderBy("date").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return days.withColumn("active", F.sum(F.col("added") - F.col("removed")).over(until_day))


class HarmfulDomainDaily:
    """Adds the counts of new facts to those held; the running totals of what they concern are made again from the table's own rows."""

    def recompute(self, facts: Facts) -> DataFrame:
        return with_active(days_of(facts.own))

    def advance(self, table: DataFrame, new: DataFrame, _facts: Facts) -> DataFrame:
        gained = days_of(new)
        concerned = table.join(F.broadcast(gained.select("source", "category").distinct()), ["source", "category"], "left_semi")
        days = concerned.select(*KEY, "added", "removed").unionByName(gained)
        return with_active(days.groupBy(*KEY).agg(F.sum("added").alias("added"), F.sum("removed").alias("removed")))
