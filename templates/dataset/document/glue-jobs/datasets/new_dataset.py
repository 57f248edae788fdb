"""gold.new_dataset: each item as it is now."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.layers.fold import Fold

KEY = ("source", "item_id")
# The first orders: an item is what the snapshot says in which it last came, changed or went.
LAST = ("sequence", "last_changed_at", "is_listed", "title", "published_on", "size", "is_free")


class NewDataset:
    """The last snapshot that says something of an item."""

    def partial(self, facts: DataFrame) -> DataFrame:
        return facts.select(
            *KEY,
            "sequence",
            F.col("observed_at").alias("last_changed_at"),
            (F.col("event") != "gone").alias("is_listed"),
            "title",
            "published_on",
            "size",
            "is_free",
        )

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, *LAST)

    def finish(self, partials: DataFrame) -> DataFrame:
        return partials.groupBy(*KEY).agg(F.max(F.struct(*LAST)).alias("last")).select(*KEY, "last.*")


FOLDS: dict[str, Fold] = {"new_dataset": NewDataset()}
