"""Periodic tables: every fact counted once, whatever wakes them, dies, or goes missing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from frames import START, frame
from listings import history
from periodic_lake import NeverRecomputed, OnlyRecomputed, PeriodicLake

from datasets.harmful_domains import COMPUTATIONS
from medallion.generations import path_at
from medallion.layers.facts import facts_of
from medallion.layers.periodic import counted_by
from medallion.tables import appends_of, ensure_tables, last_transaction, newest_version, path_of


def test_a_table_that_cannot_go_on_by_new_facts_is_computed_whole(spark, contracts, tmp_path):
    lake = PeriodicLake(spark, contracts, "harmful_domain_daily", tmp_path)
    for name in ("a.example", "b.example"):
        lake.append(history(("listed", 0), ("delisted", 1), name=name))
        lake.wake(computation=OnlyRecomputed(lake.name))
        assert lake.rows() == lake.full() != []


@pytest.mark.parametrize("name", sorted(COMPUTATIONS))
def test_a_periodic_table_counts_every_fact_once_whatever_woke_it_and_however_often(spark, contracts, tmp_path, name):
    lake = PeriodicLake(spark, contracts, name, tmp_path)
    lake.append(history(("listed", 0), ("delisted", 2)))
    lake.wake()
    assert lake.rows() == lake.full() != []

    # A batch that is repeated, and one that was killed between its commit and the end of the batch while Silver went on.
    once = NeverRecomputed(name)
    lake.wake(computation=once)
    lake.append(history(("listed", 1), name="b.example"))
    lake.wake(computation=once)
    lake.append(history(("listed", 0), name="c.example", source="s2"))
    lake.append([{**history(("listed", 1), name="canary.invalid")[0], "source": contracts.canary_source}])
    lake.wake(computation=once)
    lake.wake(computation=once)
    assert lake.rows() == lake.full()
    assert contracts.canary_source not in {row["source"] for row in lake.rows()}

    # One that dies before its commit leaves nothing behind.
    lake.append(history(("listed", 3), name="d.example"))

    def killed():
        raise KeyboardInterrupt

    before = lake.rows()
    with pytest.raises(KeyboardInterrupt):
        lake.wake(before_write=killed)
    assert lake.rows() == before
    # Compaction and what retention takes away are no facts.
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).optimize().executeCompaction()
    lake.wake(computation=once)
    assert lake.rows() == lake.full() != before
    held = lake.rows()
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).delete("name = 'd.example'")
    if name == "harmful_domain_daily":
        lake.wake(computation=once)
        assert lake.rows() == held


def test_a_table_that_does_not_say_what_it_counts_is_computed_from_all_facts(spark, contracts, tmp_path):
    """As rebuild leaves one, and as drivers of before made them."""
    lake = PeriodicLake(spark, contracts, "harmful_domain_daily", tmp_path)
    lake.append(history(("listed", 0), ("delisted", 2)))
    frame(spark, lake.table, [row.asDict() for row in lake.full()]).write.format("delta").mode("append").save(path_of(lake.lake, lake.table))
    lake.append(history(("listed", 1), name="b.example"))
    lake.wake()
    assert lake.rows() == lake.full()
    lake.append(history(("listed", 3), name="c.example"))
    lake.wake(computation=NeverRecomputed("harmful_domain_daily"))
    assert lake.rows() == lake.full()
    # Another generation of Silver counts from its own beginning.
    lake.own = replace(lake.own, path=path_at(lake.own, 1))
    ensure_tables(spark, lake.lake, [lake.own])
    lake.append(history(("listed", 0), ("delisted", 2), ("listed", 3)))
    lake.wake()
    by_key = {(row["date"], row["source"], row["category"]): row for row in lake.rows()}
    assert all(by_key[row["date"], row["source"], row["category"]] == row for row in lake.full())


def take_file_out(lake):
    """Somebody takes a file out of a Silver table's log, as writers may: with no more than its path."""
    path = path_of(lake.lake, lake.own)
    file = Path(lake.read(lake.own).inputFiles()[0]).name
    commit = Path(path) / "_delta_log" / f"{newest_version(lake.spark, path) + 1:020}.json"
    commit.write_text(json.dumps({"remove": {"path": file, "deletionTimestamp": 1, "dataChange": True}}), encoding="utf-8")


