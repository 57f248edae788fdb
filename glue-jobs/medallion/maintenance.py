"""Maintenance of tables, by the driver that writes them: compaction, retention, removal of files that no kept version needs.

It runs between the batches of the query that writes the table, and never takes more than a tenth of that query's time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from medallion.contracts import Table
from medallion.layout import gather_small_files, layout_of, write_in_order
from medallion.tables import USER_METADATA, path_of, version_of
from medallion.upkeep import Budget, Done, DynamoUpkeep, Upkeep

log = logging.getLogger(__name__)

# Before anything was measured: what a step is taken to need.
FIRST_GUESS_SECONDS = 5.0
HOUR_SECONDS = 3600.0


class Maintenance:
    """Keeps the tables of one query. `after_batch` takes at most one step."""

    def __init__(
        self,
        lake: str,
        tables: tuple[Table, ...],
        *,
        store: DynamoUpkeep,
        may_vacuum: Callable[[Table], bool],
        before_write: Callable[[], None],
        report: Callable[[Done], None],
        lock: threading.Lock,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._lake = lake
        self._upkeep = [Upkeep(table) for table in tables]
        self._store = store
        self._may_vacuum = may_vacuum
        self._before_write = before_write
        self._report = report
        self._lock = lock
        self._clock = clock
        self._budget = Budget(clock)

    def after_batch(self, spark: SparkSession) -> Done | None:
        """Takes the step that is due and affordable, if there is one. What goes wrong is logged: the next batch tries again, and the
        data are not held up."""
        # Two queries write the ledger: one maintains it at a time.
        if not self._lock.acquire(blocking=False):
            return None
        try:
            for upkeep in self._upkeep:
                due = self._due(spark, upkeep)
                if due is not None and self._budget.allows(upkeep.seconds.get(due, FIRST_GUESS_SECONDS)):
                    return self._take(spark, upkeep, due)
        except Exception:
            log.exception("maintenance failed")
        finally:
            self._lock.release()
        return None

    def _due(self, spark: SparkSession, upkeep: Upkeep) -> str | None:
        table, now = upkeep.table, self._clock()
        version = version_of(spark, path_of(self._lake, table))
        if upkeep.optimised_at is None:
            upkeep.optimised_at = version
            upkeep.expired = now
        if version - upkeep.optimised_at >= table.optimise_after_commits:
            return "optimise"
        if table.retention_days is not None and now - (upkeep.expired or 0.0) >= HOUR_SECONDS:
            return "expire"
        if upkeep.vacuumed is None:
            upkeep.vacuumed = self._store.vacuumed(table)
            if upkeep.vacuumed == 0.0:
                # Nothing of a table that is seen for the first time is old enough.
                upkeep.vacuumed = now
                self._store.set_vacuumed(table, now)
        if now - upkeep.vacuumed >= table.vacuum_every_hours * HOUR_SECONDS and self._may_vacuum(table):
            return "vacuum"
        return None

    def _take(self, spark: SparkSession, upkeep: Upkeep, step: str) -> Done:
        self._before_write()
        # A commit of maintenance must not be taken for one of a batch.
        spark.conf.unset(USER_METADATA)
        started = self._clock()
        figures = {"optimise": self._optimise, "expire": self._expire, "vacuum": self._vacuum}[step](spark, upkeep)
        finished = self._clock()
        self._budget.take(finished - started)
        upkeep.seconds[step] = finished - started
        done = Done(upkeep.table.full_name, step, started, finished, figures)
        log.info("%s %s", done.table, done.summary)
        self._report(done)
        return done

    def _table(self, spark: SparkSession, upkeep: Upkeep) -> DeltaTable:
        return DeltaTable.forPath(spark, path_of(self._lake, upkeep.table))

    def _optimise(self, spark: SparkSession, upkeep: Upkeep) -> dict[str, Any]:
        figures = (self._order if upkeep.table.kind == "state" else self._compact)(spark, upkeep)
        upkeep.optimised_at = version_of(spark, path_of(self._lake, upkeep.table))
        return figures

    def _order(self, spark: SparkSession, upkeep: Upkeep) -> dict[str, Any]:
        """A state table: its changes gathered, and brought in order with the rest where they have become a tenth of it."""
        path = path_of(self._lake, upkeep.table)
        before = layout_of(spark, path)
        if before.is_in_order:
            gather_small_files(spark, path, before)
        else:
            write_in_order(spark, path, upkeep.table)
        after = layout_of(spark, path)
        return {"files_before": before.files, "files_after": after.files, "deleted_before": before.deleted, "deleted_after": after.deleted}

    def _compact(self, spark: SparkSession, upkeep: Upkeep) -> dict[str, Any]:
        row = self._table(spark, upkeep).optimize().executeCompaction().first()
        assert row is not None
        return {"files_removed": row["metrics"]["numFilesRemoved"], "files_added": row["metrics"]["numFilesAdded"]}

    def _expire(self, spark: SparkSession, upkeep: Upkeep) -> dict[str, Any]:
        table = upkeep.table
        upkeep.expired = self._clock()
        before = expiry_condition(table)
        if self._table(spark, upkeep).toDF().where(before).isEmpty():
            return {"expired": 0}
        self._table(spark, upkeep).delete(before)
        return {"expired": 1}

    def _vacuum(self, spark: SparkSession, upkeep: Upkeep) -> dict[str, Any]:
        table = upkeep.table
        # VACUUM lists in as many tasks as Spark would discover partitions: 10,000, each for nothing.
        spark.conf.set("spark.sql.sources.parallelPartitionDiscovery.parallelism", str(spark.sparkContext.defaultParallelism))
        self._table(spark, upkeep).vacuum(float(table.keep_versions_hours))
        upkeep.vacuumed = self._clock()
        self._store.set_vacuumed(table, upkeep.vacuumed)
        return {"kept_hours": table.keep_versions_hours}


def expiry_condition(table: Table) -> str:
    """What retention takes: in Bronze whole dates, elsewhere records by the time that Kafka took them."""
    if table.layer == "bronze":
        return f"ingestion_date < date_sub(current_date(), {table.retention_days})"
    return f"kafka_timestamp < current_timestamp() - INTERVAL {table.retention_days} DAYS"
