"""A batch folded into a state table: which rows are marked, read and written, and that every way gives the same rows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from empty_tables import empty_tables
from frames import START, frame, silver_of, table_named
from numbers_lake import NumbersLake, names

from datasets.harmful_domains import FOLDS
from datasets.harmful_domains.lists.tiers import as_of_table
from medallion.layers import folded, touched
from medallion.layers.fold import recompute
from medallion.layers.folded import fold_into
from medallion.layers.touched import is_one_of, sayable
from medallion.layout import layout_of
from medallion.tables import newest_version, path_of, schema_of


def few_are_many(monkeypatch):
    monkeypatch.setattr(touched, "MOST_KEYS", 2)
    monkeypatch.setattr(folded, "MOST_KEYS", 2)


def test_a_table_goes_from_small_to_large_and_back_without_losing_a_row(spark, contracts, tmp_path, monkeypatch):
    lake = NumbersLake(spark, contracts, tmp_path)
    lake.say(names(40), 1)
    lake.say([*names(40)[3:5], "new.example"], 2)
    assert (lake.layout().files, lake.layout().deleted) == (1, 0), "a small table is written anew"
    monkeypatch.setattr(folded, "SMALL_TABLE", lake.bytes())
    data = set(Path(lake.path).glob("*.parquet"))
    lake.say([*names(40)[4:7], "another.example"], 3)
    assert (lake.layout().files, lake.layout().deleted) == (2, 3), "a large one has its rows marked"
    assert data < set(Path(lake.path).glob("*.parquet"))
    monkeypatch.setattr(folded, "SMALL_TABLE", lake.bytes() + 1)
    lake.say([*names(40)[5:8], "third.example"], 4)
    assert lake.layout().deleted == 0, "small again, it is written without those that were marked"
    assert lake.read() == lake.full()


def test_a_real_fold_gives_the_rows_of_all_facts_by_each_way_and_an_export_reads_them(spark, contracts, tmp_path, monkeypatch):
    monkeypatch.setattr(folded, "SMALL_TABLE", 0)
    table, silver, fold = table_named(contracts, "harmful_domains"), silver_of(contracts, "harmful_domains"), FOLDS["harmful_domains"]
    base = {
        "entry_type": "domain", "scope": "exact", "action": "block", "category": "c", "reliability": 0.5, "event": "listed",
        "source": "s1", "sequence": 1, "observed_at": START, "topic": "t", "partition": 0, "kafka_timestamp": START,
    }  # fmt: skip
    empty_tables(spark, tmp_path, (table,))
    path, said, columns = path_of(str(tmp_path), table), [], schema_of(table.ddl).names

    def say(some, **fact):
        facts = [{**base, "name": name, "offset": len(said) + i, **fact} for i, name in enumerate(some)]
        said.extend(facts)
        fold_into(spark, path, table, fold, frame(spark, silver, facts), len(facts), lambda: None)

    say(names(10))
    say([*names(3), "new.example"], event="delisted", sequence=2)
    assert layout_of(spark, path).deleted == 3
    few_are_many(monkeypatch)
    say(names(5)[2:], source="s2", category="d")
    assert layout_of(spark, path).deleted > 3
    held = spark.read.format("delta").option("versionAsOf", newest_version(spark, path)).load(path)
    full = recompute(fold, frame(spark, silver, said)).select(*columns)
    assert held.select(*columns).orderBy(*table.key).collect() == full.orderBy(*table.key).collect()
    listed, should = (as_of_table(rows, START + timedelta(days=1), contracts.canary_source, None).where("is_active") for rows in (held, full))
    assert sorted(row["name"] for row in listed.select("name").collect()) == sorted(row["name"] for row in should.select("name").collect()) == names(10)[2:]


def test_more_facts_than_a_table_has_rows_are_written_with_it_in_order_and_fewer_in_files_that_are_brought_in_order(spark, contracts, tmp_path, monkeypatch):
    few_are_many(monkeypatch)
    monkeypatch.setattr(folded, "MERGING", {**folded.MERGING, "spark.sql.files.maxRecordsPerFile": "10"})
    lake = NumbersLake(spark, contracts, tmp_path)
    lake.say(names(10)[::-1], 1)
    assert (lake.layout().files, lake.in_its_files()) == (1, names(10))
    version = lake.version()
    lake.say(names(10) * 2, 1)
    assert lake.version() == version, "facts that change no row are no commit"
    lake.say(names(25)[:4:-1], 2)
    assert (lake.layout().files, lake.layout().deleted, lake.in_its_files()) == (1, 0, names(25))
    lake.say(names(45)[:23:-1], 3)
    assert (lake.layout().files, lake.layout().deleted, lake.layout().is_in_order) == (4, 1, False)
    assert lake.read() == lake.full()


@pytest.mark.parametrize("many", [2_000, 20_000])
def test_what_is_read_for_a_few_keys_does_not_grow_with_the_table(spark, contracts, tmp_path, many):
    lake = NumbersLake(spark, contracts, tmp_path)
    lake.hold(many, files=4)
    chosen = spark.read.format("delta").load(lake.path).where("name LIKE '6%'").select("name").limit(3).collect()
    found = spark.read.format("delta").load(lake.path).where(is_one_of(("name",), chosen))
    assert len(found.collect()) == 3
    scan = found._jdf.queryExecution().executedPlan().collectLeaves().apply(0)
    assert (lake.layout().files, scan.metrics().apply("numFiles").value()) == (4, 1)
    assert 3 <= scan.metrics().apply("numOutputRows").value() <= 3 * 100


def test_a_condition_names_the_rows_of_its_keys_and_no_other(spark):
    keys = [("a'b", "x"), ("a\\b", "y"), ("\u00fc", "x"), ("c", "z"), ('"', "$")]
    table = spark.createDataFrame([*keys, ("a'b", "y"), ("c", "x"), ("d", "z")], "subject string, run_id string")
    for few in (keys, keys[:1], keys[:2]):
        chosen = spark.createDataFrame(few, table.schema).collect()
        assert sorted(tuple(row) for row in table.where(is_one_of(("subject", "run_id"), chosen)).collect()) == sorted(few)
    assert not sayable(spark.createDataFrame([(None, "x")], table.schema).collect())
    assert not sayable(chosen * (touched.MOST_KEYS + 1))
    dated = spark.sql("SELECT DATE'2026-11-01' AS day, 7 AS n UNION ALL SELECT DATE'2026-11-02', 7")
    assert dated.where(is_one_of(("day", "n"), dated.limit(1).collect())).count() == 1
