"""Gold state tables: one row per key, folded from the facts that a batch of Silver brings."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from functools import cache

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from medallion.arguments import trigger_of
from medallion.canary import is_canary
from medallion.contracts import Dataset, Table
from medallion.driver import Driver
from medallion.handover import Handover, take_back_gold
from medallion.layers.fit import assert_fits, empty
from medallion.layers.fold import Fold, advance, merge_state, recompute
from medallion.layers.folded import fold_into
from medallion.queries import QueryId, maintained
from medallion.sizing import by_size
from medallion.tables import CANARY_FREE, USER_METADATA, appends_of, literal_row, path_of, property_of, schema_of, sql_literal, version_of

log = logging.getLogger("medallion")


class StateBatch:
    """The foreachBatch function of one Gold state table. A repeated batch folds to the rows that are already there.

    Canaries are folded into no table: that one came so far is a row of ops.canaries. A batch that is repeated says it again, which
    changes nothing for who looks for the newest.
    """

    def __init__(
        self,
        dataset: Dataset,
        table: Table,
        fold: Fold,
        lake: str,
        canaries: Table,
        canary_source: str,
        query_id: Callable[[], str],
        before_write: Callable[[], None],
        committed: Callable[[int], None] = lambda _version: None,
    ) -> None:
        """`committed` is told the version of a commit that the batch made."""
        self._dataset = dataset
        self._table = table
        self._fold = fold
        self._lake = lake
        self._path = path_of(lake, table)
        self._canaries = canaries
        self._canary_source = canary_source
        self._query_id = query_id
        self._before_write = before_write
        self._committed = committed

    def __call__(self, facts: DataFrame, batch_id: int) -> None:
        spark = facts.sparkSession
        facts = facts.persist()
        try:
            read = facts.groupBy("topic", "partition").agg(*_read_columns(self._canary_source)).collect()
            if any(row["told"] for row in read):
                self._write(spark, facts.where(~is_canary(self._canary_source)), read, batch_id)
            newest = [row["canary_micros"] for row in read if row["canary_micros"] is not None]
            if newest:
                self._tell(spark, max(newest), batch_id)
        finally:
            facts.unpersist()

    def _write(self, spark: SparkSession, facts: DataFrame, read: Sequence[Row], batch_id: int) -> None:
        before = version_of(spark, self._path)
        told = sum(row["told"] for row in read)
        metadata = {
            "query": self._query_id(),
            "batch": batch_id,
            "offsets": {f"{row['topic']}/{row['partition']}": row["last"] for row in read},
            "newest": max(row["newest"] for row in read).isoformat(),
            # How many facts: who publishes by commits need not look at one that was made of none (lambdas/export).
            "records": told,
        }
        spark.conf.set(USER_METADATA, json.dumps(metadata))
        fold_into(spark, self._path, self._table, self._fold, facts, told, self._before_write)
        after = version_of(spark, self._path)
        if after != before:
            self._committed(after)

    def _tell(self, spark: SparkSession, micros: int, batch_id: int) -> None:
        spark.conf.unset(USER_METADATA)
        row = {
            "dataset": sql_literal(self._dataset.name),
            "folded_by": sql_literal(self._table.full_name),
            "kafka_timestamp": f"timestamp_micros({micros})",
            "query_id": sql_literal(self._query_id()),
            "batch_id": sql_literal(batch_id),
            "committed_at": "current_timestamp()",
        }
        self._before_write()
        literal_row(spark, self._canaries, row).write.format("delta").mode("append").save(path_of(self._lake, self._canaries))


@cache
def _read_columns(canary_source: str) -> list[Column]:
    canary = is_canary(canary_source)
    return [
        F.max("offset").alias("last"),
        F.max("kafka_timestamp").alias("newest"),
        F.sum((~canary).cast("int")).alias("told"),
        F.unix_micros(F.max(F.when(canary, F.col("kafka_timestamp")))).alias("canary_micros"),
    ]


def forget_canaries(spark: SparkSession, lake: str, table: Table, silver: Table, fold: Fold, canary_source: str) -> bool:
    """Takes out, once, the canary's row that a table of an older release holds, and folds anew what records say of its key.

    Returns:
        Whether there was anything to do: a table says by a property that it is done.
    """
    path = path_of(lake, table)
    (name, value), *_ = CANARY_FREE.items()
    if table.canary_sql is None or property_of(spark, path, name) == value:
        return False
    gold = DeltaTable.forPath(spark, path)
    gold.delete(table.canary_sql)
    # The columns by which a canary's row is told are fields of the record, too (contracts/validate.ts).
    facts = spark.read.format("delta").load(path_of(lake, silver)).where(~is_canary(canary_source)).where(table.canary_sql)
    rows = recompute(fold, facts).select(*schema_of(table.ddl).names).persist()
    if not rows.isEmpty():
        merge_state(gold, rows, table.key)
    rows.unpersist()
    spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ('{name}' = '{value}')")
    return True


def assert_fits_table(spark: SparkSession, dataset: Dataset, table: Table, fold: Fold) -> None:
    """Raises ModuleBroken where the fold does not give the table's columns."""
    facts, held = empty(spark, dataset.table("silver")), empty(spark, table)
    assert_fits(f"datasets/{dataset.name}: the fold of {table.name}", table.ddl, lambda: advance(fold, held, facts, table.key))


def batch_of(driver: Driver, dataset: Dataset, table: Table, fold: Fold, query_id: Callable[[], str]) -> StateBatch:
    """A table's batch function, telling of what it did. Takes out first what an older release left in the table."""
    spark, lake, contracts = driver.spark, driver.arguments.lake, driver.contracts
    before_write = driver.leases["gold"].assert_held
    before_write()
    if forget_canaries(spark, lake, table, dataset.table("silver"), fold, contracts.canary_source):
        log.info("took the canary's row out of %s, made by an older release", table.full_name)
    return StateBatch(
        dataset,
        table,
        fold,
        lake,
        contracts.canaries,
        contracts.canary_source,
        query_id,
        before_write,
        lambda version: driver.positions.advance(table.full_name, commit=version),
    )


def taken_back(driver: Driver, dataset: Dataset, table: Table) -> Handover:
    """Where the table's own query reads, once no pass carries it any more."""
    silver = dataset.table("silver")
    held = driver.handovers.get(table, silver)
    if not held.carrier:
        return held
    back = take_back_gold(driver.spark, driver.arguments.lake, silver, held)
    driver.handovers.put(table, back)
    return back


def start(driver: Driver, dataset: Dataset, table: Table, fold: Fold, *, drain: bool = False) -> None:
    """Starts the table's own query, or with `drain` lets it read what is there."""
    query_id = QueryId()
    batch = batch_of(driver, dataset, table, fold, query_id)
    reading = taken_back(driver, dataset, table)
    stream = appends_of(driver.spark, driver.arguments.lake, dataset.table("silver"), reading.since)
    driver.start(
        table.layer,
        table.name,
        None if drain else trigger_of(driver.arguments, "gold", dataset),
        stream.writeStream.foreachBatch(maintained(by_size(batch), driver.maintenance("gold", (table, driver.contracts.canaries)))),
        query_id,
        reads=(dataset.table("silver"),),
        suffix=reading.suffix,
    )