def compact_and_vacuum(lake):
    """What VACUUM must not take, and took: files that compaction has replaced, with facts that nobody has counted."""
    path = path_of(lake.lake, lake.own)
    replaced = lake.read(lake.own).inputFiles()
    DeltaTable.forPath(lake.spark, path).optimize().executeCompaction()
    for file in replaced:
        (Path(path) / Path(file).name).unlink()


@pytest.mark.parametrize(
    ("accident", "told"), [(take_file_out, "DELTA_REMOVE_FILE_CDC_MISSING_EXTENDED_METADATA"), (compact_and_vacuum, "FileNotFoundException")]
)
@pytest.mark.parametrize("name", sorted(COMPUTATIONS))
def test_where_silvers_change_feed_cannot_be_read_the_table_is_computed_from_all_facts(spark, contracts, tmp_path, caplog, name, accident, told):
    lake = PeriodicLake(spark, contracts, name, tmp_path)
    lake.append(history(("listed", 0)))
    lake.wake()
    lake.append(history(("listed", 0), name="b.example"))
    lake.append(history(("listed", 0), name="c.example"))
    accident(lake)
    lake.wake()
    assert told in caplog.text
    assert lake.rows() == lake.full() != []
    # Once: then it goes on from what the table holds.
    lake.append(history(("listed", 0), name="d.example"))
    lake.wake(computation=NeverRecomputed(name))
    assert lake.rows() == lake.full()


def test_a_stream_of_facts_goes_on_over_what_is_deleted_and_gives_every_later_fact(spark, contracts, tmp_path):
    """Retention and people delete rows, of files that hold others too; a stream that stopped there would never go on."""
    lake = PeriodicLake(spark, contracts, "harmful_domain_daily", tmp_path / "lake")
    seen = []

    def read_on():
        facts = appends_of(spark, lake.lake, lake.own)
        keep = facts.writeStream.foreachBatch(lambda rows, _: seen.extend(row["name"] for row in rows.collect()))
        keep.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start().awaitTermination()

    lake.append([*history(("listed", 0), name="a.example"), *history(("listed", 0), name="b.example")])
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).optimize().executeCompaction()
    read_on()
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).delete("name = 'a.example'")
    lake.append(history(("listed", 0), name="c.example"))
    read_on()
    take_file_out(lake)
    lake.append(history(("listed", 0), name="d.example"))
    read_on()
    assert sorted(seen) == ["a.example", "b.example", "c.example", "d.example"]


def test_facts_that_change_no_row_are_not_read_again(spark, contracts, tmp_path):
    lake = PeriodicLake(spark, contracts, "harmful_domain_daily", tmp_path)
    silver = path_of(lake.lake, lake.own)
    for batch in range(2):
        lake.append(history(("listed", 0), name=f"{batch}.example", action="allow"))
        lake.wake(computation=COMPUTATIONS[lake.name] if batch == 0 else NeverRecomputed(lake.name))
        assert last_transaction(spark, path_of(lake.lake, lake.table), counted_by(lake.own)) == newest_version(spark, silver)
    assert lake.rows() == []


def test_a_source_that_was_only_checked_has_its_figures_renewed(spark, contracts, tmp_path):
    lake = PeriodicLake(spark, contracts, "source_quality", tmp_path)
    lake.append(history(("listed", 0)))
    lake.wake()
    checks = lake.others["source_checks"]
    for hour, lines in enumerate([90, 100]):
        lake.append([{"source": "s1", "run_id": f"r{hour}", "started_at": START + timedelta(hours=hour), "lines": lines, "rejects": 1}], checks)
        lake.wake(computation=NeverRecomputed("source_quality"))
        assert [(row["source"], row["lines"]) for row in lake.rows()] == [("s1", lines)]


def test_canaries_are_in_no_table_that_counts(spark, contracts):
    silver = contracts.dataset("harmful_domains").table("silver")
    rows = spark.createDataFrame([("a",), (contracts.canary_source,)], "source string")
    facts = facts_of(lambda _table: rows, silver, {"source_checks": contracts.dataset("source_checks").table("silver")}, contracts.canary_source)
    assert [row["source"] for row in facts.own.collect()] == ["a"]
    assert [row["source"] for row in facts.others["source_checks"].collect()] == ["a"]
