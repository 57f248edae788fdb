"""Runs the streaming queries of one or more layers in one driver.

A query that dies takes its job down: a living job never holds a dead query.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import FrameType

import boto3
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import DataStreamWriter, StreamingQuery

from medallion.arguments import JobArguments, parse_arguments, trigger_of
from medallion.bronze import bronze_writer, has_offsets, kafka_options, kafka_source, starting_offsets, to_bronze
from medallion.contracts import Contracts, Dataset, Table, load_contracts
from medallion.generations import Catalog, DynamoGenerations, at_their_generations, generation_of
from medallion.gold_tables import computation_of, fold_of
from medallion.lease import DynamoLeaseStore, Holder, Lease, acquire, glue_run_state
from medallion.maintenance import Done, DynamoUpkeep, Maintenance, readers_have_read, record_of
from medallion.metrics import LEDGER_RESIDUAL, QUARANTINE_PERCENT, Metrics, Minute, ProgressListener, workers_of
from medallion.periodic import PeriodicBatch, periodic_stream
from medallion.positions import Positions
from medallion.silver import Counts, SilverBatch
from medallion.state import StateBatch
from medallion.tables import appends_of, ensure_tables, path_of

log = logging.getLogger("medallion")

LEASE_CHECK_SECONDS = 5.0
UPSTREAM_PATIENCE_SECONDS = 600.0
FIRST_TRIGGER_SECONDS = 10.0
# Of fewer records no share is told: one bad row of three is no rate.
RATE_RECORDS = 20
BRONZE_MAINTENANCE_SECONDS = 60.0
METRICS_SECONDS = 60.0
OPERATIONS = "operations"
# Every Silver query writes the ledger.
LEDGER_LOCK = threading.Lock()


def maintained(batch: Callable[[DataFrame, int], None], maintenance: Maintenance) -> Callable[[DataFrame, int], None]:
    """A batch function, and after each batch a step of maintenance where one is due."""

    def with_maintenance(rows: DataFrame, batch_id: int) -> None:
        batch(rows, batch_id)
        maintenance.after_batch(rows.sparkSession)

    return with_maintenance


def in_turn(batch: Callable[[DataFrame, int], None], turns: threading.Semaphore) -> Callable[[DataFrame, int], None]:
    """A batch function that waits for its turn. Periodic tables are woken at the same moment, and they are what can wait best."""

    def when_it_is_its_turn(rows: DataFrame, batch_id: int) -> None:
        with turns:
            batch(rows, batch_id)

    return when_it_is_its_turn


class QuarantineRate:
    """The part of the records that were quarantined, told once enough of them have come: several small batches count as one."""

    def __init__(self) -> None:
        self._read = self._quarantined = 0

    def add(self, counts: Counts) -> float | None:
        self._read += counts.read
        self._quarantined += counts.quarantined
        if self._read < RATE_RECORDS:
            return None
        percent = 100.0 * self._quarantined / self._read
        self._read = self._quarantined = 0
        return percent


class QueryId:
    """The checkpoint's id of a query, known once it has started; a batch that is earlier waits."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self._id = ""

    def set(self, query: StreamingQuery) -> None:
        self._id = str(query.id)
        self._known.set()

    def __call__(self) -> str:
        if not self._known.wait(timeout=60):
            raise RuntimeError("the query did not tell its id within 60 s")
        return self._id


