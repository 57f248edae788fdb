"""Making and growing Delta tables by path, always by the one driver that writes them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from delta.tables import DeltaTable, DeltaTableBuilder
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from medallion.contracts import Table

log = logging.getLogger(__name__)

SIDE_BY_SIDE = 3
CREATE_TRIES = 3
# Settings of a session that the next commits take up.
USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
TXN_APP_ID = "spark.databricks.delta.write.txnAppId"
TXN_VERSION = "spark.databricks.delta.write.txnVersion"

# Reader features stay off, but for deletion vectors where rows are changed (docs/decisions/0027).
PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.logRetentionDuration": "interval 30 days",
    "delta.deletedFileRetentionDuration": "interval 7 days",
}
# Rows that change are marked where they lie.
CHANGING = {"delta.enableDeletionVectors": "true"}
# A state table with this property holds no canary: those that older releases made held one (layers/state.py).
CANARY_FREE = {"sluice.canaries": "none"}


@cache
def schema_of(ddl: str) -> StructType:
    """The Spark schema of a contract's DDL; needs an active session, whose parser reads it. Not to be changed: it is shared."""
    return SparkSession.active().createDataFrame([], ddl).schema


def snapshot_of(spark: SparkSession, path: str) -> Any:
    """Delta's own snapshot of a table that this driver writes, as the driver knows it: after its own commit, that commit's."""
    return spark.sparkContext._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path).unsafeVolatileSnapshot()


def version_of(spark: SparkSession, path: str) -> int:
    """The version of a table that this driver writes."""
    return int(snapshot_of(spark, path).version())


def last_transaction(spark: SparkSession, path: str, app_id: str) -> int | None:
    """The highest `txnVersion` that a table holds of an application; None where it holds none."""
    found = snapshot_of(spark, path).transactions().get(app_id)
    return int(found.get()) if found.isDefined() else None


def property_of(spark: SparkSession, path: str, name: str) -> str | None:
    """A property of a table that this driver writes; None where it has none of that name."""
    found = snapshot_of(spark, path).metadata().configuration().get(name)
    return str(found.get()) if found.isDefined() else None


def newest_version(spark: SparkSession, path: str) -> int:
    """The version of a table that another query writes. Loading the table asks its log; the driver then knows."""
    spark.read.format("delta").load(path)
    return version_of(spark, path)


def changes_rows(spark: SparkSession, path: str, after: int) -> bool:
    """Whether a version behind `after` changed the table's rows, or is not in the log any more. OPTIMIZE changes none. Of the log no more
    is read than up to the first that did."""
    commits = spark.sparkContext._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path).getChanges(after + 1, False)
    expected = after + 1
    while commits.hasNext():
        commit = commits.next()
        if commit._1() != expected or any(_changes_rows(action) for action in _each(commit._2())):
            return True
        expected += 1
    return False


def _each(of_scala: Any) -> Iterator[Any]:
    iterator = of_scala.iterator()
    while iterator.hasNext():
        yield iterator.next()


def _changes_rows(action: Any) -> bool:
    return action.getClass().getSimpleName() in ("AddFile", "RemoveFile") and bool(action.dataChange())


def inserted_between(spark: SparkSession, path: str, after: int, until: int) -> DataFrame:
    """The rows that a table with a change feed gained by the versions behind `after`, up to `until`, both its own."""
    if after >= until:
        return spark.read.format("delta").load(path).limit(0)
    feed = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", after + 1).option("endingVersion", until)
    return feed.load(path).where(F.col("_change_type") == "insert").drop("_change_type", "_commit_version", "_commit_timestamp")


def path_of(lake: str, table: Table) -> str:
    return f"{lake}/{table.path}"


