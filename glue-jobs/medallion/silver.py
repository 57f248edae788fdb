"""Silver: typed and checked records, each key once; what breaks a rule goes to quarantine; every record is accounted for.

The transforms are pure (`DataFrame -> DataFrame`). `SilverBatch` is the plumbing: it may see a batch twice (foreachBatch
is at least once), so each of its writes is idempotent and a repeated batch takes its counts from the first try's commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, Observation, Row, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, TimestampType

from medallion.canary import is_canary
from medallion.contracts import Dataset, Table
from medallion.tables import path_of, schema_of

MALFORMED = "malformed"
KEY_MISSING = "key_missing"
COORDINATES = ("topic", "partition", "offset", "kafka_timestamp")
RAW = ("key", "value", "headers", *COORDINATES, "ingested_at")
# An outcome for each record, in this order of precedence.
QUARANTINED, DROPPED, DUPLICATE, INSERTED = "quarantined", "dropped", "duplicate", "inserted"
MAX_REASON_CHARACTERS = 500
# A retried batch is the query's last, but maintenance may have committed since.
FIRST_TRY_DEPTH = 50


def header(name: str) -> Column:
    """The last Kafka header of that name as text; null where there is none."""
    return F.element_at(F.expr(f"transform(filter(headers, h -> h.key = '{name}'), h -> cast(h.value AS string))"), -1)


def origin_coordinates(bronze: DataFrame) -> DataFrame:
    """Gives a replayed record the coordinates it first had (header `sluice-origin`: `topic/partition/offset`)."""
    parts = F.split(header("sluice-origin"), "/")
    is_replay = F.coalesce(F.size(parts) == 3, F.lit(False))
    return bronze.select(
        *[name for name in bronze.columns if name not in ("topic", "partition", "offset")],
        F.struct("topic", "partition", "offset").alias("_read_at"),
        F.when(is_replay, parts[0]).otherwise(F.col("topic")).alias("topic"),
        F.when(is_replay, parts[1].cast("int")).otherwise(F.col("partition")).alias("partition"),
        F.when(is_replay, parts[2].cast("bigint")).otherwise(F.col("offset")).alias("offset"),
    )


def parse(bronze: DataFrame, dataset: Dataset) -> DataFrame:
    """Adds the record's fields and `_broken`: the rules each row breaks, as array<struct<rule,action,reason>>.

    A value that is no JSON object of the contract's shape, or no UTF-8, breaks `malformed`; a key field that is null
    breaks `key_missing`; both quarantine.
    """
    schema = schema_of(dataset.record_ddl).add(StructField("_corrupt", StringType()))
    text = F.decode(F.col("value"), "UTF-8")
    parsed = (
        origin_coordinates(bronze)
        .withColumn("_text", text)
        .withColumn("_record", F.from_json("_text", schema, {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_corrupt"}))
    )
    fields = schema_of(dataset.record_ddl).names
    flat = parsed.select(
        *[F.col(name) for name in RAW],
        "_read_at",
        *[F.col("_record")[name].alias(name) for name in fields],
        header("sluice-run").alias("run_id") if "run_id" not in fields else F.lit(None).cast("string").alias("_header_run"),
        (F.col("_record").isNull() | F.col("_record")["_corrupt"].isNotNull() | ~F.coalesce(F.encode("_text", "UTF-8") == F.col("value"), F.lit(False))).alias(
            "_malformed"
        ),
    )
    return flat.withColumn("_broken", broken_rules(dataset)).drop("_malformed", "_header_run")


def broken_rules(dataset: Dataset) -> Column:
    """All rules of the contract in one expression, so that a row carries what it broke."""

    def broken(name: str, action: str, condition: Column, reason: Column) -> Column:
        return F.when(condition, F.struct(F.lit(name).alias("rule"), F.lit(action).alias("action"), reason.alias("reason")))

    malformed = F.col("_malformed")
    shown = F.substring(F.decode(F.col("value"), "UTF-8"), 1, 200)
    key_missing = reduce(lambda a, b: a | b, [F.col(name).isNull() for name in dataset.key])
    checks = [
        broken(MALFORMED, "quarantine", malformed, F.concat(F.lit(f"not a JSON object of {dataset.name}'s shape: "), F.coalesce(shown, F.lit("(null)")))),
        broken(KEY_MISSING, "quarantine", ~malformed & key_missing, F.lit(f"a field of the key ({', '.join(dataset.key)}) is null")),
    ]
    for rule in dataset.rules:
        value = F.coalesce(F.col(rule.field).cast("string"), F.lit("null"))
        reason = F.substring(F.concat(F.lit(f"{rule.field} breaks {rule.kind}: "), value), 1, MAX_REASON_CHARACTERS)
        checks.append(broken(rule.name, rule.action, ~malformed & F.expr(rule.sql), reason))
    return F.filter(F.array(*checks), lambda entry: entry.isNotNull())


def _breaks_any(action: str) -> Column:
    return F.exists("_broken", lambda entry: entry["action"] == action)


def with_outcome(parsed: DataFrame, existing_keys: DataFrame, key: Sequence[str]) -> DataFrame:
    """Adds `_outcome` to every record.

    `existing_keys` holds the keys that Silver has (or a superset of those that can match). Of several records with one
    key in the batch the one with the lowest coordinates is inserted.
    """
    candidate = ~_breaks_any("quarantine") & ~_breaks_any("drop")
    order = Window.partitionBy(*key, candidate).orderBy("topic", "partition", "offset", "_read_at")
    held = existing_keys.select(*key).dropDuplicates().withColumn("_held", F.lit(True))
    outcome = (
        F.when(_breaks_any("quarantine"), QUARANTINED)
        .when(_breaks_any("drop"), DROPPED)
        .when(F.col("_held").isNotNull() | (F.col("_nth") > 1), DUPLICATE)
        .otherwise(INSERTED)
    )
    return parsed.withColumn("_nth", F.row_number().over(order)).join(held, list(key), "left").withColumn("_outcome", outcome).drop("_nth", "_held")


def silver_rows(outcomes: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The rows to insert, with Silver's columns."""
    warnings = F.transform(F.filter("_broken", lambda entry: entry["action"] == "warn"), lambda entry: entry["rule"])
    return outcomes.where(F.col("_outcome") == INSERTED).withColumn("warnings", warnings).select(*columns)


