"""A batch of Silver: made, held against what Silver has, appended, and accounted for.

foreachBatch is at least once: each write is idempotent, and a repeated batch takes its counts from the first try's commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from pyspark.sql import DataFrame, Observation, Row, SparkSession
from pyspark.sql import functions as F

from medallion import faults
from medallion.contracts import Dataset, Table
from medallion.layers.silver.counts import Counts, bounded_fields, counts_of, summarise
from medallion.layers.silver.held import HeldKeys
from medallion.layers.silver.ledger import ledger_row
from medallion.layers.silver.outcomes import mark_held, quarantine_rows, silver_rows, with_outcome
from medallion.layers.silver.parse import parse
from medallion.layers.silver.writes import CheckpointSetBack, append_once, committed_counts, insert_only_merge
from medallion.tables import USER_METADATA, last_transaction, path_of, schema_of, version_of


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
