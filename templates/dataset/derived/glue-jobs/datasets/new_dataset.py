"""Words of parent_dataset, and gold.new_dataset: when each was first and last said."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.layers.derived import PARENT
from medallion.layers.fold import Fold

KEY = ("source", "word")


def derive(silver: DataFrame) -> DataFrame:
    """A row per word of parent_field; of a row that has none, none."""
    words = F.filter(F.split(F.lower("parent_field"), "[^a-z0-9]+"), lambda word: word != "")
    return silver.select(PARENT, F.explode(words).alias("word"))


class NewDataset:
    """The first and the last time at which a word was said, whatever the order."""

    def partial(self, facts: DataFrame) -> DataFrame:
        return facts.select(*KEY, F.col("kafka_timestamp").alias("first_said_at"), F.col("kafka_timestamp").alias("last_said_at"))

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, "first_said_at", "last_said_at")

    def finish(self, partials: DataFrame) -> DataFrame:
        return partials.groupBy(*KEY).agg(F.min("first_said_at").alias("first_said_at"), F.max("last_said_at").alias("last_said_at"))


FOLDS: dict[str, Fold] = {"new_dataset": NewDataset()}
