"""One pass: a dataset's batch goes to Bronze, Silver and its state tables in one function, from one read of Kafka.

Each write is the transaction that it is where each layer has a query of its own, under an id of its own: a batch that died between two of
them is repeated whole, and what it had written is found and left as it is. Bronze's part is what the native sink does, under the same
checkpoint, so that either goes on where the other stopped.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from medallion.contracts import Table
from medallion.handover import carried_by
from medallion.layers.bronze import to_bronze
from medallion.layers.silver.writes import append_once
from medallion.queries import Batch
from medallion.sizing import sized
from medallion.tables import USER_METADATA, last_transaction, path_of


@dataclass(frozen=True)
class Span:
    """What a batch holds of a Kafka partition."""

    first: int
    last: int
    rows: int


def spans_of(rows: DataFrame) -> dict[str, Span]:
    by_partition = rows.groupBy("partition").agg(F.min("offset").alias("first"), F.max("offset").alias("last"), F.count(F.lit(1)).alias("rows"))
    return {str(row["partition"]): Span(row["first"], row["last"], row["rows"]) for row in by_partition.collect()}


class OnePass:
    """The foreachBatch function of a dataset's one pass. `silver` passes on what it inserts (SilverBatch); `begins` is told the checkpoint's
    id once, before anything is written; `written` the offset after the last one per partition, once Bronze holds it."""

    def __init__(
        self,
        bronze: Table,
        lake: str,
        silver: Batch,
        query_id: Callable[[], str],
        before_write: Callable[[], None],
        begins: Callable[[str], None],
        written: Callable[[dict[str, int]], None],
    ) -> None:
        self._path = path_of(lake, bronze)
        self._silver = silver
        self._query_id = query_id
        self._before_write = before_write
        self._begins = begins
        self._written = written
        self._begun = threading.Event()

    def __call__(self, kafka: DataFrame, batch_id: int) -> None:
        spark = kafka.sparkSession
        if not self._begun.is_set():
            self._begins(self._query_id())
        # Said as a number: MERGE replaces `current_timestamp()` in what it is given, and would then not know the kept rows for the same.
        now = F.timestamp_micros(F.lit(time.time_ns() // 1000))
        rows = to_bronze(kafka, now).persist()
        try:
            spans = spans_of(rows)
            if spans and not self._was_drained(spark, batch_id):
                with sized(spark, sum(span.rows for span in spans.values())):
                    self._carry(spark, rows, batch_id, spans)
        finally:
            rows.unpersist()
        self._begun.set()

    def _was_drained(self, spark: SparkSession, batch_id: int) -> bool:
        """Whether the native sink wrote this batch before it was a pass's: the layers' own queries have then taken it from Bronze."""
        if self._begun.is_set():
            return False
        last = last_transaction(spark, self._path, self._query_id())
        return last is not None and last >= batch_id and carried_by(spark, self._path, self._query_id(), batch_id) is None

    def _carry(self, spark: SparkSession, rows: DataFrame, batch_id: int, spans: Mapping[str, Span]) -> None:
        said = {
            "query": self._query_id(),
            "batch": batch_id,
            "first": {partition: span.first for partition, span in spans.items()},
            "last": {partition: span.last for partition, span in spans.items()},
        }
        spark.conf.set(USER_METADATA, json.dumps(said))
        self._before_write()
        append_once(rows, self._path, self._query_id(), batch_id)
        self._written({partition: span.last + 1 for partition, span in spans.items()})
        self._silver(rows, batch_id)
