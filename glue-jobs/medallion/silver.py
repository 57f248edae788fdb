"""Silver: typed and checked records, each key once; what breaks a rule goes to quarantine; every record is accounted for.

The transforms are pure (`DataFrame -> DataFrame`). `SilverBatch` is the plumbing: it may see a batch twice (foreachBatch
is at least once), so each of its writes is idempotent and a repeated batch takes its counts from the first try's commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cache, reduce
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, Observation, Row, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from medallion import faults
from medallion.canary import is_canary
from medallion.contracts import Dataset, Table
from medallion.tables import USER_METADATA, last_transaction, path_of, schema_of, version_of

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


# Columns are made once and used by every batch: each is a handful of calls into the JVM, a batch has hundreds.


@cache
def _origin_columns() -> list[Column]:
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
    flat = bronze.select(_origin_columns()).withColumn("_record", _record_column(dataset)).select(_flat_columns(dataset))
    return flat.withColumn("_broken", broken_rules(dataset)).drop("_malformed", "_text")


@cache
def broken_rules(dataset: Dataset) -> Column:
    """All rules of the contract in one expression, so that a row carries what it broke."""

    def broken(name: str, action: str, condition: Column, reason: Column) -> Column:
        return F.when(condition, F.struct(F.lit(name).alias("rule"), F.lit(action).alias("action"), reason.alias("reason")))

    malformed = F.col("_malformed")
    shown = F.substring("_text", 1, 200)
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


@cache
def _outcome_columns(key: tuple[str, ...]) -> tuple[Column, Column]:
    """Number of a record among the batch's with its key, and its outcome by that number."""
    candidate = ~_breaks_any("quarantine") & ~_breaks_any("drop")
    nth = F.row_number().over(Window.partitionBy(*key, candidate).orderBy("topic", "partition", "offset", "_read_at"))
    outcome = F.when(_breaks_any("quarantine"), QUARANTINED).when(_breaks_any("drop"), DROPPED).when(F.col("_nth") > 1, DUPLICATE).otherwise(INSERTED)
    return nth, outcome