@dataclass(frozen=True)
class Driver:
    """What the queries of one driver share."""

    spark: SparkSession
    arguments: JobArguments
    contracts: Contracts
    leases: dict[str, Lease]
    metrics: Metrics
    positions: Positions
    upkeep: DynamoUpkeep
    turns: threading.Semaphore

    def maintenance(self, writer: str, tables: tuple[Table, ...]) -> Maintenance:
        """What keeps the tables that one query writes."""
        own = self.arguments.optimise_after_commits
        return Maintenance(
            self.arguments.lake,
            tables if own is None else tuple(replace(table, optimise_after_commits=own) for table in tables),
            store=self.upkeep,
            may_vacuum=self.may_vacuum,
            before_write=self.leases[writer].assert_held,
            report=self.tell,
            lock=LEDGER_LOCK if self.contracts.ledger in tables else threading.Lock(),
        )

    def may_vacuum(self, table: Table) -> bool:
        """Silver is read by Gold's queries, perhaps of another job."""
        if table.layer != "silver":
            return True
        prefix = self.arguments.job_name.rpartition("-")[0]
        positions = self.positions.read([f"{prefix}-gold", f"{prefix}-combined"])
        return readers_have_read(positions, table, self.contracts.dataset(table.name).gold_tables())

    def tell(self, done: Done) -> None:
        """Tells of a step of maintenance, as others tell what they did: through Kafka."""
        key, value = record_of(done, self.arguments.run_id)
        row = self.spark.createDataFrame([(key, value)], "key string, value string")
        row.write.format("kafka").options(**kafka_options(self.arguments.bootstrap_servers, self.arguments.kafka_auth)).option("topic", OPERATIONS).save()

    def checkpoint(self, layer: str, name: str, reads: Table | None) -> str:
        generation = 0 if reads is None else generation_of(reads)
        return f"{self.arguments.checkpoints}/{layer}/{name}{f'@{generation}' if generation else ''}"

    def start(
        self, layer: str, name: str, trigger_seconds: float, writer: DataStreamWriter, query_id: QueryId | None = None, reads: Table | None = None
    ) -> None:
        """Starts a query. A stream cannot go on in another table: one that `reads` a rebuilt table has a checkpoint of that generation, and
        so has Bronze's, which writes one."""
        checkpoint = self.checkpoint(layer, name, reads)
        query = writer.queryName(f"{layer}.{name}").option("checkpointLocation", checkpoint).trigger(processingTime=f"{trigger_seconds} seconds").start()
        if query_id is not None:
            query_id.set(query)

    def start_bronze(self, dataset: Dataset) -> None:
        arguments, spark = self.arguments, self.spark
        table = dataset.table("bronze")
        # Only a query without a checkpoint asks where it begins; to find out, the whole table is read.
        offsets = "earliest"
        if not has_offsets(spark, self.checkpoint("bronze", dataset.name, table)):
            offsets = starting_offsets(spark, path_of(arguments.lake, table), dataset.topic, dataset.partitions)
        kafka = kafka_source(spark, dataset, arguments.bootstrap_servers, arguments.kafka_auth, offsets, arguments.max_offsets_per_trigger)
        # A restored table takes no offset twice: its query begins behind the highest that it holds.
        writer = bronze_writer(to_bronze(kafka), arguments.lake, dataset)
        self.start("bronze", dataset.name, trigger_of(arguments, "bronze", dataset), writer, reads=table)
        # The native sink has no place for it: a thread beside the query. Appends and compaction of what is there do not conflict.
        maintenance = self.maintenance("bronze", (table,))

        def keep() -> None:
            while True:
                time.sleep(BRONZE_MAINTENANCE_SECONDS)
                maintenance.after_batch(spark)

        threading.Thread(target=keep, name=f"maintenance-{dataset.name}", daemon=True).start()

    def start_silver(self, dataset: Dataset) -> None:
        spark, lake = self.spark, self.arguments.lake
        bronze = dataset.table("bronze")
        self.await_table(bronze)
        rows = appends_of(spark, lake, bronze)

        rate = QuarantineRate()

        def report(counts: Counts, offsets: dict[str, int], version: int | None) -> None:
            values = {LEDGER_RESIDUAL: float(abs(counts.residual))}
            percent = rate.add(counts)
            if percent is not None:
                values[QUARANTINE_PERCENT] = percent
            self.metrics.put({"Dataset": dataset.name}, values)
            self.positions.advance(f"silver.{dataset.name}", offsets=offsets, **({} if version is None else {"version": version}))

        query_id = QueryId()
        maintenance = self.maintenance("silver", (dataset.table("silver"), dataset.table("quarantine"), self.contracts.ledger))
        batch = SilverBatch(dataset, lake, self.contracts.ledger, self.contracts.canary_source, query_id, self.leases["silver"].assert_held, report)
        self.start(
            "silver",
            dataset.name,
            trigger_of(self.arguments, "silver", dataset),
            rows.writeStream.foreachBatch(maintained(batch, maintenance)),
            query_id,
            bronze,
        )

    def start_gold(self, dataset: Dataset) -> None:
        for table in dataset.gold_tables():
            self.await_table(dataset.table("silver"))
            if table.kind == "periodic":
                self.start_periodic(dataset, table)
            else:
                self.start_state(dataset, table)

    def start_state(self, dataset: Dataset, table: Table) -> None:
        lake = self.arguments.lake
        query_id = QueryId()
        batch = StateBatch(dataset, table, fold_of(table.name), lake, self.contracts.canary_source, query_id, self.leases["gold"].assert_held)
        facts = appends_of(self.spark, lake, dataset.table("silver"))
        self.start(
            table.layer,
            table.name,
            trigger_of(self.arguments, "gold", dataset),
            facts.writeStream.foreachBatch(maintained(batch, self.maintenance("gold", (table,)))),
            query_id,
            dataset.table("silver"),
        )

    def start_periodic(self, dataset: Dataset, table: Table) -> None:
        lake, own = self.arguments.lake, dataset.table("silver")
        others = {name: self.contracts.dataset(name).table("silver") for name in table.reads}
        for other in others.values():
            self.await_table(other)
        query_id = QueryId()
        batch = PeriodicBatch(table, computation_of(table.name), lake, own, others, self.contracts.canary_source, query_id, self.leases["gold"].assert_held)
        facts = periodic_stream(self.spark, lake, own, others)
        seconds = self.arguments.periodic_seconds or table.every_seconds or dataset.trigger_seconds
        newest = max([own, *others.values()], key=generation_of)
        self.start(
            table.layer,
            table.name,
            seconds,
            facts.writeStream.foreachBatch(in_turn(maintained(batch, self.maintenance("gold", (table,))), self.turns)),
            query_id,
            newest,
        )

    def await_table(self, table: Table) -> None:
        """Waits for a table that another driver makes.

        Raises:
            TimeoutError: its writer did not make it in ten minutes.
        """
        path = path_of(self.arguments.lake, table)
        deadline = time.monotonic() + UPSTREAM_PATIENCE_SECONDS
        while not DeltaTable.isDeltaTable(self.spark, path):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{table.full_name} is not there ({path}): is the job that writes {table.writer} running?")
            log.info("waiting for %s, which the %s job makes", table.full_name, table.writer)
            time.sleep(2)


