"""vulnerable_products: products that the catalogue names in one text, one by one; and what names each now."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.layers.derived import PARENT
from medallion.layers.fold import Fold

KEY = ("source", "vendor", "product")
# Of one vulnerability, the record of the highest sequence counts, whatever products it names.
NAMED = ("cve_id", "sequence", "current")


def derive(silver: DataFrame) -> DataFrame:
    """A row per product; of a record that names none, none. The catalogue writes `A, B, and C`."""
    parts = F.transform(F.split("product", r",\s*and\s+|\s+and\s+|,\s*"), F.trim)
    products = F.array_distinct(F.filter(parts, lambda part: part != ""))
    return silver.select(PARENT, "cve_id", "vendor", F.explode(products).alias("product"), "event", "sequence")


class VulnerableProducts:
    """Per product each vulnerability that named it, with its highest sequence there. A vulnerability that goes on without naming the
    product is not seen here: it stays current until it is gone, as the catalogue adds products to a text and hardly takes any away."""

    def partial(self, facts: DataFrame) -> DataFrame:
        return facts.select(*KEY, F.struct("cve_id", "sequence", (F.col("event") != "gone").alias("current")).alias("named"))

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, F.explode("named").alias("named"))

    def finish(self, partials: DataFrame) -> DataFrame:
        newest = F.max(F.struct("named.sequence", "named.current")).alias("newest")
        each = partials.groupBy(*KEY, F.col("named.cve_id").alias("cve_id")).agg(newest)
        named = F.struct(F.col("cve_id"), F.col("newest.sequence").alias("sequence"), F.col("newest.current").alias("current"))
        return each.groupBy(*KEY).agg(F.array_sort(F.collect_list(named)).alias("named"))


FOLDS: dict[str, Fold] = {"vulnerable_products": VulnerableProducts()}
