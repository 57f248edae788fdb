"""A table's next generation, beside the one that holds."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import SparkSession

from medallion.contracts import Contracts, Dataset, Table
from medallion.generations import generation_of, path_at
from medallion.rebuild.compare import Comparison, compare
from medallion.rebuild.compute import computed
from medallion.rebuild.restore import missing_files_ignored, restore
from medallion.tables import ensure_table, path_of, schema_of


def rebuild(spark: SparkSession, contracts: Contracts, dataset: Dataset, table: Table, lake: str, version: int | None = None) -> tuple[Table, Comparison]:
    """Writes the table's next generation, from the layer before it or from an old version, and compares it with the one that holds.

    Returns:
        The table at its next generation, and how the two differ.
    """
    successor = replace(table, path=path_at(table, generation_of(table) + 1))
    path = path_of(lake, successor)
    # What an earlier rebuild left half-made, or made and was not swapped, is overwritten.
    ensure_table(spark, lake, successor)
    if version is None:
        computed(spark, contracts, dataset, table, lake).write.format("delta").mode("overwrite").save(path)
    else:
        restore(spark, contracts, dataset, table, lake, version, path)
    new = spark.read.format("delta").load(path)
    with missing_files_ignored(spark):
        return successor, compare(spark.read.format("delta").load(path_of(lake, table)), new, table.key, schema_of(table.ddl).names)
