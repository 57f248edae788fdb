"""Gold state tables: one row per key, folded from facts.

A fold has three pure parts, so that the incremental result equals a full recompute:

    partial(facts)    facts        -> partial states
    explode(table)    table rows   -> the partial states they were made of
    finish(partials)  any partials -> table rows   (combines by functions that care for neither order nor repeats)

    incremental = finish(partial(new facts) + explode(rows with a touched key))
    full        = finish(partial(all facts))
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from typing import Protocol

from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.arguments import trigger_of
from medallion.canary import is_canary
from medallion.contracts import Dataset, Table
from medallion.driver import Driver
from medallion.queries import QueryId, maintained
from medallion.tables import USER_METADATA, appends_of, path_of, schema_of


class Fold(Protocol):
    """How a state table is folded from its dataset's Silver rows."""

    def partial(self, facts: DataFrame) -> DataFrame: ...

    def explode(self, table: DataFrame) -> DataFrame: ...

    def finish(self, partials: DataFrame) -> DataFrame: ...


def recompute(fold: Fold, facts: DataFrame) -> DataFrame:
    """The whole table from all facts: what the incremental table must equal."""
    return fold.finish(fold.partial(facts))


def advance(fold: Fold, table: DataFrame, facts: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """The new rows of the keys that `facts` touch."""
    partials = fold.partial(facts)
    touched = partials.select(*key).dropDuplicates()
    existing = table.join(F.broadcast(touched), list(key), "left_semi")
    return fold.finish(partials.unionByName(fold.explode(existing)))


class StateBatch:
    """The foreachBatch function of one Gold state table. A repeated batch folds to the rows that are already there."""

    def __init__(
        self, dataset: Dataset, table: Table, fold: Fold, lake: str, canary_source: str, query_id: Callable[[], str], before_write: Callable[[], None]
    ) -> None:
        self._dataset = dataset
        self._table = table
        self._fold = fold
        self._path = path_of(lake, table)
        self._canary_source = canary_source
        self._query_id = query_id
        self._before_write = before_write

    def __call__(self, facts: DataFrame, batch_id: int) -> None:
        spark = facts.sparkSession
        facts = facts.persist()
        rows: DataFrame | None = None
        try:
            told = F.sum((~is_canary(self._canary_source)).cast("int")).alias("told")
            read = facts.groupBy("topic", "partition").agg(F.max("offset").alias("last"), F.max("kafka_timestamp").alias("newest"), told).collect()
            if not read:
                return
            gold = DeltaTable.forPath(spark, self._path)
            # Read apart from the handle: MERGE must not find its target's own columns among its source's.
            existing = spark.read.format("delta").load(self._path)
            rows = advance(self._fold, existing, facts, self._table.key).select(*schema_of(self._table.ddl).names).persist()
            metadata = {
                "query": self._query_id(),
                "batch": batch_id,
                "offsets": {f"{row['topic']}/{row['partition']}": row["last"] for row in read},
                "newest": max(row["newest"] for row in read).isoformat(),
                # Canaries change no list: who publishes lists need not do so for them alone (lambdas/publish).
                "records": sum(row["told"] for row in read),
            }
            spark.conf.set(USER_METADATA, json.dumps(metadata))
            self._before_write()
            merge_state(gold, rows, self._table.key)
        finally:
            if rows is not None:
                rows.unpersist()
            facts.unpersist()


def merge_state(gold: DeltaTable, rows: DataFrame, key: tuple[str, ...]) -> None:
    """Writes each row that differs from the one its key has. The rows are persisted: MERGE need not write them aside before its two passes."""
    rows.sparkSession.conf.set("spark.databricks.delta.merge.materializeSource", "none")
    on = reduce(lambda a, b: a & b, [F.col(f"held.{name}") == F.col(f"new.{name}") for name in key])
    same = reduce(lambda a, b: a & b, [F.col(f"held.{name}").eqNullSafe(F.col(f"new.{name}")) for name in rows.columns])
    gold.alias("held").merge(rows.alias("new"), on).whenMatchedUpdateAll(~same).whenNotMatchedInsertAll().execute()


def start(driver: Driver, dataset: Dataset, table: Table, fold: Fold) -> None:
    lake, silver = driver.arguments.lake, dataset.table("silver")
    query_id = QueryId()
    batch = StateBatch(dataset, table, fold, lake, driver.contracts.canary_source, query_id, driver.leases["gold"].assert_held)
    facts = appends_of(driver.spark, lake, silver)
    driver.start(
        table.layer,
        table.name,
        trigger_of(driver.arguments, "gold", dataset),
        facts.writeStream.foreachBatch(maintained(batch, driver.maintenance("gold", (table,)))),
        query_id,
        reads=(silver,),
    )
