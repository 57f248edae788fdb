"""What the queries of one driver share: the session, the leases, who is told, and how a query is started."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql.streaming import DataStreamWriter, StreamingQuery

from medallion.arguments import LAYERS, JobArguments
from medallion.contracts import Contracts, Table
from medallion.generations import generation_of
from medallion.handover import DynamoHandovers
from medallion.kafka import kafka_options
from medallion.lease import Lease
from medallion.maintenance import Maintenance
from medallion.metrics import Metrics
from medallion.positions import Positions, readers_have_read
from medallion.queries import QueryId
from medallion.tables import path_of
from medallion.upkeep import Done, DynamoUpkeep, record_of

log = logging.getLogger("medallion")

UPSTREAM_PATIENCE_SECONDS = 600.0
OPERATIONS = "operations"
# Tables of the rails that several queries of a driver write: one of them maintains each at a time.
SHARED_LOCKS = {"ops.ledger": threading.Lock(), "ops.canaries": threading.Lock()}


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
    handovers: DynamoHandovers

    @property
    def one_pass(self) -> bool:
        """Whether a dataset's batch goes through all layers in one function: where one driver runs them all."""
        return set(self.arguments.layers) == set(LAYERS)

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
            lock=next((SHARED_LOCKS[table.full_name] for table in tables if table.full_name in SHARED_LOCKS), None) or threading.Lock(),
        )

    def may_vacuum(self, table: Table) -> bool:
        """Silver and Gold are read by other queries, perhaps of another job."""
        readers = self.contracts.read_by(table)
        if not readers:
            return True
        prefix = self.arguments.job_name.rpartition("-")[0]
        positions = self.positions.read([f"{prefix}-silver", f"{prefix}-gold", f"{prefix}-combined"])
        return readers_have_read(positions, table, readers)

    def tell(self, done: Done) -> None:
        """Tells of a step of maintenance, as others tell what they did: through Kafka."""
        key, value = record_of(done, self.arguments.run_id)
        row = self.spark.createDataFrame([(key, value)], "key string, value string")
        row.write.format("kafka").options(**kafka_options(self.arguments.bootstrap_servers, self.arguments.kafka_auth)).option("topic", OPERATIONS).save()

    def checkpoint(self, layer: str, name: str, *reads: Table) -> str:
        """Where a query keeps how far it has come. A stream cannot go on in another table: where one that it reads was rebuilt, it has
        another checkpoint, of as many generations as there were."""
        generation = sum(map(generation_of, reads))
        return f"{self.arguments.checkpoints}/{layer}/{name}{f'@{generation}' if generation else ''}"

    def start(
        self,
        layer: str,
        name: str,
        trigger_seconds: float | None,
        writer: DataStreamWriter,
        query_id: QueryId | None = None,
        *,
        reads: tuple[Table, ...],
        suffix: str = "",
    ) -> StreamingQuery:
        """Starts a query that `reads` tables; Bronze's, which reads Kafka, names the table that it writes. Without a trigger it reads what
        is there, and is waited for."""
        checkpoint = self.checkpoint(layer, name, *reads) + suffix
        named = writer.queryName(f"{layer}.{name}").option("checkpointLocation", checkpoint)
        triggered = named.trigger(availableNow=True) if trigger_seconds is None else named.trigger(processingTime=f"{trigger_seconds} seconds")
        query = triggered.start()
        if query_id is not None:
            query_id.set(query)
        if trigger_seconds is None:
            query.awaitTermination()
            self.spark.streams.resetTerminated()
        return query

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
