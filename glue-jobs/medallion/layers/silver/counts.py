"""A batch counted in one pass: ranges of offsets, outcomes, and the ranges of its keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, TimestampType

from medallion.canary import is_canary
from medallion.layers.silver.outcomes import DROPPED, DUPLICATE, INSERTED, QUARANTINED
from medallion.tables import schema_of


@dataclass(frozen=True)
class Counts:
    """What became of a batch's records; canaries are in no count but their own."""

    read: int
    inserted: int
    duplicate: int
    quarantined: int
    dropped: int
    canaries: int
    canaries_inserted: int
    # Where rows are derived: how many were made of those read, and of how many of those none was.
    produced: int | None = None
    none: int | None = None

    @property
    def made(self) -> int:
        """Rows that rules were held against: the records read, or what was made of them."""
        return self.read if self.produced is None else self.produced

    @property
    def residual(self) -> int:
        return self.made - self.inserted - self.duplicate - self.quarantined - self.dropped


@cache
def _summary_columns(bounded: tuple[str, ...], canary_source: str) -> list[Column]:
    canary = is_canary(canary_source)

    def total(condition: Column) -> Column:
        return F.coalesce(F.sum(F.when(condition, 1).otherwise(0)), F.lit(0)).cast("bigint")

    def insertable(name: str) -> Column:
        return F.when(~canary & (F.col("_outcome") == INSERTED), F.col(name))

    return [
        F.min("_read_at.offset").alias("first_offset"),
        F.max("_read_at.offset").alias("last_offset"),
        F.count(F.lit(1)).alias("records"),
        F.max("kafka_timestamp").alias("newest"),
        F.min("kafka_timestamp").alias("oldest"),
        total(~canary).alias("read"),
        *[total(~canary & (F.col("_outcome") == name)).alias(name) for name in (INSERTED, DUPLICATE, QUARANTINED, DROPPED)],
        total(canary).alias("canaries"),
        total(canary & (F.col("_outcome") == INSERTED)).alias("canaries_inserted"),
        *[bound for name in bounded for bound in (F.min(insertable(name)).alias(f"min_{name}"), F.max(insertable(name)).alias(f"max_{name}"))],
    ]


def bounded_fields(record_ddl: str, key: tuple[str, ...]) -> tuple[str, ...]:
    """Fields of the key that have an order, by which Delta can skip files."""
    return tuple(field.name for field in schema_of(record_ddl).fields if field.name in key and isinstance(field.dataType, LongType | TimestampType))


def summarise(outcomes: DataFrame, bounded: tuple[str, ...], canary_source: str) -> list[Row]:
    """One pass over a batch. Per Kafka partition: first and last offset, records, newest arrival, each outcome counted by itself, and the
    range of each bounded key field among the records that would be inserted."""
    by = [F.col("_read_at.topic").alias("topic"), F.col("_read_at.partition").alias("partition")]
    return outcomes.groupBy(*by).agg(*_summary_columns(bounded, canary_source)).collect()


def counts_of(summary: Sequence[Row]) -> Counts:
    return Counts(**{field.name: sum(row[field.name] for row in summary) for field in fields(Counts) if field.default is MISSING})
