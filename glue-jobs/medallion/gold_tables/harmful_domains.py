"""gold.harmful_domains: who lists a name, since when, and whether anybody still does."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

KEY = ("entry_type", "name", "scope")
STATE = ("source", "category", "first_seen", "changed_at", "sequence", "current")


class HarmfulDomains:
    """first_seen is the minimum over listings; everything else of a source is that of its highest sequence."""

    def partial(self, facts: DataFrame) -> DataFrame:
        listed = F.col("event") == "listed"
        return facts.select(
            *KEY,
            "source",
            "category",
            F.when(listed, F.col("observed_at")).alias("first_seen"),
            F.col("observed_at").alias("changed_at"),
            "sequence",
            listed.alias("current"),
        )

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, F.explode("sources").alias("s")).select(*KEY, *[F.col("s")[name].alias(name) for name in STATE])

    def finish(self, partials: DataFrame) -> DataFrame:
        newest = F.max(F.struct("sequence", "changed_at", "current", "category")).alias("newest")
        per_source = partials.groupBy(*KEY, "source").agg(F.min("first_seen").alias("first_seen"), newest).select(*KEY, "source", "first_seen", "newest.*")
        rows = per_source.groupBy(*KEY).agg(F.sort_array(F.collect_list(F.struct(*STATE))).alias("sources"))
        current = F.filter("sources", lambda s: s["current"])
        categories = F.array_sort(F.array_distinct(F.transform(current, lambda s: s["category"])))
        return rows.select(
            *KEY,
            "sources",
            F.filter(categories, lambda category: category.isNotNull()).alias("categories"),
            F.size(current).alias("source_count"),
            (F.size(current) > 0).alias("is_active"),
            F.array_min(F.transform("sources", lambda s: s["first_seen"])).alias("first_seen"),
            F.when(F.size(current) == 0, F.array_max(F.transform("sources", lambda s: s["changed_at"]))).alias("delisted_at"),
        )
