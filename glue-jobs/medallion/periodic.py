"""Gold periodic tables: recomputed, whole or by date, where new facts came since the last time.

A recomputation reads Silver as it is, the facts that woke it among the rest: a repeated batch gives the rows that are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from medallion.canary import is_canary
from medallion.contracts import Table
from medallion.state import facts_stream, merge_state
from medallion.tables import path_of, schema_of


@dataclass(frozen=True)
class Facts:
    """Silver tables as they are: the dataset's own, and those that the contract lets the table read beside it, by dataset."""

    own: DataFrame
    others: Mapping[str, DataFrame]


def without_canaries(facts: DataFrame, canary_source: str) -> DataFrame:
    return facts.where(~is_canary(canary_source))


def facts_of(read: Callable[[Table], DataFrame], own: Table, others: Mapping[str, Table], canary_source: str) -> Facts:
    """The Silver tables, without canaries: what is counted by date or source must not count them."""
    return Facts(without_canaries(read(own), canary_source), {name: without_canaries(read(table), canary_source) for name, table in others.items()})


class Periodic(Protocol):
    """How a periodic table is computed."""

    def recompute(self, facts: Facts) -> DataFrame:
        """The whole table from all facts: what the table must equal."""
        ...

    def advance(self, table: DataFrame, new: DataFrame, facts: Facts) -> DataFrame:
        """The table's rows that `new` facts may have changed, at least."""
        ...


def periodic_stream(spark: SparkSession, lake: str, own: Table, others: Mapping[str, Table]) -> DataFrame:
    """What wakes the table: new facts of its own Silver, whole; of the others, that there are some."""
    streams = [facts_stream(spark, lake, own), *[facts_stream(spark, lake, table).select("topic", "partition", "offset") for table in others.values()]]
    return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), streams)


class PeriodicBatch:
    """The foreachBatch function of one periodic table."""

    def __init__(
        self,
        table: Table,
        computation: Periodic,
        lake: str,
        own: Table,
        others: Mapping[str, Table],
        canary_source: str,
        query_id: Callable[[], str],
        before_write: Callable[[], None],
    ) -> None:
        self._table = table
        self._canary_source = canary_source
        self._computation = computation
        self._lake = lake
        self._own = own
        self._others = others
        self._query_id = query_id
        self._before_write = before_write

    def __call__(self, new: DataFrame, batch_id: int) -> None:
        spark = new.sparkSession
        read = spark.read.format("delta")
        path = path_of(self._lake, self._table)
        facts = facts_of(lambda table: read.load(path_of(self._lake, table)), self._own, self._others, self._canary_source)
        new = without_canaries(new.where(F.col("topic") == self._own.name), self._canary_source)
        rows = self._computation.advance(read.load(path), new, facts)
        rows = rows.select(*schema_of(self._table.ddl).names).persist()
        try:
            if rows.isEmpty():
                return
            spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", json.dumps({"query": self._query_id(), "batch": batch_id}))
            self._before_write()
            spark.conf.set("spark.databricks.delta.merge.materializeSource", "none")
            merge_state(DeltaTable.forPath(spark, path), rows, self._table.key)
        finally:
            rows.unpersist()
