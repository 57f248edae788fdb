"""A periodic table that reads Gold: what the tables say now, whatever woke it and however often."""

from __future__ import annotations

from dataclasses import replace

import pytest
from delta.tables import DeltaTable
from frames import START, frame, silver_of, table_named
from pyspark.sql import functions as F

from datasets.harmful_domains import FOLDS
from medallion.layers.fold import merge_state, recompute
from medallion.layers.periodic import PeriodicBatch, periodic_stream
from medallion.positions import Positions
from medallion.tables import ensure_tables, newest_version, path_of, schema_of


class ByCategory:
    """How many names of each category are active: read from Gold."""

    def recompute(self, facts):
        names = facts.others["gold.harmful_domains"].where("is_active")
        return names.select(F.explode("categories").alias("category")).groupBy("category").agg(F.count(F.lit(1)).alias("names"))

    def advance(self, _table, _new, _facts):
        raise AssertionError("a table that reads Gold is computed whole")


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
        ensure_tables(spark, self.lake, (self.silver, self.gold, self.table))

    def say(self, *facts):
        """What the state table's query makes of facts."""
        base = {"entry_type": "domain", "scope": "exact", "action": "block", "source": "s1", "reliability": 0.5, "event": "listed", "observed_at": START}
        rows = recompute(FOLDS["harmful_domains"], frame(self.spark, self.silver, [{**base, **fact} for fact in facts])).select(*schema_of(self.gold.ddl).names)
        merge_state(DeltaTable.forPath(self.spark, path_of(self.lake, self.gold)), rows.persist(), self.gold.key)

    def wake(self, before_write=lambda: None):
        batch = PeriodicBatch(
            self.table, ByCategory(), self.lake, self.silver, self.others, self.contracts.canary_source, lambda: "q", before_write, self.committed.append
        )
        self.batches += 1
        batch(self.spark.range(1).toDF("woken"), self.batches)

    def rows(self):
        return {row["category"]: row["names"] for row in self.spark.read.format("delta").load(path_of(self.lake, self.table)).collect()}


@pytest.fixture
def lake(spark, contracts, tmp_path):
    return GoldLake(spark, contracts, tmp_path)


A, B = {"name": "a.example", "category": "ads", "sequence": 1}, {"name": "b.example", "category": "ads", "sequence": 1}


def test_it_says_what_gold_says_now_and_a_row_that_gold_no_longer_gives_is_gone(lake):
    lake.say(A, B)
    lake.wake()
    assert lake.rows() == {"ads": 2}
    lake.say({**A, "category": "malware", "sequence": 2})
    lake.wake()
    assert lake.rows() == {"ads": 1, "malware": 1}
    lake.say({**B, "event": "delisted", "sequence": 2})
    lake.wake()
    assert lake.rows() == {"malware": 1}


def test_a_batch_that_is_repeated_or_was_killed_leaves_what_one_would_have(spark, lake):
    lake.say(A)

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lake.wake(killed)
    assert (lake.rows(), lake.committed) == ({}, [])
    lake.wake()
    version = newest_version(spark, path_of(lake.lake, lake.table))
    assert lake.committed == [version]
    lake.wake()
    assert lake.rows() == {"ads": 1}


def test_every_commit_of_gold_wakes_it_and_its_position_in_each_table_is_known(spark, lake, tmp_path):
    class Nowhere:
        pass

    positions = Positions(Nowhere(), "state", "job")
    woken = []

    def run_on():
        stream = periodic_stream(spark, lake.lake, lake.silver, lake.others)
        query = stream.writeStream.foreachBatch(lambda rows, _: woken.append(rows.count())).queryName("gold.by_category")
        query = query.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
        query.awaitTermination(120)
        if query.lastProgress:
            positions.note_progress(query.lastProgress)
        return len(woken)

    lake.say(A, B)
    assert run_on() == 1
    # An update rewrites a file: a stream of appends would pass over it.
    lake.say({**A, "category": "malware", "sequence": 2})
    assert run_on() == 2
    assert run_on() == 2, "nothing new"
    DeltaTable.forPath(spark, path_of(lake.lake, lake.gold)).optimize().executeCompaction()
    assert run_on() == 2, "compaction is no news"
    read = positions.read([])["gold.by_category"]["read"]
    assert set(read) == {"silver/harmful_domains", "gold/harmful_domains"}
    assert read["gold/harmful_domains"][0] >= 2
