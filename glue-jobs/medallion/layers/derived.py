"""Derived datasets: rows made of another dataset's Silver rows, none, one or many of each, by a pure function.

The function gets the Silver rows with a column more, `_parent`, which it keeps: by that the rails know where a row comes from. The rest
is Silver's own: rules, quarantine, each key once, the ledger, a batch that may be seen twice. A row's key is where the record stood
that it was made of, and its ordinal: its place among the rows of one parent, in the order of what they say, so that the same rows have
the same ordinals however often and in whatever batches they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from pyspark.sql import Column, DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F

from medallion.canary import is_canary
from medallion.contracts import Dataset, Table
from medallion.layers.fit import assert_fits, empty
from medallion.layers.silver.batch import SilverBatch
from medallion.layers.silver.counts import Counts
from medallion.layers.silver.outcomes import quarantine_rows
from medallion.layers.silver.rules import all_broken, broken, contract_checks
from medallion.tables import schema_of

PARENT = "_parent"
# Ordinals of the rows of one parent are below this: those of rows derived from them count on from multiples of it.
SPAN = 1 << 20
TOO_MANY = "too_many_rows"
QUARANTINED = ("value", "topic", "partition", "offset", "kafka_timestamp", "ordinal")

Derive = Callable[[DataFrame], DataFrame]


def with_parent(silver: DataFrame) -> DataFrame:
    """Silver rows as a derivation gets them."""
    ordinal = F.col("ordinal") if "ordinal" in silver.columns else F.lit(0).cast("bigint")
    return silver.withColumn(PARENT, F.struct("topic", "partition", "offset", "kafka_timestamp", "source", "run_id", ordinal.alias("ordinal")))


def _names(dataset: Dataset) -> list[str]:
    return schema_of(dataset.record_ddl).names


@cache
def _row_columns(dataset: Dataset) -> list[Column]:
    # The parent's source passes on, whatever the derivation says: by it canaries are told.
    fields = [F.col(f"{PARENT}.source").alias(name) if name == "source" else F.col(name) for name in _names(dataset)]
    said = F.to_json(F.struct(*[name for name in _names(dataset) if name != "source"]), {"ignoreNullFields": "false"})
    nth = F.row_number().over(Window.partitionBy(PARENT).orderBy(said)) - 1
    return [F.col(PARENT), *fields, nth.cast("bigint").alias("_nth_of_parent")]


@cache
def _placed_columns(dataset: Dataset) -> list[Column]:
    place = [F.col(f"{PARENT}.{name}").alias(name) for name in ("topic", "partition", "offset", "kafka_timestamp")]
    run = [] if "run_id" in _names(dataset) else [F.col(f"{PARENT}.run_id").alias("run_id")]
    too_many = broken(TOO_MANY, "quarantine", F.col("_nth_of_parent") >= SPAN, F.lit(f"more than {SPAN} rows were made of one row"))
    return [
        *[F.col(name) for name in _names(dataset)],
        *place,
        *run,
        (F.col(f"{PARENT}.ordinal") * SPAN + F.col("_nth_of_parent")).alias("ordinal"),
        F.struct(*[F.col(f"{PARENT}.{name}").alias(name) for name in ("topic", "partition", "offset", "ordinal")]).alias("_read_at"),
        F.col("_nth_of_parent"),
        too_many.alias("_too_many"),
    ]


@cache
def _broken_column(dataset: Dataset) -> Column:
    return all_broken([F.col("_too_many"), *contract_checks(dataset.rules)])


def derived_rows(silver: DataFrame, dataset: Dataset, derive: Derive) -> DataFrame:
    """What is derived from Silver rows, each row with its place, its ordinal and what it breaks."""
    placed = derive(with_parent(silver)).select(_row_columns(dataset)).select(_placed_columns(dataset))
    return placed.withColumn("_broken", _broken_column(dataset)).drop("_too_many", "_nth_of_parent")


def assert_derives(spark: SparkSession, dataset: Dataset, parent: Table, derive: Derive) -> None:
    """Raises ModuleBroken where a derivation does not give the record that its contract declares, or loses `_parent`."""
    rows = with_parent(empty(spark, parent))
    struct = rows.schema[PARENT].dataType.simpleString()
    fields = ", ".join(f"`{each.name}` {each.dataType.simpleString()}" for each in schema_of(dataset.record_ddl).fields if each.name != "source")
    assert_fits(f"datasets/{dataset.name}: derive", f"{fields}, `{PARENT}` {struct}", lambda: derive(rows))


def rows_aside(outcomes: DataFrame, dataset: Dataset) -> DataFrame:
    """Derived rows that break a rule, whole, as JSON."""
    value = F.to_json(F.struct(*_names(dataset)), {"ignoreNullFields": "false"})
    return quarantine_rows(outcomes.withColumn("value", value), QUARANTINED)


class DerivedBatch(SilverBatch):
    """The foreachBatch function of a derived dataset's Silver query."""

    def __init__(self, dataset: Dataset, derive: Derive, *shared: object) -> None:
        super().__init__(dataset, *shared)
        self._derive = derive

    def rows(self, read: DataFrame) -> DataFrame:
        return derived_rows(read, self._dataset, self._derive)

    def spans(self, read: DataFrame, _summary: Sequence[Row]) -> Sequence[Row]:
        return spans_of(read, self._canary_source)

    def accounted(self, counts: Counts, made: DataFrame, spans: Sequence[Row]) -> Counts:
        read = sum(row["read"] for row in spans)
        parents = made.where(~is_canary(self._canary_source)).select("_read_at").distinct().count() if counts.read else 0
        return replace(counts, read=read, produced=counts.read, none=read - parents, canaries=sum(row["canaries"] for row in spans))

    def set_aside(self, outcomes: DataFrame) -> DataFrame:
        return rows_aside(outcomes, self._dataset)

    def offsets_of(self, _spans: Sequence[Row]) -> Sequence[Row]:
        # Silver does not hold every offset: what was a repeat or was set aside is not in it.
        return ()

    def __call__(self, read: DataFrame, batch_id: int) -> None:
        read = read.persist()
        try:
            super().__call__(read, batch_id)
        finally:
            read.unpersist()


def spans_of(silver: DataFrame, canary_source: str) -> list[Row]:
    """What a batch read of the Silver that it derives from, per partition of the records behind it."""
    canary = is_canary(canary_source).cast("bigint")
    return (
        silver.groupBy("topic", "partition")
        .agg(
            F.min("offset").alias("first_offset"),
            F.max("offset").alias("last_offset"),
            F.count(F.lit(1)).alias("records"),
            F.max("kafka_timestamp").alias("newest"),
            F.min("kafka_timestamp").alias("oldest"),
            F.sum(1 - canary).alias("read"),
            F.sum(canary).alias("canaries"),
        )
        .collect()
    )
