"""Bronze bytes as records, each with the rules that it breaks."""

from __future__ import annotations

from functools import cache, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from medallion.contracts import Dataset
from medallion.layers.silver.rules import all_broken, broken, contract_checks
from medallion.tables import schema_of

MALFORMED = "malformed"
KEY_MISSING = "key_missing"
RAW = ("key", "value", "headers", "topic", "partition", "offset", "kafka_timestamp", "ingested_at")


def header(name: str) -> Column:
    """The last Kafka header of that name as text; null where there is none."""
    return F.element_at(F.expr(f"transform(filter(headers, h -> h.key = '{name}'), h -> cast(h.value AS string))"), -1)


# Columns are made once and used by every batch: each is a handful of calls into the JVM, a batch has hundreds.


@cache
def _coordinate_columns() -> list[Column]:
    """Bronze's columns with the coordinates that a replayed record first had (header `sluice-origin`: `topic/partition/offset`)."""
    parts = F.split(header("sluice-origin"), "/")
    is_replay = F.coalesce(F.size(parts) == 3, F.lit(False))
    return [
        *[F.col(name) for name in RAW if name not in ("topic", "partition", "offset")],
        F.struct("topic", "partition", "offset").alias("_read_at"),
        F.when(is_replay, parts[0]).otherwise(F.col("topic")).alias("topic"),
        F.when(is_replay, parts[1].cast("int")).otherwise(F.col("partition")).alias("partition"),
        F.when(is_replay, parts[2].cast("bigint")).otherwise(F.col("offset")).alias("offset"),
        F.decode(F.col("value"), "UTF-8").alias("_text"),
    ]


@cache
def _record_column(dataset: Dataset) -> Column:
    schema = StructType([*schema_of(dataset.record_ddl).fields, StructField("_corrupt", StringType())])
    return F.from_json("_text", schema, {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_corrupt"})


@cache
def _flat_columns(dataset: Dataset) -> list[Column]:
    names = schema_of(dataset.record_ddl).names
    is_utf8 = F.coalesce(F.encode("_text", "UTF-8") == F.col("value"), F.lit(False))
    return [
        *[F.col(name) for name in RAW],
        F.col("_read_at"),
        F.col("_text"),
        *[F.col("_record")[name].alias(name) for name in names],
        *([] if "run_id" in names else [header("sluice-run").alias("run_id")]),
        (F.col("_record").isNull() | F.col("_record")["_corrupt"].isNotNull() | ~is_utf8).alias("_malformed"),
    ]


def parse(bronze: DataFrame, dataset: Dataset) -> DataFrame:
    """Adds the record's fields and `_broken`: the rules each row breaks, as array<struct<rule,action,reason>>.

    A value that is no JSON object of the contract's shape, or no UTF-8, breaks `malformed`; a key field that is null
    breaks `key_missing`; both quarantine.
    """
    flat = bronze.select(_coordinate_columns()).withColumn("_record", _record_column(dataset)).select(_flat_columns(dataset))
    return flat.withColumn("_broken", broken_rules(dataset)).drop("_malformed", "_text")


@cache
def broken_rules(dataset: Dataset) -> Column:
    malformed = F.col("_malformed")
    shown = F.substring("_text", 1, 200)
    key_missing = reduce(lambda a, b: a | b, [F.col(name).isNull() for name in dataset.key])
    checks = [
        broken(MALFORMED, "quarantine", malformed, F.concat(F.lit(f"not a JSON object of {dataset.name}'s shape: "), F.coalesce(shown, F.lit("(null)")))),
        broken(KEY_MISSING, "quarantine", ~malformed & key_missing, F.lit(f"a field of the key ({', '.join(dataset.key)}) is null")),
    ]
    return all_broken([*checks, *contract_checks(dataset.rules, ~malformed)])