def quarantine_rows(outcomes: DataFrame) -> DataFrame:
    """A row per quarantined record and rule of action quarantine that it breaks, bytes unchanged."""
    entry = F.explode(F.filter("_broken", lambda broken: broken["action"] == "quarantine")).alias("_entry")
    return (
        outcomes.where(F.col("_outcome") == QUARANTINED)
        .select(*RAW, entry)
        .select(*RAW, F.col("_entry")["rule"].alias("rule"), F.col("_entry")["reason"].alias("reason"))
    )


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

    @property
    def residual(self) -> int:
        return self.read - self.inserted - self.duplicate - self.quarantined - self.dropped


def count_outcomes(outcomes: DataFrame, canary_source: str) -> Counts:
    """Counts each outcome by itself, in one pass."""
    canary = is_canary(canary_source)

    def total(condition: Column) -> Column:
        return F.coalesce(F.sum(F.when(condition, 1).otherwise(0)), F.lit(0)).cast("bigint")

    row = outcomes.agg(
        total(~canary).alias("read"),
        *[total(~canary & (F.col("_outcome") == name)).alias(name) for name in (INSERTED, DUPLICATE, QUARANTINED, DROPPED)],
        total(canary).alias("canaries"),
        total(canary & (F.col("_outcome") == INSERTED)).alias("canaries_inserted"),
    ).first()
    assert row is not None
    return Counts(**row.asDict())


def offset_ranges(parsed: DataFrame, key: Sequence[str]) -> list[Row]:
    """Per Kafka partition: first and last offset, records, newest arrival; and the range of each key field that files can be skipped by."""
    bounds = [
        bound
        for field in parsed.schema.fields
        if field.name in key and isinstance(field.dataType, LongType | TimestampType)
        for bound in (F.min(field.name).alias(f"min_{field.name}"), F.max(field.name).alias(f"max_{field.name}"))
    ]
    return (
        parsed.groupBy(F.col("_read_at.topic").alias("topic"), F.col("_read_at.partition").alias("partition"))
        .agg(
            F.min("_read_at.offset").alias("first_offset"),
            F.max("_read_at.offset").alias("last_offset"),
            F.count(F.lit(1)).alias("records"),
            F.max("kafka_timestamp").alias("newest"),
            *bounds,
        )
        .collect()
    )


def key_ranges(ranges: Sequence[Row]) -> Column:
    """A condition on literals that lets Delta skip files which cannot hold any key of the batch."""
    condition = F.lit(True)
    names = [name.removeprefix("min_") for name in (ranges[0].asDict() if ranges else {}) if name.startswith("min_")]
    for name in names:
        lows = [row[f"min_{name}"] for row in ranges if row[f"min_{name}"] is not None]
        highs = [row[f"max_{name}"] for row in ranges if row[f"max_{name}"] is not None]
        if lows:
            condition = condition & F.col(name).between(F.lit(min(lows)), F.lit(max(highs)))
    return condition


def insert_only_merge(spark: SparkSession, path: str, rows: DataFrame, key: Sequence[str]) -> None:
    """Inserts the rows whose key the table does not hold. A repeat inserts nothing and rewrites nothing."""
    on = reduce(lambda a, b: a & b, [F.col(f"held.{name}") == F.col(f"new.{name}") for name in key])
    DeltaTable.forPath(spark, path).alias("held").merge(rows.alias("new"), on).whenNotMatchedInsertAll().execute()


def append_once(rows: DataFrame, path: str, app_id: str, batch_id: int) -> None:
    """Appends, unless Delta has a commit of this `app_id` and batch already. `app_id` holds the checkpoint's id: a new checkpoint must take a new one."""
    rows.write.format("delta").mode("append").option("txnAppId", app_id).option("txnVersion", str(batch_id)).save(path)


