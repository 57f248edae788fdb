"""Compaction, retention and VACUUM by the writer, within its budget."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from empty_tables import empty_tables
from pyspark.sql import functions as F

from medallion.maintenance import Maintenance, expiry_condition
from medallion.positions import readers_have_read
from medallion.tables import path_of, version_of
from medallion.upkeep import record_of


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Store:
    def __init__(self):
        self.at = {}

    def vacuumed(self, table):
        return self.at.get(table.full_name, 0.0)

    def set_vacuumed(self, table, at):
        self.at[table.full_name] = at


@pytest.fixture
def status(contracts):
    table = next(table for table in contracts.dataset("source_checks").gold_tables() if table.name == "source_status")
    return replace(table, optimise_after_commits=5)


class Kept:
    """A table with one small file a commit, and what keeps it."""

    def __init__(self, spark, lake, table, may_vacuum=lambda _table: True):
        self.spark, self.lake, self.table = spark, str(lake), table
        self.clock, self.store, self.told = Clock(), Store(), []
        # A table of today has nothing to vacuum.
        self.store.at[table.full_name] = self.clock.now
        empty_tables(spark, self.lake, (table,))
        self.maintenance = Maintenance(
            self.lake,
            (table,),
            store=self.store,
            may_vacuum=may_vacuum,
            before_write=lambda: None,
            report=self.told.append,
            lock=threading.Lock(),
            clock=self.clock,
        )

    def commit(self, name):
        path = path_of(self.lake, self.table)
        rows = self.spark.range(1).select(F.lit(name).alias("source"))
        rows.write.format("delta").mode("append").save(path)

    def batch(self, seconds=100.0):
        self.clock.now += seconds
        return self.maintenance.after_batch(self.spark)

    def rows(self):
        return sorted(row["source"] for row in self.spark.read.format("delta").load(path_of(self.lake, self.table)).collect())

    def files(self):
        return len(self.spark.read.format("delta").load(path_of(self.lake, self.table)).inputFiles())


def test_small_files_are_compacted_after_so_many_commits_and_no_row_changes(spark, status, tmp_path):
    kept = Kept(spark, tmp_path, replace(status, kind="periodic"))
    assert kept.batch() is None
    for i in range(5):
        kept.commit(f"s{i}")
    spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", json.dumps({"query": "q", "batch": 1, "counts": {}}))
    done = kept.batch()
    assert (done.step, done.figures["files_removed"], kept.files(), kept.rows()) == ("optimise", 5, 1, [f"s{i}" for i in range(5)])
    assert kept.told == [done]
    history = spark.sql(f"DESCRIBE HISTORY delta.`{path_of(kept.lake, status)}`").first()
    assert (history["operation"], history["userMetadata"]) == ("OPTIMIZE", None), "not taken for a batch's commit"
    assert kept.batch() is None, "nothing is due"


def test_a_state_table_is_brought_in_order_and_its_deleted_rows_are_purged(spark, status, tmp_path):
    kept = Kept(spark, tmp_path, status)
    assert kept.batch() is None
    path = path_of(kept.lake, status)
    spark.createDataFrame([("d",), ("b",)], "source string").coalesce(1).write.format("delta").mode("append").save(path)
    for name in ("c", "a", "e"):
        kept.commit(name)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE source = 'b'")
    spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", json.dumps({"query": "q", "batch": 1}))
    done = kept.batch()
    assert (done.step, done.figures["files_after"], done.figures["deleted_after"]) == ("optimise", 1, 0)
    assert [row["source"] for row in spark.read.format("delta").load(path).collect()] == ["a", "c", "d", "e"]
    assert spark.sql(f"DESCRIBE HISTORY delta.`{path}`").first()["userMetadata"] is None, "not taken for a batch's commit"


def test_maintenance_never_takes_more_than_a_tenth_of_the_time(spark, status, tmp_path):
    kept = Kept(spark, tmp_path, replace(status, optimise_after_commits=1))
    kept.batch(0.0)
    kept.commit("a")
    assert kept.batch(10.0) is None, "5 s are guessed at, 1 s is allowed"
    done = kept.batch(100.0)
    assert done is not None
    kept.commit("b")
    # A step that took long is not taken again before its time has been earned.
    kept.maintenance._upkeep[0].seconds["optimise"] = 60.0
    assert kept.batch(100.0) is None
    assert kept.batch(1_000.0) is not None


def test_vacuum_waits_for_its_hours_and_for_the_readers(spark, status, tmp_path):
    ready = [False]
    kept = Kept(spark, tmp_path, status, may_vacuum=lambda _table: ready[0])
    assert kept.batch() is None
    assert kept.batch(25 * 3600.0) is None, "a reader still needs the files"
    ready[0] = True
    assert kept.batch().step == "vacuum"
    assert kept.store.at[status.full_name] == kept.clock.now
    assert kept.batch(3600.0) is None


def test_a_table_seen_for_the_first_time_has_nothing_to_vacuum(spark, status, tmp_path):
    kept = Kept(spark, tmp_path, status)
    kept.store.at.clear()
    assert kept.batch() is None
    assert kept.store.at == {status.full_name: kept.clock.now}


def test_a_failure_holds_up_no_batch(spark, status, tmp_path, caplog):
    kept = Kept(spark, tmp_path, replace(status, optimise_after_commits=1))
    kept.batch()
    kept.commit("a")
    kept.maintenance._before_write = lambda: (_ for _ in ()).throw(RuntimeError("lease lost"))
    assert kept.batch() is None
    assert "maintenance failed" in caplog.text


def test_retention_drops_whole_dates_of_bronze(spark, contracts, tmp_path):
    bronze = replace(contracts.dataset("source_checks").table("bronze"), retention_days=30)
    empty_tables(spark, tmp_path, (bronze,))
    path = path_of(str(tmp_path), bronze)
    days = spark.createDataFrame([(0,), (29,), (31,), (400,)], "age int")
    days.select(F.expr("date_sub(current_date(), age)").alias("ingestion_date"), F.lit(b"x").alias("value")).write.format("delta").mode("append").save(path)
    kept = Kept(spark, tmp_path, bronze)
    kept.batch()
    done = kept.batch(3_700.0)
    assert (done.step, done.figures) == ("expire", {"expired": 1})
    assert spark.read.format("delta").load(path).count() == 2
    assert expiry_condition(replace(bronze, layer="silver")) == "kafka_timestamp < current_timestamp() - INTERVAL 30 DAYS"


def test_a_reader_has_read_silver_where_it_is_past_its_last_commit(contracts):
    dataset = contracts.dataset("source_checks")
    silver, readers = dataset.table("silver"), dataset.gold_tables()

    def read(version, at):
        return readers_have_read(
            {"silver.source_checks": {"version": version}, **({} if at is None else {"gold.source_status": {"version": at}})}, silver, readers
        )

    def read_by_path(at):
        own = {"version": [9, 0], "read": {} if at is None else {"silver/source_checks": at}}
        return readers_have_read({"silver.source_checks": {"version": 7}, "gold.source_status": own}, silver, readers)

    assert [read_by_path([8, -1]), read_by_path([7, -1]), read_by_path(None)] == [True, False, False]
    # Gold that is read by Gold: by its own last commit.
    gold, reader = readers[0], replace(readers[0], name="summary")
    of_gold = {"gold.source_status": {"commit": 5, "version": [99, 0]}, "gold.summary": {"read": {"gold/source_status": [5, 0]}}}
    assert readers_have_read(of_gold, gold, (reader,))
    assert not readers_have_read({**of_gold, "gold.source_status": {"commit": 6}}, gold, (reader,))
    assert [read(7, [8, -1]), read(7, [7, 0]), read(7, [7, -1]), read(7, [3, 2]), read(7, None)] == [True, True, False, False, False]
    assert not readers_have_read({}, silver, readers)


def test_what_was_done_is_a_record_of_operations(spark, status, tmp_path, contracts):
    kept = Kept(spark, tmp_path, replace(status, optimise_after_commits=1))
    kept.batch()
    kept.commit("a")
    key, value = record_of(kept.batch(), "run-1")
    record = json.loads(value)
    assert set(record) == {"kind", "subject", "run_id", "source", "started_at", "finished_at", "state", "summary", "details"}
    assert json.loads(key) == [record[name] for name in contracts.dataset("operations").key]
    assert (record["kind"], record["subject"], record["state"]) == ("maintenance", "gold.source_status", "ok")
    assert Path(path_of(kept.lake, status)).exists()
    assert version_of(spark, path_of(kept.lake, status)) > 0
