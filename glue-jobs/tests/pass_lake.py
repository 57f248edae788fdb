"""A lake of harmful_domains in a folder whose topic is a Delta table, run in either layout by the drivers' own code."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace

from empty_tables import empty_tables
from silver_rows import AT, record

from datasets.harmful_domains import FOLDS
from medallion.driver import Driver
from medallion.handover import DynamoHandovers
from medallion.layers import bronze, passing, state
from medallion.layers.silver import query as silver
from medallion.tables import path_of, schema_of


class Store:
    """The state table, in memory."""

    def __init__(self):
        self.items = {}

    def get_item(self, *, TableName, Key, ConsistentRead=True):
        item = self.items.get(Key["pk"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, *, TableName, Item):
        self.items[Item["pk"]["S"]] = Item


class Positions:
    def __init__(self):
        self.told = {}

    def advance(self, query, **values):
        self.told.setdefault(query, {}).update(values)

    def carry(self, _query, _names):
        pass


class Kept:
    """Maintenance that never does anything."""

    def after_batch(self, _spark):
        return None


class Once(Driver):
    """A driver whose queries read what there is, and are waited for. The last one that it ran is `ran`."""

    ran = None

    def start(self, layer, name, _trigger, writer, query_id=None, *, reads, suffix=""):
        Once.ran = super().start(layer, name, None, writer, query_id, reads=reads, suffix=suffix)

    def maintenance(self, _writer, _tables):
        return Kept()


class PassLake:
    def __init__(self, spark, contracts, folder, monkeypatch):
        self.spark, self.contracts, self.folder = spark, contracts, str(folder)
        self.dataset = contracts.dataset("harmful_domains")
        self.table = next(table for table in self.dataset.gold_tables() if table.name == "harmful_domains")
        self.lake, self.topic, self.offset = f"{folder}/lake", f"{folder}/topic", 0
        self.store, self.positions = Store(), Positions()
        empty_tables(spark, self.lake, [*self.dataset.tables, contracts.ledger, contracts.canaries])
        monkeypatch.setattr(bronze, "stream_of", lambda *_: spark.readStream.format("delta").option("maxFilesPerTrigger", 1).load(self.topic))
        monkeypatch.setattr(bronze, "keep_beside", lambda *_: None)

    def driver(self):
        held = SimpleNamespace(assert_held=lambda: None)
        arguments = SimpleNamespace(
            lake=self.lake,
            checkpoints=f"{self.folder}/checkpoints",
            trigger_seconds=1.0,
            bronze_trigger_seconds=None,
            gold_trigger_seconds=None,
            background_trigger_seconds=None,
        )
        metrics = SimpleNamespace(put=lambda *_: None)
        leases = dict.fromkeys(("bronze", "silver", "gold"), held)
        upkeep, turns = SimpleNamespace(), threading.Semaphore(1)
        return Once(self.spark, arguments, self.contracts, leases, metrics, self.positions, upkeep, turns, DynamoHandovers(self.store, "state"))

    def send(self, *values):
        """Records into the topic, one batch of a query."""
        names = ("key", "value", "topic", "partition", "offset", "timestamp")
        rows = [(None, bytearray(value), self.dataset.topic, 0, self.offset + i, AT) for i, value in enumerate(values)]
        self.offset += len(values)
        types = "key binary, value binary, topic string, partition int, offset bigint, timestamp timestamp"
        frame = self.spark.createDataFrame(rows, types).select(*names)
        header = schema_of(self.dataset.table("bronze").ddl)["headers"].dataType
        frame.selectExpr("*", f"CAST(NULL AS {header.simpleString()}) AS headers").coalesce(1).write.format("delta").mode("append").save(self.topic)

    def one_pass(self):
        passing.start(self.driver(), self.dataset, FOLDS)

    def separate(self):
        bronze.start(self.driver(), self.dataset)
        silver.start(self.driver(), self.dataset, None)
        state.start(self.driver(), self.dataset, self.table, FOLDS["harmful_domains"])

    def rows(self, table, *without):
        return self.spark.read.format("delta").load(path_of(self.lake, table)).drop(*without)

    def held(self):
        """What the layers hold, but for when they were written."""
        tables = (*(self.dataset.table(layer) for layer in ("bronze", "silver", "quarantine")), self.table)
        return {table.full_name: sorted(map(str, self.rows(table, "ingested_at", "ingestion_date", "updated_at").collect())) for table in tables}

    def told(self):
        """What the ledger says: each offset that was told of, in order, and totals."""
        rows = self.rows(self.contracts.ledger).collect()
        offsets = sorted(offset for row in rows for span in row["offsets"] for offset in range(span["first_offset"], span["last_offset"] + 1))
        return offsets, {name: sum(row[name] for row in rows) for name in ("read", "inserted", "duplicate", "quarantined", "residual")}

    def handover(self, name):
        return json.loads(self.store.items[f"handover#{name}"]["handover"]["S"])


def batches():
    """Records of every outcome: new, repeated within a batch and across batches, malformed, changed."""
    return [
        [record("a.example", 1), record("b.example", 2), b"bad"],
        [record("a.example", 1), record("a.example", 3, event="delisted"), b"worse", record("c.example", 4)],
        [b'{"name": "\xff', record("c.example", 4), record("d.example", 5), record("d.example", 5)],
    ]
