"""gold.new_dataset: the last event of each item."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.layers.fold import Fold

KEY = ("source", "item_id")
# The first two order: of several events at one time the one with the greatest identifier is the last.
LAST = ("last_event_at", "last_event_id", "amount")


class NewDataset:
    """Events in any order, each as often as it comes: the last one stays."""

    def partial(self, facts: DataFrame) -> DataFrame:
        return facts.select(*KEY, F.col("happened_at").alias("last_event_at"), F.col("event_id").alias("last_event_id"), "amount")

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, *LAST)

    def finish(self, partials: DataFrame) -> DataFrame:
        return partials.groupBy(*KEY).agg(F.max(F.struct(*LAST)).alias("last")).select(*KEY, "last.*")


FOLDS: dict[str, Fold] = {"new_dataset": NewDataset()}
