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
from medallion.tables import USER_METADATA, inserted_between, last_transaction, path_of, schema_of, version_of


class SilverBatch:
    """The foreachBatch function of one dataset's Silver query.

    What rows are made of, and how what was read is accounted for, is said by methods that a derived dataset's batch has its own of.
    """

    def __init__(
        self,
        dataset: Dataset,
        lake: str,
        ledger: Table,
        canary_source: str,
        query_id: Callable[[], str],
        before_write: Callable[[], None],
        report: Callable[[Counts, dict[str, int], int | None], None],
        pass_on: Callable[[DataFrame, int, int], None] | None = None,
    ) -> None:
        """`report` is told a batch's counts, the offset after the last one per partition, and the version of the commit that it made.
        `pass_on` is given the rows that the batch inserted, a repeated one those of its first try, its number and that version."""
        self._dataset = dataset
        self._lake = lake
        self._ledger = ledger
        self._canary_source = canary_source
        self._query_id = query_id
        self._before_write = before_write
        self._report = report
        self._pass_on = pass_on
        self._may_be_a_retry = True
        silver = dataset.table("silver")
        self._bounded = bounded_fields(silver.ddl, silver.key)
        self._held = HeldKeys(self._bounded, canary_source)

    def rows(self, read: DataFrame) -> DataFrame:
        """What was read as rows of Silver, each with what it breaks."""
        return parse(read, self._dataset)

    def spans(self, _read: DataFrame, summary: Sequence[Row]) -> Sequence[Row]:
        """Per Kafka partition what was read: first and last offset, records, newest and oldest arrival."""
        return summary

    def accounted(self, counts: Counts, _made: DataFrame, _spans: Sequence[Row]) -> Counts:
        """Counts of the rows made, with those of what was read."""
        return counts

    def set_aside(self, outcomes: DataFrame) -> DataFrame:
        return quarantine_rows(outcomes)

    def offsets_of(self, spans: Sequence[Row]) -> Sequence[Row]:
        """The spans whose offsets follow each other without a gap."""
        return spans

    def __call__(self, read: DataFrame, batch_id: int) -> None:
        spark = read.sparkSession
        silver = self._dataset.table("silver")
        path = path_of(self._lake, silver)
        fresh = with_outcome(self.rows(read), silver.key).persist()
        outcomes = fresh
        try:
            summary = summarise(fresh, self._bounded, self._canary_source)
            spans = self.spans(read, summary)
            if not spans:
                return
            existing = spark.read.format("delta").load(path)
            self._held.learn(existing)
            may_match = bool(summary) and self._held.may_match(summary)
            if may_match:
                outcomes = mark_held(fresh, existing.where(self._held.matching(summary)), silver.key).persist()
                counts = counts_of(summarise(outcomes, self._bounded, self._canary_source))
            else:
                counts = counts_of(summary)
            counts = self.accounted(counts, fresh, spans)
            self._before_write()
            if counts.quarantined > 0:
                quarantine = self._dataset.table("quarantine")
                self._annotate(spark, batch_id, None, spans)
                insert_only_merge(spark, path_of(self._lake, quarantine), self.set_aside(outcomes), quarantine.key)
            # Rows of a first try would be found in Silver: where none can be, there was none.
            first_try = committed_counts(spark, path, self._query_id(), batch_id) if self._may_be_a_retry and may_match else None
            counts = first_try[0] if first_try else self._append(spark, silver, path, outcomes, batch_id, counts, spans)
            committed = counts.inserted + counts.canaries_inserted > 0
            version = first_try[1] if first_try else version_of(spark, path)
            self._held.add(summary)
            self._write_ledger(spark, batch_id, counts, spans)
            self._may_be_a_retry = False
            offsets = {str(row["partition"]): row["last_offset"] + 1 for row in self.offsets_of(spans)}
            self._report(counts, offsets, version if committed else None)
            if self._pass_on is not None and committed:
                # What was held against Silver is held against it anew once Silver has changed, cached or not, and is found there.
                kept = outcomes is fresh
                rows = silver_rows(outcomes, schema_of(silver.ddl).names) if kept else inserted_between(spark, path, version - 1, version)
                self._pass_on(rows, batch_id, version)
        finally:
            if outcomes is not fresh:
                outcomes.unpersist()
            fresh.unpersist()

    def _append(self, spark: SparkSession, silver: Table, path: str, outcomes: DataFrame, batch_id: int, counts: Counts, spans: Sequence[Row]) -> Counts:
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
                f"Give the query a new one: remove it, and it reads all again, each key once"
            )
        self._annotate(spark, batch_id, counts, spans)
        written = Observation()
        rows = silver_rows(outcomes, schema_of(silver.ddl).names).observe(written, F.count(F.lit(1)).alias("rows"))
        append_once(rows, path, app_id, batch_id)
        # What was written, not what was meant to be: a row that the write lost shows as a residual.
        lost = 1 if faults.take("residual") else 0
        return replace(counts, inserted=written.get["rows"] - counts.canaries_inserted - lost)

    def _annotate(self, spark: SparkSession, batch_id: int, counts: Counts | None, spans: Sequence[Row]) -> None:
        metadata: dict[str, Any] = {
            "query": self._query_id(),
            "batch": batch_id,
            "offsets": {f"{row['topic']}/{row['partition']}": row["last_offset"] for row in spans},
            "newest": max(row["newest"] for row in spans).isoformat(),
            "oldest": min(row["oldest"] for row in spans).isoformat(),
        }
        if counts is not None:
            metadata["counts"] = asdict(counts)
        spark.conf.set(USER_METADATA, json.dumps(metadata))

    def _write_ledger(self, spark: SparkSession, batch_id: int, counts: Counts, spans: Sequence[Row]) -> None:
        spark.conf.unset(USER_METADATA)
        row = ledger_row(spark, self._ledger, self._dataset.name, self._query_id(), batch_id, counts, self.offsets_of(spans))
        append_once(row, path_of(self._lake, self._ledger), f"{self._query_id()}:ledger", batch_id)