# What PySpark asks the JVM for by these names, hundreds of times a batch.
JVM_NAMES = ("functions", "PythonUtils", "Column", "SparkSession", "PythonRDD", "SerDeUtil", "org", "py4j")


def log_to_stderr() -> None:
    """How every job logs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("py4j").setLevel(logging.WARNING)


def session(job_name: str) -> SparkSession:
    """The session; everything that differs between Glue and here comes in as --conf.

    Py4J looks a name up anew each time, package by package through every jar of the class path: a tenth of a small driver's time went
    there. An attribute of the view is found first.
    """
    spark = SparkSession.builder.appName(job_name).config("spark.sql.session.timeZone", "UTC").getOrCreate()
    jvm = spark.sparkContext._jvm
    for name in JVM_NAMES:
        setattr(jvm, name, getattr(jvm, name))
    return spark


def watch_leases(leases: Sequence[Lease], die: Callable[[str], None]) -> threading.Thread:
    """Checks the leases in the background: a driver whose lease was taken stops even while a batch runs."""

    def watch() -> None:
        while True:
            time.sleep(LEASE_CHECK_SECONDS)
            for lease in leases:
                try:
                    lease.assert_held()
                except RuntimeError as lost:
                    die(str(lost))
                except Exception:
                    # The store cannot be asked just now: before_write asks again before anything is written.
                    log.exception("lease %s could not be checked", lease.name)

    thread = threading.Thread(target=watch, name="lease-watch", daemon=True)
    thread.start()
    return thread


def tell_every_minute(spark: SparkSession, metrics: Metrics, minute: Minute, job: str) -> None:
    """Says what the run has to work with, and what it did, in one call: CloudWatch bills calls too."""

    def tell() -> None:
        while True:
            try:
                metrics.put({"Job": job}, {**workers_of(spark), **minute.take()})
            except Exception:
                log.exception("the workers could not be counted")
            time.sleep(METRICS_SECONDS)

    threading.Thread(target=tell, name="metrics", daemon=True).start()


def die(reason: str) -> None:
    """Ends the process at once, mid-batch if need be: the checkpoint makes that safe."""
    log.critical("%s", reason)
    logging.shutdown()
    os._exit(1)


def run(argv: Sequence[str], layers: Sequence[str]) -> None:
    """Entry point of every job: starts the queries of the layers and returns only by exiting."""
    log_to_stderr()
    arguments = parse_arguments(argv, layers)
    dynamo, glue = boto3.client("dynamodb"), boto3.client("glue")
    store = DynamoLeaseStore(dynamo, arguments.state_table)
    me = Holder(arguments.job_name, arguments.run_id)
    state_of = glue_run_state(glue)
    leases = {layer: acquire(store, layer, me, state_of, patience_seconds=arguments.lease_seconds) for layer in arguments.layers}
    # Under the leases: whoever swaps a table for a rebuilt one holds them meanwhile.
    contracts = at_their_generations(load_contracts(arguments.contracts, boto3.client("s3")), DynamoGenerations(dynamo, arguments.state_table).get)
    log.info("run %s holds the leases of %s", arguments.run_id, ", ".join(leases))

    spark = session(arguments.job_name)
    spark.sparkContext.setLogLevel("WARN")
    metrics = Metrics(boto3.client("cloudwatch"), arguments.metrics_namespace, contracts.metrics)
    minute = Minute()
    positions = Positions(dynamo, arguments.state_table, arguments.job_name)
    positions.load()
    ProgressListener(minute, positions.note_progress).add_to(spark)
    positions.keep_flushing()
    watch_leases(list(leases.values()), die)

    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    # Half of the cores at most are for periodic tables.
    turns = threading.Semaphore(max(1, spark.sparkContext.defaultParallelism // 2))
    driver = Driver(spark, arguments, contracts, leases, metrics, positions, DynamoUpkeep(dynamo, arguments.state_table), turns)
    starters = {"bronze": driver.start_bronze, "silver": driver.start_silver, "gold": driver.start_gold}
    for layer in arguments.layers:
        # Layer by layer, each once the one before has done its first batches: all at once, on a cold JVM, every one of them comes late.
        ensure_tables(spark, arguments.lake, contracts.tables_of(layer))
        for table in contracts.tables_of(layer):
            # A deploy that changes a table's columns points its row at the path of the contract again.
            if generation_of(table) > 0 and Catalog(glue, arguments.database_prefix).point(table, arguments.lake):
                log.info("pointed the catalog's row of %s at %s", table.full_name, table.path)
        for dataset in contracts.datasets:
            starters[layer](dataset)
        await_first_triggers(spark)
    tell_every_minute(spark, metrics, minute, arguments.job_name)
    log.info("%d queries run", len(spark.streams.active))
    exit_code = await_end(spark, stopping, expected=len(spark.streams.active))
    positions.flush()
    for lease in leases.values():
        lease.release()
    logging.shutdown()
    os._exit(exit_code)


def triggered(query: StreamingQuery) -> bool:
    """Whether a query has been through a trigger. One that found nothing has told no progress: it waits."""
    return query.lastProgress is not None or str(query.status["message"]).startswith("Waiting")


def await_first_triggers(spark: SparkSession) -> None:
    """Waits until each query has been through a trigger, or for a few seconds: a long first batch holds up no other layer."""
    deadline = time.monotonic() + FIRST_TRIGGER_SECONDS
    while time.monotonic() < deadline and not all(triggered(query) for query in spark.streams.active):
        time.sleep(0.1)


def await_end(spark: SparkSession, stopping: threading.Event, expected: int) -> int:
    """Waits until a query dies (1) or the job is told to stop (0)."""
    while not stopping.wait(timeout=1.0):
        active = spark.streams.active
        if len(active) < expected:
            try:
                spark.streams.awaitAnyTermination(1)
                log.critical("a query ended by itself; stopping the job so that it is started again")
            except Exception as failure:
                log.critical("a query died; stopping the job so that it is started again: %s", failure)
            return 1
    for query in spark.streams.active:
        query.stop()
    log.info("stopped as told")
    return 0