def with_outcome(parsed: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """Adds `_outcome` to every record, as far as the batch itself decides it: of several records with one key the one with the lowest
    coordinates is inserted."""
    nth, outcome = _outcome_columns(key)
    return parsed.withColumn("_nth", nth).withColumn("_outcome", outcome).drop("_nth")


def mark_held(outcomes: DataFrame, existing_keys: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """Turns what would be inserted into duplicates where Silver has the key. `existing_keys` holds Silver's keys, or those that can match."""
    held = existing_keys.select(*key).dropDuplicates().withColumn("_held", F.lit(True))
    outcome = F.when(F.col("_held") & (F.col("_outcome") == INSERTED), DUPLICATE).otherwise(F.col("_outcome"))
    return outcomes.join(held, list(key), "left").withColumn("_outcome", outcome).drop("_held")


@cache
def _silver_columns(names: tuple[str, ...]) -> list[Column]:
    warnings = F.transform(F.filter("_broken", lambda entry: entry["action"] == "warn"), lambda entry: entry["rule"])
    return [warnings.alias(name) if name == "warnings" else F.col(name) for name in names]


def silver_rows(outcomes: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The rows to insert, with Silver's columns."""
    return outcomes.where(F.col("_outcome") == INSERTED).select(_silver_columns(tuple(columns)))


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
    return Counts(**{field.name: sum(row[field.name] for row in summary) for field in fields(Counts)})


class CheckpointSetBack(RuntimeError):
    """A checkpoint counts batches anew under an id that the table knows: what it would write now would be taken for written."""


class HeldKeys:
    """What a driver knows of the keys that Silver holds: the highest value of each bounded key field.

    The writer lease makes this driver the only one that adds to them. A batch that lies wholly above in one field can repeat nothing, so
    Silver need not be read for it. Canaries count by themselves: their numbers are far above all others.
    """

    def __init__(self, bounded: tuple[str, ...], canary_source: str) -> None:
        self._bounded = bounded
        self._canary = is_canary(canary_source)
        self._known = False
        self._empty = False
        self._highest: dict[str, Any] = {}

    def learn(self, silver: DataFrame) -> None:
        """Reads the highest values from the table, once for a driver."""
        if self._known:
            return
        highest = [F.max(F.when(~self._canary, F.col(name))).alias(name) for name in self._bounded]
        row = silver.agg(F.count(F.lit(1)).alias("rows"), *highest).first()
        assert row is not None
        self._known, self._empty = True, row["rows"] == 0
        self._highest = {name: row[name] for name in self._bounded if row[name] is not None}

    def may_match(self, summary: Sequence[Row]) -> bool:
        """Whether Silver may hold a key of the batch."""
        if _canaries(summary):
            return not self._empty
        above = (min(lows) > self._highest[name] for name in self._highest if (lows := _present(summary, f"min_{name}")))
        return not self._empty and not any(above)

    def add(self, summary: Sequence[Row]) -> None:
        """The batch was written."""
        for name in self._bounded:
            if highs := _present(summary, f"max_{name}"):
                self._highest[name] = max([*highs, *([self._highest[name]] if name in self._highest else [])])
        self._empty = self._empty and counts_of(summary).inserted + counts_of(summary).canaries_inserted == 0

    def matching(self, summary: Sequence[Row]) -> Column:
        """A condition on literals that lets Delta skip files which cannot hold any key of the batch."""
        condition = F.lit(True)
        for name in self._bounded:
            if lows := _present(summary, f"min_{name}"):
                condition = condition & F.col(name).between(F.lit(min(lows)), F.lit(max(_present(summary, f"max_{name}"))))
        if self._bounded and not any(_present(summary, f"min_{name}") for name in self._bounded):
            condition = F.lit(False)
        return condition | self._canary if _canaries(summary) else condition


def _canaries(summary: Sequence[Row]) -> bool:
    return any(row["canaries"] for row in summary)


def _present(rows: Sequence[Row], name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


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


def _sql_literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(int(value))


def ledger_row(spark: SparkSession, table: Table, dataset: str, query_id: str, batch_id: int, counts: Counts, summary: Sequence[Row]) -> DataFrame:
    """The batch's row, as a SELECT of literals: cheaper than a frame made of Python's values, which runs a job of its own."""
    names = ("topic", "partition", "first_offset", "last_offset", "records")
    offsets = sorted(tuple(row[name] for name in names) for row in summary)
    structs = [
        f"named_struct({', '.join(f'{_sql_literal(name)}, {_sql_literal(value)}' for name, value in zip(names, each, strict=True))})" for each in offsets
    ]
    values = {
        **{name: _sql_literal(value) for name, value in asdict(counts).items() if name != "canaries_inserted"},
        "dataset": _sql_literal(dataset),
        "query_id": _sql_literal(query_id),
        "batch_id": _sql_literal(batch_id),
        "committed_at": "current_timestamp()",
        "residual": _sql_literal(counts.residual),
        "offsets": f"array({', '.join(structs)})",
    }
    columns = [f"CAST({values[field.name]} AS {field.dataType.simpleString()}) AS `{field.name}`" for field in schema_of(table.ddl).fields]
    return spark.sql(f"SELECT {', '.join(columns)}")


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
        report: Callable[[Counts, dict[str, int], int | None], None],
    ) -> None:
        """`report` is told a batch's counts, the offset after the last one per partition, and the version of the commit that it made."""
        self._dataset = dataset
        self._lake = lake
        self._ledger = ledger
        self._canary_source = canary_source
        self._query_id = query_id
        self._before_write = before_write
        self._report = report
        self._may_be_a_retry = True
        self._bounded = bounded_fields(dataset.record_ddl, dataset.table("silver").key)
        self._held = HeldKeys(self._bounded, canary_source)

    def __call__(self, bronze: DataFrame, batch_id: int) -> None:
        spark = bronze.sparkSession
        silver = self._dataset.table("silver")
        path = path_of(self._lake, silver)
        fresh = with_outcome(parse(bronze, self._dataset), silver.key).persist()
        outcomes = fresh
        try:
            summary = summarise(fresh, self._bounded, self._canary_source)
            if not summary:
                return
            existing = spark.read.format("delta").load(path)
            self._held.learn(existing)
            may_match = self._held.may_match(summary)
            if may_match:
                outcomes = mark_held(fresh, existing.where(self._held.matching(summary)), silver.key).persist()
                counts = counts_of(summarise(outcomes, self._bounded, self._canary_source))
            else:
                counts = counts_of(summary)
            self._before_write()
            if counts.quarantined > 0:
                quarantine = self._dataset.table("quarantine")
                self._annotate(spark, batch_id, None, summary)
                insert_only_merge(spark, path_of(self._lake, quarantine), quarantine_rows(outcomes), quarantine.key)
            # Rows of a first try would be found in Silver: where none can be, there was none.
            first_try = committed_counts(spark, path, self._query_id(), batch_id) if self._may_be_a_retry and may_match else None
            counts = first_try or self._append(spark, silver, path, outcomes, batch_id, counts, summary)
            self._held.add(summary)
            self._write_ledger(spark, batch_id, counts, summary)
            self._may_be_a_retry = False
            committed = counts.inserted + counts.canaries_inserted > 0
            self._report(counts, {str(row["partition"]): row["last_offset"] + 1 for row in summary}, version_of(spark, path) if committed else None)
        finally:
            if outcomes is not fresh:
                outcomes.unpersist()
            fresh.unpersist()

    def _append(self, spark: SparkSession, silver: Table, path: str, outcomes: DataFrame, batch_id: int, counts: Counts, summary: Sequence[Row]) -> Counts:
        """Appends the rows that are new. `outcomes` has already left out every key that Silver holds; as the lease makes this
        driver the only writer, that is an insert-only MERGE without reading the table a second time."""
        if counts.inserted + counts.canaries_inserted == 0:
            return counts
        app_id = f"{self._query_id()}:silver"
        last = last_transaction(spark, path, app_id)
        if last is not None and last >= batch_id:
            # Delta would skip the write in silence. A retry of a batch that was committed is found by its counts and does not come here.
            raise CheckpointSetBack(
                f"{silver.full_name} holds batch {last} of this checkpoint, and batch {batch_id} has other records: the checkpoint was set back or copied. "
                f"Give the query a new one: remove it, and Silver reads Bronze again, each key once"
            )
        self._annotate(spark, batch_id, counts, summary)
        written = Observation()
        rows = silver_rows(outcomes, schema_of(silver.ddl).names).observe(written, F.count(F.lit(1)).alias("rows"))
        append_once(rows, path, app_id, batch_id)
        # What was written, not what was meant to be: a row that the write lost shows as a residual.
        lost = 1 if faults.take("residual") else 0
        return replace(counts, inserted=written.get["rows"] - counts.canaries_inserted - lost)

    def _annotate(self, spark: SparkSession, batch_id: int, counts: Counts | None, summary: Sequence[Row]) -> None:
        metadata: dict[str, Any] = {
            "query": self._query_id(),
            "batch": batch_id,
            "offsets": {f"{row['topic']}/{row['partition']}": row["last_offset"] for row in summary},
            "newest": max(row["newest"] for row in summary).isoformat(),
            "oldest": min(row["oldest"] for row in summary).isoformat(),
        }
        if counts is not None:
            metadata["counts"] = asdict(counts)
        spark.conf.set(USER_METADATA, json.dumps(metadata))

    def _write_ledger(self, spark: SparkSession, batch_id: int, counts: Counts, summary: Sequence[Row]) -> None:
        spark.conf.unset(USER_METADATA)
        row = ledger_row(spark, self._ledger, self._dataset.name, self._query_id(), batch_id, counts, summary)
        append_once(row, path_of(self._lake, self._ledger), f"{self._query_id()}:ledger", batch_id)