def committed_counts(spark: SparkSession, path: str, query_id: str, batch_id: int) -> Counts | None:
    """The counts that an earlier try of this batch committed with its rows; None where there was none.

    `inserted` is what Delta counted when it wrote.
    """
    history = DeltaTable.forPath(spark, path).history(FIRST_TRY_DEPTH).select("userMetadata", "operationMetrics").collect()
    for row in history:
        metadata = json.loads(row["userMetadata"]) if row["userMetadata"] else {}
        if metadata.get("query") == query_id and metadata.get("batch") == batch_id and "counts" in metadata:
            counts = Counts(**metadata["counts"])
            return replace(counts, inserted=int(row["operationMetrics"]["numOutputRows"]) - counts.canaries_inserted)
    return None


def ledger_row(spark: SparkSession, table: Table, dataset: str, query_id: str, batch_id: int, counts: Counts, ranges: Sequence[Row]) -> DataFrame:
    offsets = [(row["topic"], row["partition"], row["first_offset"], row["last_offset"], row["records"]) for row in ranges]
    values = {
        **{name: value for name, value in asdict(counts).items() if name != "canaries_inserted"},
        "dataset": dataset,
        "query_id": query_id,
        "batch_id": batch_id,
        "committed_at": None,
        "residual": counts.residual,
        "offsets": sorted(offsets),
    }
    schema = schema_of(table.ddl)
    row = tuple(values[name] for name in schema.names)
    return spark.createDataFrame([row], schema).withColumn("committed_at", F.current_timestamp())


class SilverBatch:
    """The foreachBatch function of one dataset's Silver query."""

    def __init__(
        self,
        dataset: Dataset,
        lake: str,
        ledger: Table,
        canary_source: str,
        query_id: Callable[[], str],
        before_write: Callable[[], None],
        report: Callable[[Counts], None],
    ) -> None:
        self._dataset = dataset
        self._lake = lake
        self._ledger = ledger
        self._canary_source = canary_source
        self._query_id = query_id
        self._before_write = before_write
        self._report = report
        self._may_be_a_retry = True

    def __call__(self, bronze: DataFrame, batch_id: int) -> None:
        spark = bronze.sparkSession
        silver = self._dataset.table("silver")
        silver_path = path_of(self._lake, silver)
        parsed = parse(bronze, self._dataset).persist()
        outcomes: DataFrame | None = None
        try:
            ranges = offset_ranges(parsed, silver.key)
            if not ranges:
                return
            held = spark.read.format("delta").load(silver_path).where(key_ranges(ranges))
            outcomes = with_outcome(parsed, held, silver.key).persist()
            counts = count_outcomes(outcomes, self._canary_source)
            self._before_write()
            if counts.quarantined > 0:
                quarantine = self._dataset.table("quarantine")
                self._annotate(spark, batch_id, None, ranges)
                insert_only_merge(spark, path_of(self._lake, quarantine), quarantine_rows(outcomes), quarantine.key)
            counts = self._insert(spark, silver, silver_path, outcomes, batch_id, counts, ranges)
            self._write_ledger(spark, batch_id, counts, ranges)
            self._may_be_a_retry = False
            self._report(counts)
        finally:
            if outcomes is not None:
                outcomes.unpersist()
            parsed.unpersist()

    def _insert(self, spark: SparkSession, silver: Table, path: str, outcomes: DataFrame, batch_id: int, counts: Counts, ranges: Sequence[Row]) -> Counts:
        """Appends the rows that are new. `outcomes` has already left out every key that Silver holds; as the lease makes this
        driver the only writer, that is an insert-only MERGE without reading the table a second time."""
        query_id = self._query_id()
        first_try = committed_counts(spark, path, query_id, batch_id) if self._may_be_a_retry else None
        if first_try is not None:
            return first_try
        if counts.inserted + counts.canaries_inserted == 0:
            return counts
        self._annotate(spark, batch_id, counts, ranges)
        written = Observation()
        rows = silver_rows(outcomes, schema_of(silver.ddl).names).observe(written, F.count(F.lit(1)).alias("rows"))
        append_once(rows, path, f"{query_id}:silver", batch_id)
        # What was written, not what was meant to be: a row that the write lost shows as a residual.
        return replace(counts, inserted=written.get["rows"] - counts.canaries_inserted)

    def _annotate(self, spark: SparkSession, batch_id: int, counts: Counts | None, ranges: Sequence[Row]) -> None:
        metadata: dict[str, Any] = {
            "query": self._query_id(),
            "batch": batch_id,
            "offsets": {f"{row['topic']}/{row['partition']}": row["last_offset"] for row in ranges},
            "newest": max(row["newest"] for row in ranges).isoformat(),
        }
        if counts is not None:
            metadata["counts"] = asdict(counts)
        spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", json.dumps(metadata))

    def _write_ledger(self, spark: SparkSession, batch_id: int, counts: Counts, ranges: Sequence[Row]) -> None:
        spark.conf.unset("spark.databricks.delta.commitInfo.userMetadata")
        row = ledger_row(spark, self._ledger, self._dataset.name, self._query_id(), batch_id, counts, ranges)
        append_once(row, path_of(self._lake, self._ledger), f"{self._query_id()}:ledger", batch_id)
