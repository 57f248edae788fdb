"""Who reads on: a layer's own query, or the one pass of a dataset that carries its records through all layers (layers/one_pass.py).

An item of the state table for each table that is written from another: `handover#LAYER.NAME`. While a pass carries, it names the pass's
checkpoint. What takes the table back completes what the pass had begun, and its own query begins behind that, with a checkpoint of its own:
nothing is read twice, and the ledger tells no record twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import reduce
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from medallion.contracts import Table
from medallion.layers.silver.batch import SilverBatch
from medallion.tables import last_transaction, newest_version, path_of, version_of

# How far a commit is looked for before the whole log is read.
DEPTHS = (50, 1_000, None)


@dataclass(frozen=True)
class Handover:
    """`reads` is the path of the table that is read, in its generation. `carrier` is the id of the pass's checkpoint, empty where the
    table's own query reads: from the version `since` on, where that is known, of each Kafka partition what is behind `offsets`."""

    reads: str
    carrier: str = ""
    since: int | None = None
    offsets: Mapping[str, int] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What its own query's checkpoint is told apart by."""
        return "" if self.since is None else f"~{self.since}"


class DynamoHandovers:
    """Handovers in the state table (DynamoDB)."""

    def __init__(self, client: Any, state_table: str) -> None:
        self._client = client
        self._state_table = state_table

    def _key(self, table: Table) -> dict[str, Any]:
        return {"pk": {"S": f"handover#{table.full_name}"}}

    def get(self, table: Table, read: Table) -> Handover:
        """What holds for a table in the generation of what it reads: another generation is read from its beginning."""
        item = self._client.get_item(TableName=self._state_table, Key=self._key(table), ConsistentRead=True).get("Item")
        found = Handover(**json.loads(item["handover"]["S"])) if item else Handover(read.path)
        return found if found.reads == read.path else Handover(read.path)

    def put(self, table: Table, handover: Handover) -> None:
        self._client.put_item(TableName=self._state_table, Item={**self._key(table), "handover": {"S": json.dumps(asdict(handover))}})


@dataclass(frozen=True)
class Carried:
    """A commit of a pass: its version, the number of its batch, and what it says of offsets."""

    version: int
    batch: int
    first: Mapping[str, int]
    last: Mapping[str, int]


def carried_by(spark: SparkSession, path: str, carrier: str, batch_id: int | None = None) -> Carried | None:
    """The newest commit that a pass made in a table, or that of one of its batches; None where there is none."""
    table = DeltaTable.forPath(spark, path)
    for depth in DEPTHS:
        history = table.history() if depth is None else table.history(depth)
        rows = history.select("version", "userMetadata").where(F.col("userMetadata").contains(carrier)).orderBy(F.desc("version")).collect()
        for row in rows:
            said = json.loads(row["userMetadata"])
            if said.get("query") == carrier and batch_id in (None, said.get("batch")):
                return Carried(row["version"], said["batch"], said.get("first", {}), said.get("last", {}))
        if depth is not None and version_of(spark, path) < depth:
            return None
    return None


def _of(partition: str, condition: Column) -> Column:
    return (F.col("partition") == int(partition)) & condition


def rows_carried(spark: SparkSession, path: str, batch: Carried) -> DataFrame:
    """The rows of Bronze that a pass's batch brought."""
    ranges = [_of(each, F.col("offset").between(first, batch.last[each])) for each, first in batch.first.items()]
    return spark.read.format("delta").option("versionAsOf", batch.version).load(path).where(reduce(lambda a, b: a | b, ranges))


def behind(rows: DataFrame, offsets: Mapping[str, int]) -> DataFrame:
    """Rows of Bronze whose offsets are higher than those, per partition."""
    return reduce(lambda kept, each: kept.where(~_of(each, F.col("offset") <= offsets[each])), offsets, rows)


def take_back_silver(spark: SparkSession, lake: str, ledger: Table, bronze: Table, handover: Handover, batch_of: Callable[[str], SilverBatch]) -> Handover:
    """Completes what a pass had begun of Silver.

    Args:
        batch_of: a batch function of Silver by the id that it writes under.

    Returns:
        Where Silver's own query begins.
    """
    newest = carried_by(spark, path_of(lake, bronze), handover.carrier)
    if newest is None:
        return Handover(handover.reads, "", handover.since, handover.offsets)
    newest_version(spark, path_of(lake, ledger))
    told = last_transaction(spark, path_of(lake, ledger), f"{handover.carrier}:ledger")
    if told is None or told < newest.batch:
        batch_of(handover.carrier)(rows_carried(spark, path_of(lake, bronze), newest), newest.batch)
    return Handover(handover.reads, "", newest.version, newest.last)


def take_back_gold(spark: SparkSession, lake: str, silver: Table, handover: Handover) -> Handover:
    """Where a state table's own query begins: with the newest commit that the pass made in Silver. Folded twice it is what it was."""
    newest = carried_by(spark, path_of(lake, silver), handover.carrier)
    return Handover(handover.reads, "", handover.since if newest is None else newest.version)
