"""A lake with derived datasets: what names are made of (labels), and of those their letters; and a table that reads Gold."""

from __future__ import annotations

from dataclasses import replace

from empty_tables import empty_tables
from frames import START, frame
from pyspark.sql import functions as F

from medallion.contracts import Dataset, Rule, Table
from medallion.layers.derived import PARENT, DerivedBatch
from medallion.tables import path_of

PLACE = "`topic` string, `partition` int, `offset` bigint, `kafka_timestamp` timestamp, `ordinal` bigint"


def labels(silver):
    """A row per label of a name of more than one; of an address none."""
    parts = F.when(F.col("entry_type") == "domain", F.split("name", "[.]"))
    return silver.select(PARENT, F.explode(parts).alias("label"), F.size(parts).alias("of"))


def letters(silver):
    return silver.select(PARENT, F.explode(F.split("label", "")).alias("letter"))


def derived_dataset(like: Dataset, name, parent, fields, rules=(), own=()) -> Dataset:
    """A dataset as contracts/base-tables.ts makes one of a derivation."""
    table = like.table("silver")

    def made(layer, ddl, key) -> Table:
        return replace(table, layer=layer, name=name, path=f"{layer}/{name}", key=key, ddl=ddl, kind="fact")

    key = ("topic", "partition", "offset", "ordinal")
    silver = made("silver", f"{fields}, {PLACE}, `run_id` string, `warnings` array<string>", key)
    quarantine = made("quarantine", f"`value` string, {PLACE}, `rule` string, `reason` string", (*key, "rule"))
    return replace(
        like,
        name=name,
        topic="",
        partitions=0,
        derived_from=parent,
        record_ddl=fields,
        key=key,
        rules=tuple(rules),
        tables=(silver, quarantine, *own),
        canary=None,
    )


def with_derived(contracts):
    """The contracts with two derived datasets more, one of the other."""
    like = contracts.dataset("harmful_domains")
    no_com = Rule("no_com", "quarantine", "`label` <=> 'com'", "label", "inSet")
    first = derived_dataset(like, "labels", "harmful_domains", "`label` string, `of` int, `source` string", [no_com])
    second = derived_dataset(like, "letters", "labels", "`letter` string, `source` string")
    return replace(contracts, datasets=(*contracts.datasets, first, second))


DERIVE = {"labels": labels, "letters": letters}


class DerivedLake:
    """The Silver of harmful_domains and what is derived of it, in a folder; `step` is a batch of a derived dataset's query."""

    def __init__(self, spark, contracts, folder):
        self.spark, self.lake = spark, str(folder)
        self.contracts = with_derived(contracts)
        self.reported = []
        self.offset = 0
        tables = [
            table
            for name in ("harmful_domains", "labels", "letters")
            for table in self.contracts.dataset(name).tables
            if table.layer in ("silver", "quarantine")
        ]
        empty_tables(spark, self.lake, [*tables, contracts.ledger])

    def facts(self, *names, **more):
        """Rows of the parent's Silver, appended as its query does."""
        table = self.contracts.dataset("harmful_domains").table("silver")
        rows = []
        for name in names:
            rows.append({
                "entry_type": "domain", "name": name, "source": "s1", "run_id": "run-1", "topic": "t", "partition": 0, "offset": self.offset,
                "kafka_timestamp": START, **more,
            })  # fmt: skip
            self.offset += 1
        made = frame(self.spark, table, rows)
        made.write.format("delta").mode("append").save(path_of(self.lake, table))
        return made

    def step(self, name, read, batch_id, query_id="q1", before_write=lambda: None):
        dataset = self.contracts.dataset(name)
        shared = (self.lake, self.contracts.ledger, self.contracts.canary_source, lambda: query_id, before_write, lambda *told: self.reported.append(told))
        DerivedBatch(dataset, DERIVE[name], *shared)(read, batch_id)

    def read(self, name, layer="silver"):
        return self.spark.read.format("delta").load(path_of(self.lake, self.contracts.dataset(name).table(layer)))

    def rows(self, name="labels", layer="silver", columns=("offset", "ordinal", "label", "of", "source", "run_id")):
        return sorted(tuple(row) for row in self.read(name, layer).select(*columns).collect())

    def ledger(self):
        rows = self.spark.read.format("delta").load(path_of(self.lake, self.contracts.ledger)).orderBy("dataset", "query_id", "batch_id").collect()
        names = ("read", "produced", "none", "inserted", "duplicate", "quarantined", "dropped", "canaries", "residual")
        return [tuple(row[name] for name in names) for row in rows]
