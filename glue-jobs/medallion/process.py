"""A job's process: takes the leases, starts the queries of its layers, and ends as a whole.

A query that dies takes its job down: a living job never holds a dead query.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

import boto3
from pyspark.sql import SparkSession

from medallion.arguments import parse_arguments
from medallion.contracts import load_contracts
from medallion.driver import Driver
from medallion.generations import Catalog, DynamoGenerations, at_their_generations, generation_of
from medallion.handover import DynamoHandovers
from medallion.lease import DynamoLeaseStore, Holder, Lease, acquire, glue_run_state
from medallion.metrics import DATASETS_LEFT_OUT, Metrics
from medallion.positions import Positions
from medallion.progress import Minute, ProgressListener, workers_of
from medallion.queries import triggered
from medallion.session import log_to_stderr, session
from medallion.starting import start_layer
from medallion.tables import ensure_tables
from medallion.upkeep import DynamoUpkeep

log = logging.getLogger("medallion")

LEASE_CHECK_SECONDS = 5.0
FIRST_TRIGGER_SECONDS = 10.0
METRICS_SECONDS = 60.0


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


def tell_every_minute(spark: SparkSession, metrics: Metrics, minute: Minute, job: str, left_out: int) -> None:
    """Says what the run has to work with, what it did, and how many datasets it leaves out, in one call: CloudWatch bills calls too."""

    def tell() -> None:
        while True:
            try:
                metrics.put({"Job": job}, {**workers_of(spark), **minute.take(), DATASETS_LEFT_OUT: float(left_out)})
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
    upkeep, handovers = DynamoUpkeep(dynamo, arguments.state_table), DynamoHandovers(dynamo, arguments.state_table)
    driver = Driver(spark, arguments, contracts, leases, metrics, positions, upkeep, turns, handovers)
    left_out: set[str] = set()
    if driver.one_pass:
        for layer in arguments.layers:
            make_tables(driver, layer, Catalog(glue, arguments.database_prefix))
    for layer in arguments.layers:
        # Layer by layer, each once the one before has done its first batches: all at once, on a cold JVM, every one of them comes late.
        if not driver.one_pass:
            make_tables(driver, layer, Catalog(glue, arguments.database_prefix))
        left_out |= start_layer(driver, layer)
        await_first_triggers(spark)
    tell_every_minute(spark, metrics, minute, arguments.job_name, len(left_out))
    log.info("%d queries run", len(spark.streams.active))
    exit_code = await_end(spark, stopping, expected=len(spark.streams.active))
    positions.flush()
    for lease in leases.values():
        lease.release()
    logging.shutdown()
    os._exit(exit_code)


def make_tables(driver: Driver, layer: str, catalog: Catalog) -> None:
    """Makes a layer's tables, and points the catalog at them: a deploy that changes a table's columns points its row at the contract's path."""
    tables = driver.contracts.tables_of(layer)
    ensure_tables(driver.spark, driver.arguments.lake, tables)
    for table in tables:
        if generation_of(table) > 0 and catalog.point(table, driver.arguments.lake):
            log.info("pointed the catalog's row of %s at %s", table.full_name, table.path)


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
