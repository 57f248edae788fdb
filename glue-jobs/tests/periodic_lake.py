"""A periodic table and what it reads, in a folder."""

from __future__ import annotations

from empty_tables import empty_tables
from frames import START, frame, table_named

from datasets.harmful_domains import COMPUTATIONS
from medallion.layers.facts import facts_of
from medallion.layers.periodic import PeriodicBatch
from medallion.tables import path_of, schema_of


class PeriodicLake:
    """A periodic table and the Silver tables that it reads, in a folder; `wake` is a batch of its query."""

    def __init__(self, spark, contracts, name, folder):
        dataset = next(dataset for dataset in contracts.datasets if any(table.name == name for table in dataset.gold_tables()))
        self.spark, self.contracts, self.lake, self.name = spark, contracts, str(folder), name
        self.table, self.own = table_named(contracts, name), dataset.table("silver")
        self.others = contracts.others_of(self.table)
        self.batches = 0
        empty_tables(spark, self.lake, [self.table, self.own, *self.others.values()])

    def append(self, rows, table=None):
        table = table or self.own
        partitions = [{"topic": table.name, "partition": 0, "offset": i, "kafka_timestamp": START, **row} for i, row in enumerate(rows)]
        frame(self.spark, table, partitions).write.format("delta").mode("append").save(path_of(self.lake, table))

    def wake(self, before_write=lambda: None, computation=None):
        computation = computation or COMPUTATIONS[self.name]
        batch = PeriodicBatch(self.table, computation, self.lake, self.own, self.others, self.contracts.canary_source, lambda: "q", before_write)
        self.batches += 1
        batch(self.read(self.own), self.batches)

    def read(self, table):
        return self.spark.read.format("delta").load(path_of(self.lake, table))

    def rows(self):
        names = schema_of(self.table.ddl).names
        return self.read(self.table).select(*names).orderBy(*self.table.key).collect()

    def full(self):
        facts = facts_of(self.read, self.own, self.others, self.contracts.canary_source)
        return COMPUTATIONS[self.name].recompute(facts).select(*schema_of(self.table.ddl).names).orderBy(*self.table.key).collect()


class OnlyRecomputed:
    """A computation that cannot go on from what the table holds."""

    def __init__(self, name):
        self.recompute = COMPUTATIONS[name].recompute


class NeverRecomputed:
    """A computation that may go on from what the table holds, and from nothing else."""

    def __init__(self, name):
        self.advance = COMPUTATIONS[name].advance

    def recompute(self, _facts):
        raise AssertionError("computed from all facts")
