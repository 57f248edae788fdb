"""Settings of a session by the size of a batch: what makes a batch of a few rows fast makes one of many slow, and the other way.

A small batch is bound by planning and compiling: one partition, its expressions interpreted. A large one is bound by its rows: compiled
code, and a task for each core at least. A streaming query has a session of its own, so that what is set here is set for one query.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from math import ceil

from pyspark.sql import DataFrame, SparkSession

from medallion.queries import Batch
from medallion.settings import settings

# From here on compiled code is worth compiling.
LARGE_ROWS = 10_000
# No row of a table's files takes less: a batch of fewer bytes is small, and need not be counted.
BYTES_OF_ROW = 16
# What a task sorts or hashes beside those of the other cores, in a heap of a gigabyte.
ROWS_OF_PARTITION = 250_000

# What a record takes of the heap at the most, while its batch is made: as it was read, as it was parsed, and what is sorted of it.
HEAP_OF_RECORD = 10_000

CODE_GENERATION = "spark.sql.codegen.wholeStage"
FACTORY_MODE = "spark.sql.codegen.factoryMode"
PARTITIONS = "spark.sql.shuffle.partitions"
ADAPTIVE = "spark.sql.adaptive.enabled"
BROADCAST = "spark.sql.autoBroadcastJoinThreshold"


def is_large(rows: int) -> bool:
    return rows >= LARGE_ROWS


def settings_of(rows: int, cores: int) -> dict[str, str]:
    """What a session is set to for a batch of so many rows."""
    if not is_large(rows):
        return {CODE_GENERATION: "false", FACTORY_MODE: "NO_CODEGEN", PARTITIONS: "1", ADAPTIVE: "false", BROADCAST: "10MB"}
    partitions = max(cores, ceil(rows / ROWS_OF_PARTITION))
    # What is broadcast is held whole, beside the batch: less of it where the batch is large.
    return {CODE_GENERATION: "true", FACTORY_MODE: "FALLBACK", PARTITIONS: str(partitions), ADAPTIVE: "false", BROADCAST: "4MB"}


def records_within(heap: int, wanted: int) -> int:
    """How many records a batch may have in a heap of so many bytes, `wanted` at the most: what is too large for one batch comes in several.
    A batch that was planned cannot be split any more."""
    return max(1, min(wanted, heap // HEAP_OF_RECORD))


def heap_of(spark: SparkSession) -> int:
    """Bytes that the driver's heap may grow to."""
    return int(spark.sparkContext._jvm.java.lang.Runtime.getRuntime().maxMemory())


def sized(spark: SparkSession, rows: int) -> AbstractContextManager[None]:
    """Sets a session for so many rows, and back: Spark keeps some settings in a query's checkpoint, from one batch to the next."""
    return settings(spark, settings_of(rows, spark.sparkContext.defaultParallelism))


def rows_of(frame: DataFrame) -> int:
    """How many rows a frame has. One whose files are small is taken for small without being read."""
    plan = frame._jdf.queryExecution()
    if int(plan.analyzed().stats().sizeInBytes()) < LARGE_ROWS * BYTES_OF_ROW:
        return 0
    return int(plan.toRdd().count())


def by_size(batch: Batch) -> Batch:
    """A batch function with its session set for the rows that it is given."""

    def with_settings(rows: DataFrame, batch_id: int) -> None:
        with sized(rows.sparkSession, rows_of(rows)):
            batch(rows, batch_id)

    return with_settings
