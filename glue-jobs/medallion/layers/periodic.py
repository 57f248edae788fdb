"""Gold periodic tables: brought up to date, whole or by what came, where new facts came since the last time.

The stream only wakes the table. What it counts is Silver up to a version that the table itself holds, written with its rows in one
commit: facts are counted once however often a batch is repeated, wherever a checkpoint stands. A table that holds no such version, as
after a rebuild, is computed from all facts; so is one whose Silver does not tell any more what came since.

A table that reads Gold, or that has no way to go on, is computed whole each time, from the tables as they then are: Gold has no change feed,
and its rows change. It is woken by every commit of what it reads, its own Silver's and Gold's. Nothing is added to what it held, so that a
batch that is repeated, or was killed before its commit, gives what one batch would have; what a commit brought that came while a batch ran
wakes the next one. A commit that changes no row, as OPTIMIZE's, wakes it too, by a batch without rows, as does one that takes out whole
files: the log tells which.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import reduce

from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from medallion.arguments import JobArguments, trigger_of
from medallion.contracts import Contracts, Dataset, Table
from medallion.driver import Driver
from medallion.layers.facts import Advanced, Recomputed, advanced, facts_of, without_canaries
from medallion.layers.fit import assert_fits, empty
from medallion.layers.fold import merge_state
from medallion.queries import QueryId, in_turn, maintained
from medallion.sizing import by_size, sized
from medallion.tables import (
    TXN_APP_ID,
    TXN_VERSION,
    USER_METADATA,
    appends_of,
    changes_of,
    changes_rows,
    inserted_between,
    last_transaction,
    newest_version,
    path_of,
    schema_of,
    version_of,
)

log = logging.getLogger(__name__)

# Delta's own word that a change feed is not whole, and Spark's of a file that is gone.
UNREADABLE_FEED = ("[DELTA_", "FileNotFoundException")


def counted_by(own: Table) -> str:
    """Under what name a table holds up to which version of its Silver table it counts: another name for each generation."""
    return f"counted:{own.path}"


def periodic_stream(spark: SparkSession, lake: str, own: Table, others: Mapping[str, Table]) -> DataFrame:
    """What wakes the table: that its own Silver, or another table that it reads, has news. Their rows are not read."""
    streams = [(appends_of if table.layer == "silver" else changes_of)(spark, lake, table) for table in (own, *others.values())]
    return reduce(DataFrame.unionByName, [stream.select(F.lit(True).alias("woken")) for stream in streams])


class PeriodicBatch:
    """The foreachBatch function of one periodic table."""

    def __init__(
        self,
        table: Table,
        computation: Recomputed,
        lake: str,
        own: Table,
        others: Mapping[str, Table],
        canary_source: str,
        query_id: Callable[[], str],
        before_write: Callable[[], None],
        committed: Callable[[int], None] = lambda _version: None,
    ) -> None:
        """`committed` is told the version of a commit that the batch made."""
        self._committed = committed
        self._table = table
        self._canary_source = canary_source
        self._computation = computation
        self._lake = lake
        self._own = own
        self._others = others
        self._query_id = query_id
        self._before_write = before_write
        # Where it reads Gold: the versions that it was computed from last, by path.
        self._computed: dict[str, int] = {}

    def __call__(self, woken_by: DataFrame, batch_id: int) -> None:
        spark = woken_by.sparkSession
        path = path_of(self._lake, self._table)
        before = version_of(spark, path)
        goes_on = advanced(self._computation, self._others)
        if goes_on is None:
            self._compute(spark, batch_id)
        else:
            self._count(spark, batch_id, goes_on)
        after = version_of(spark, path)
        if after != before:
            self._committed(after)

    def _compute(self, spark: SparkSession, batch_id: int) -> None:
        """The whole table from the tables as they are, where their rows are others than when it was computed last."""
        # Before their rows are read: what comes in between is seen once more.
        versions = {path: newest_version(spark, path) for path in (path_of(self._lake, each) for each in (self._own, *self._others.values()))}
        if all(path in self._computed and not changes_rows(spark, path, self._computed[path]) for path in versions):
            return

        def read(table: Table) -> DataFrame:
            return spark.read.format("delta").load(path_of(self._lake, table))

        with sized(spark, self._rows_of_all(read)):
            facts = facts_of(read, self._own, self._others, self._canary_source)
            rows = self._computation.recompute(facts).select(*schema_of(self._table.ddl).names).persist()
            try:
                spark.conf.set(USER_METADATA, json.dumps({"query": self._query_id(), "batch": batch_id}))
                self._before_write()
                merge_state(DeltaTable.forPath(spark, path_of(self._lake, self._table)), rows, self._table.key, whole=True)
            finally:
                spark.conf.unset(USER_METADATA)
                rows.unpersist()
        self._computed = versions

    def _rows_of_all(self, read: Callable[[Table], DataFrame]) -> int:
        """How many rows are read where the table is computed whole. Delta counts them by its log alone."""
        return sum(read(table).count() for table in (self._own, *self._others.values()))

    def _count(self, spark: SparkSession, batch_id: int, computation: Advanced) -> None:
        """What the table holds, and with it the facts that it does not count yet."""
        path, own_path, app_id = path_of(self._lake, self._table), path_of(self._lake, self._own), counted_by(self._own)
        until = newest_version(spark, own_path)

        def read(table: Table) -> DataFrame:
            reader = spark.read.format("delta")
            return (reader.option("versionAsOf", str(until)) if table is self._own else reader).load(path_of(self._lake, table))

        facts = facts_of(read, self._own, self._others, self._canary_source)
        table = read(self._table)
        counted = last_transaction(spark, path, app_id)
        new = None if counted is None else self._new_facts(spark, own_path, counted, until)
        settings = {
            USER_METADATA: json.dumps({"query": self._query_id(), "batch": batch_id}),
            # Where only other tables have news there is no new version to hold, and Delta would skip the write.
            **({} if counted == until else {TXN_APP_ID: app_id, TXN_VERSION: str(until)}),
        }
        if new is None:
            with sized(spark, self._rows_of_all(read)):
                self._write(spark, computation.recompute(facts), settings)
            return
        try:
            self._write(spark, computation.advance(table, new, facts), settings)
        finally:
            new.unpersist()

    def _write(self, spark: SparkSession, rows: DataFrame, settings: Mapping[str, str]) -> None:
        rows = rows.select(*schema_of(self._table.ddl).names).persist()
        try:
            # Facts that change no row are counted too: else the next batch would read them again, perhaps after VACUUM.
            if TXN_VERSION not in settings and rows.isEmpty():
                return
            for name, value in settings.items():
                spark.conf.set(name, value)
            self._before_write()
            merge_state(DeltaTable.forPath(spark, path_of(self._lake, self._table)), rows, self._table.key)
        finally:
            # The session is the query's: what maintenance writes after the batch must not be taken for a repeat of it.
            for name in settings:
                spark.conf.unset(name)
            rows.unpersist()

    def _new_facts(self, spark: SparkSession, own_path: str, counted: int, until: int) -> DataFrame | None:
        """The facts that the table does not count yet, persisted; None where the change feed cannot be read, which another try would not
        change: a foreign commit took a file out without saying what was in it, or VACUUM took one that nobody had read."""
        new = without_canaries(inserted_between(spark, own_path, counted, until), self._canary_source)
        try:
            new.persist().count()
        except (Py4JJavaError, PySparkException) as failure:
            new.unpersist()
            reason = next((line for line in str(failure).splitlines() if any(sign in line for sign in UNREADABLE_FEED)), None)
            if reason is None:
                raise
            names = (self._table.full_name, self._own.full_name)
            log.warning("%s is computed from all facts: the change feed of %s behind version %d cannot be read: %.300s", *names, counted, reason)
            return None
        return new


def assert_fits_table(spark: SparkSession, contracts: Contracts, dataset: Dataset, table: Table, computation: Recomputed) -> None:
    """Raises ModuleBroken where the computation does not give the table's columns."""
    facts = facts_of(lambda each: empty(spark, each), dataset.table("silver"), contracts.others_of(table), contracts.canary_source)
    assert_fits(f"datasets/{dataset.name}: the computation of {table.name}", table.ddl, lambda: computation.recompute(facts))