def appends_of(spark: SparkSession, lake: str, table: Table, since: int | None = None) -> DataFrame:
    """What is appended to a table of Bronze or Silver, as a stream: they are only ever appended to (ADR 0002), so that new files are what
    came, and Silver's change feed would say the same and read the log a second time for it. A commit that takes rows away is no event, be
    it retention's or a person's, and also where it writes anew the rows that were beside them; OPTIMIZE changes no data. The stream holds
    all that the table does, or what came with the version `since` and after it."""
    stream = spark.readStream.format("delta").option("skipChangeCommits", "true").option("maxFilesPerTrigger", "200")
    return (stream if since is None else stream.option("startingVersion", str(since))).load(path_of(lake, table))


def changes_of(spark: SparkSession, lake: str, table: Table) -> DataFrame:
    """A Gold table as a stream of what wakes those that read it: whatever a commit writes, changed rows with the unchanged ones of their
    files. It has no change feed, and its rows are not read here."""
    return spark.readStream.format("delta").option("ignoreChanges", "true").option("maxFilesPerTrigger", "200").load(path_of(lake, table))


def properties_of(table: Table) -> dict[str, str]:
    """Delta table properties: Silver has a change feed, for readers that want changes; Gold reads the table itself (ADR 0002)."""
    if table.layer == "silver":
        return {**PROPERTIES, "delta.enableChangeDataFeed": "true"}
    return {**PROPERTIES, **CHANGING, **CANARY_FREE} if table.kind == "state" else PROPERTIES


def ensure_tables(spark: SparkSession, lake: str, tables: Sequence[Table]) -> None:
    """`ensure_table` for each, side by side: most of it is waiting for S3."""
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        for made in [pool.submit(ensure_table, spark, lake, table) for table in tables]:
            made.result()


def make(builder: DeltaTableBuilder) -> None:
    """Makes a table. Where several are made side by side in a session that has just begun, Delta now and then does not find the one that
    it has begun to make: asked again, it makes it, since it makes only what is missing."""
    for left in range(CREATE_TRIES - 1, -1, -1):
        try:
            builder.execute()
            return
        except AnalysisException as failure:
            if left == 0 or "DELTA_TABLE_NOT_FOUND" not in str(failure):
                raise
            log.warning("a table could not be made, trying again: %s", failure)


def ensure_table(spark: SparkSession, lake: str, table: Table) -> None:
    """Makes the table where it is missing, adds columns that the contract has gained, and lets an older state table mark its rows.

    Raises:
        ValueError: the table holds a column of another type, or other partitions, than the contract says.
    """
    path = path_of(lake, table)
    wanted = schema_of(table.ddl)
    if not DeltaTable.isDeltaTable(spark, path):
        builder = DeltaTable.createIfNotExists(spark).location(path).addColumns(wanted).comment(table.description)
        if table.partition_by:
            builder = builder.partitionedBy(*table.partition_by)
        for name, value in properties_of(table).items():
            builder = builder.property(name, value)
        make(builder)
        return
    existing = {field.name: field.dataType for field in DeltaTable.forPath(spark, path).toDF().schema.fields}
    for field in wanted.fields:
        if field.name in existing and existing[field.name] != field.dataType:
            raise ValueError(
                f"{table.full_name}.{field.name} is {existing[field.name].simpleString()} in {path}, "
                f"the contract says {field.dataType.simpleString()}: rebuild the table into a new path"
            )
    added = [field for field in wanted.fields if field.name not in existing]
    if added:
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in added)
        spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMNS ({columns})")
    if table.kind == "state" and any(property_of(spark, path, name) != value for name, value in CHANGING.items()):
        changing = ", ".join(f"'{name}' = '{value}'" for name, value in CHANGING.items())
        spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ({changing})")


def sql_literal(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(int(value))


def literal_row(spark: SparkSession, table: Table, values: Mapping[str, str]) -> DataFrame:
    """A row as a SELECT of SQL expressions: cheaper than a frame made of Python's values, which runs a job of its own."""
    columns = [f"CAST({values[field.name]} AS {field.dataType.simpleString()}) AS `{field.name}`" for field in schema_of(table.ddl).fields]
    return spark.sql(f"SELECT {', '.join(columns)}")
