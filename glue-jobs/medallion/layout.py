"""How the rows of a state table lie in its files: in order of the key, in small pages, so that a reader of a few keys skips the rest.

Parquet keeps the least and the greatest value of each page; where rows are in order, a key is in one page of a file. Rows that a batch
changes are marked as deleted in their files (deletion vectors) and written to a file of their own; maintenance brings both in order again
(docs/decisions/0027).
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from medallion.contracts import Table
from medallion.settings import settings
from medallion.tables import snapshot_of

# Rows of a page: what is read around each key. Smaller ones make the index of pages larger, which every reader reads whole.
PAGE_ROWS = 1_000
FILE_ROWS = 1_000_000
SMALL_PAGES = {"parquet.page.row.count.limit": str(PAGE_ROWS), "spark.sql.files.maxRecordsPerFile": str(FILE_ROWS)}
# The part of a table that may be deleted, or lie in small files, before all of it is written anew.
OUT_OF_ORDER = 0.1


@dataclass(frozen=True)
class Layout:
    """Live data files of a table and their rows; how many of the rows are deleted, and how many lie in small files. Small is what has less
    than half of FILE_ROWS and is not the largest; `large` is how many bytes the smallest of the others has."""

    files: int
    rows: int
    deleted: int
    loose: int
    large: int

    @property
    def is_in_order(self) -> bool:
        return self.deleted + self.loose <= self.rows * OUT_OF_ORDER


def layout_of(spark: SparkSession, path: str) -> Layout:
    """How a table lies that this driver writes, from its log alone."""
    found = (
        DataFrame(snapshot_of(spark, path).allFiles().toDF(), spark)
        .select(
            F.coalesce(F.get_json_object("stats", "$.numRecords").cast("bigint"), F.lit(0)).alias("rows"),
            F.coalesce("deletionVector.cardinality", F.lit(0)).alias("deleted"),
            "size",
        )
        .collect()
    )
    largest = max((each["rows"] for each in found), default=0)
    large = [each for each in found if each["rows"] >= min(FILE_ROWS / 2, largest)]
    rows = sum(each["rows"] for each in found)
    return Layout(
        files=len(found),
        rows=rows,
        deleted=sum(each["deleted"] for each in found),
        loose=rows - sum(each["rows"] for each in large),
        large=min((each["size"] for each in large), default=1),
    )


def in_order(rows: DataFrame, table: Table) -> DataFrame:
    """The rows in order of the key, in one partition: Spark sorts more than memory holds on disk."""
    return rows.coalesce(1).sortWithinPartitions(*table.key)


def write_in_order(spark: SparkSession, path: str, table: Table) -> None:
    """Writes all rows of a table anew, in order of the key, without those that are deleted. No row changes, and the commit says so: who
    reads the table as a stream sees nothing."""
    rows = in_order(spark.read.format("delta").load(path), table)
    with settings(spark, SMALL_PAGES):
        rows.write.format("delta").mode("overwrite").option("dataChange", "false").save(path)


def gather_small_files(spark: SparkSession, path: str, layout: Layout) -> None:
    """Makes one file of the small ones. Those that are in order stay as they are, with their deleted rows."""
    compaction = {"spark.databricks.delta.optimize.minFileSize": str(layout.large), "spark.databricks.delta.optimize.maxDeletedRowsRatio": "1.0"}
    with settings(spark, {**SMALL_PAGES, **compaction}):
        spark.sql(f"OPTIMIZE delta.`{path}`")