def seconds_between(arguments: JobArguments, dataset: Dataset, table: Table) -> float:
    """Seconds between two times that a periodic table is brought up to date: the job's own, else the contract's; in the background no
    oftener than its dataset's other queries look."""
    seconds = arguments.periodic_seconds or table.every_seconds or dataset.trigger_seconds
    return max(seconds, trigger_of(arguments, "gold", dataset)) if dataset.background else seconds


def start(driver: Driver, dataset: Dataset, table: Table, computation: Recomputed) -> None:
    lake, own, contracts = driver.arguments.lake, dataset.table("silver"), driver.contracts
    others = contracts.others_of(table)
    for other in others.values():
        driver.await_table(other)
    query_id = QueryId()
    batch = PeriodicBatch(
        table,
        computation,
        lake,
        own,
        others,
        contracts.canary_source,
        query_id,
        driver.leases["gold"].assert_held,
        lambda version: driver.positions.advance(table.full_name, commit=version),
    )
    driver.start(
        table.layer,
        table.name,
        seconds_between(driver.arguments, dataset, table),
        periodic_stream(driver.spark, lake, own, others).writeStream.foreachBatch(
            # What wakes a table that is computed whole is not counted: its rows are not read.
            in_turn(maintained(by_size(batch) if advanced(computation, others) else batch, driver.maintenance("gold", (table,))), driver.turns)
        ),
        query_id,
        reads=(own, *others.values()),
    )
