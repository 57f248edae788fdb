"""A periodic table that reads Gold, and that Gold, in a folder."""

from __future__ import annotations

from dataclasses import replace

from delta.tables import DeltaTable
from empty_tables import empty_tables
from frames import START, frame, silver_of, table_named
from pyspark.sql import functions as F

from datasets.harmful_domains import FOLDS
from medallion.layers.fold import merge_state, recompute
from medallion.layers.periodic import PeriodicBatch
from medallion.tables import path_of, schema_of


class ByCategory:
    """How many names of each category are active: read from Gold."""

    def recompute(self, facts):
        names = facts.others["gold.harmful_domains"].where("is_active")
        return names.select(F.explode("categories").alias("category")).groupBy("category").agg(F.count(F.lit(1)).alias("names"))


class GoldLake:
    def __init__(self, spark, contracts, folder):
        self.spark, self.contracts, self.lake = spark, contracts, str(folder)
        self.silver, self.gold = silver_of(contracts, "harmful_domains"), table_named(contracts, "harmful_domains")
        daily = table_named(contracts, "harmful_domain_daily")
        ddl = "`category` string, `names` bigint"
        self.table = replace(daily, name="by_category", path="gold/by_category", key=("category",), ddl=ddl, reads=("gold.harmful_domains",))
        self.others = contracts.others_of(self.table)
        self.committed = []
        self.batches = 0
        empty_tables(spark, self.lake, (self.silver, self.gold, self.table))

    def say(self, *facts):
        """What the state table's query makes of facts."""
        base = {"entry_type": "domain", "scope": "exact", "action": "block", "source": "s1", "reliability": 0.5, "event": "listed", "observed_at": START}
        rows = recompute(FOLDS["harmful_domains"], frame(self.spark, self.silver, [{**base, **fact} for fact in facts])).select(*schema_of(self.gold.ddl).names)
        merge_state(DeltaTable.forPath(self.spark, path_of(self.lake, self.gold)), rows.persist(), self.gold.key)

    def batch(self, before_write=lambda: None):
        return PeriodicBatch(
            self.table, ByCategory(), self.lake, self.silver, self.others, self.contracts.canary_source, lambda: "q", before_write, self.committed.append
        )

    def wake(self, before_write=lambda: None):
        self.batches += 1
        self.batch(before_write)(self.spark.range(1).toDF("woken"), self.batches)

    def rows(self):
        return {row["category"]: row["names"] for row in self.spark.read.format("delta").load(path_of(self.lake, self.table)).collect()}


A, B = {"name": "a.example", "category": "ads", "sequence": 1}, {"name": "b.example", "category": "ads", "sequence": 1}
