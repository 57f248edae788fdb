"""gold.harmful_domains: who lists a name, since when, and whether anybody still does."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

KEY = ("entry_type", "name", "scope")
STATE = ("source", "action", "category", "first_seen", "changed_at", "sequence", "current")


class HarmfulDomains:
    """Of a source and action, first_seen is the minimum over listings; everything else is that of the highest sequence.

    A source that makes an exception (action allow) lists nothing: it counts in `allowed_by` alone.
    """

    def partial(self, facts: DataFrame) -> DataFrame:
        listed = F.col("event") == "listed"
        return facts.select(
            *KEY,
            "source",
            "action",
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
        per_source = (
            partials.groupBy(*KEY, "source", "action")
            .agg(F.min("first_seen").alias("first_seen"), newest)
            .select(*KEY, "source", "action", "first_seen", "newest.*")
        )
        rows = per_source.groupBy(*KEY).agg(F.sort_array(F.collect_list(F.struct(*STATE))).alias("sources"))
        blocking = F.filter("sources", lambda s: s["action"] == "block")
        current = F.filter("sources", lambda s: s["current"] & (s["action"] == "block"))
        allowing = F.filter("sources", lambda s: s["current"] & (s["action"] == "allow"))
        categories = F.array_sort(F.array_distinct(F.transform(current, lambda s: s["category"])))
        return rows.select(
            *KEY,
            "sources",
            F.filter(categories, lambda category: category.isNotNull()).alias("categories"),
            F.size(current).alias("source_count"),
            (F.size(current) > 0).alias("is_active"),
            F.array_min(F.transform(blocking, lambda s: s["first_seen"])).alias("first_seen"),
            F.when(F.size(current) == 0, F.array_max(F.transform(blocking, lambda s: s["changed_at"]))).alias("delisted_at"),
            F.transform(allowing, lambda s: s["source"]).alias("allowed_by"),
        )
