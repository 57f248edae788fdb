"""Rebuild: a table computed anew stands beside the old one, is compared by key, and takes its place by generation."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from delta.tables import DeltaTable
from empty_tables import empty_tables
from pyspark.sql import functions as F

from medallion.contracts import Rule
from medallion.generations import Catalog, DynamoGenerations, at_their_generations, generation_of, path_at
from medallion.layers.bronze import starting_offsets
from medallion.rebuild.compare import Comparison, compare
from medallion.rebuild.compute import quarantine_of
from medallion.rebuild.job import LEASES, find_table, parse_arguments
from medallion.rebuild.successor import rebuild
from medallion.tables import path_of, schema_of


@pytest.fixture
def lake(spark, contracts, tmp_path):
    """A lake whose Bronze holds three listings, one of them of a name that a later rule refuses, and a record that is none."""
    dataset = contracts.dataset("harmful_domains")
    root = str(tmp_path)
    empty_tables(spark, root, dataset.tables)
    record = {
        "source": "s1",
        "entry_type": "domain",
        "scope": "exact",
        "action": "block",
        "event": "listed",
        "observed_at": "2026-01-01T00:00:00Z",
        "reliability": 0.5,
    }
    values = [json.dumps({**record, "name": name, "sequence": 1}) for name in ("a.example", "b.example", "a.example")] + ["{"]
    schema = schema_of(dataset.table("bronze").ddl)
    rows = [
        {
            "value": bytearray(value, "utf-8"),
            "headers": [],
            "topic": "harmful_domains",
            "partition": 0,
            "offset": i,
            **dict.fromkeys(("kafka_timestamp", "ingested_at")),
        }
        for i, value in enumerate(values)
    ]
    frame = spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)
    frame = frame.selectExpr(*[f"timestamp'2026-01-02' AS {name}" if name in ("kafka_timestamp", "ingested_at") else f"`{name}`" for name in schema.names])
    frame.write.format("delta").mode("append").save(path_of(root, dataset.table("bronze")))
    return root


def swapped(contracts, *tables):
    return at_their_generations(contracts, lambda table: 1 if table.full_name in tables else 0)


def names(spark, lake, table):
    return sorted(row["name"] for row in spark.read.format("delta").load(path_of(lake, table)).select("name").collect())


def test_silver_and_then_gold_are_made_anew_beside_the_old_ones(spark, contracts, lake):
    dataset, silver = find_table(contracts, "silver.harmful_domains")
    successor, first = rebuild(spark, contracts, dataset, silver, lake)
    assert (successor.path, first) == ("silver/harmful_domains@1", Comparison(same=0, different=0, only_old=0, only_new=2))
    assert (names(spark, lake, silver), names(spark, lake, successor)) == ([], ["a.example", "b.example"])
    # Again, not swapped meanwhile: the half-made one is overwritten.
    _, again = rebuild(spark, contracts, dataset, silver, lake)
    assert again == first

    held = swapped(contracts, "silver.harmful_domains")
    dataset, gold = find_table(held, "gold.harmful_domains")
    successor, _ = rebuild(spark, held, dataset, gold, lake)
    assert (successor.path, names(spark, lake, successor)) == ("gold/harmful_domains@1", ["a.example", "b.example"])
    held = swapped(contracts, "silver.harmful_domains", "gold.harmful_domains")
    dataset, gold = find_table(held, "gold.harmful_domains")
    successor, same = rebuild(spark, held, dataset, gold, lake)
    assert (successor.path, same) == ("gold/harmful_domains@2", Comparison(same=2, different=0, only_old=0, only_new=0))
    dataset, daily = find_table(held, "gold.harmful_domain_daily")
    assert rebuild(spark, held, dataset, daily, lake)[1].only_new == 1


def test_a_changed_rule_takes_rows_out_of_silver_and_into_quarantine(spark, contracts, lake):
    dataset, silver = find_table(contracts, "silver.harmful_domains")
    rebuild(spark, contracts, dataset, silver, lake)
    stricter = replace(dataset, rules=(*dataset.rules, Rule("no_b", "quarantine", "`name` = 'b.example'", "name", "matches")))
    changed = replace(contracts, datasets=tuple(stricter if each.name == dataset.name else each for each in contracts.datasets))
    held = swapped(changed, "silver.harmful_domains")
    dataset, silver = find_table(held, "silver.harmful_domains")
    successor, comparison = rebuild(spark, held, dataset, silver, lake)
    assert (comparison, names(spark, lake, successor)) == (Comparison(same=1, different=0, only_old=1, only_new=0), ["a.example"])
    quarantine_of(spark, held, dataset, lake)
    quarantine_of(spark, held, dataset, lake)
    quarantined = spark.read.format("delta").load(path_of(lake, dataset.table("quarantine"))).select("rule", "offset").collect()
    assert sorted((row["rule"], row["offset"]) for row in quarantined) == [("malformed", 3), ("no_b", 1)]


def rows_of(spark, path, *columns):
    return sorted(tuple(row) for row in spark.read.format("delta").load(path).select(*columns).collect())


def versions_of(spark, path):
    return DeltaTable.forPath(spark, path).history(1).first()["version"]


def test_silver_begins_with_an_old_versions_rows_and_holds_what_came_since(spark, contracts, lake):
    dataset, silver = find_table(contracts, "silver.harmful_domains")
    bronze = path_of(lake, dataset.table("bronze"))
    held, _ = rebuild(spark, contracts, dataset, silver, lake)
    contracts = swapped(contracts, "silver.harmful_domains")
    dataset, silver = find_table(contracts, "silver.harmful_domains")
    path = path_of(lake, silver)
    assert path == path_of(lake, held)
    # A row that Bronze has let go, since its retention is over: it is in the version alone.
    old = spark.read.format("delta").load(path).where("name = 'a.example'").withColumn("name", F.lit("old.example"))
    old.write.format("delta").mode("append").save(path)
    version = versions_of(spark, path)
    whole = rows_of(spark, path, "name", "sequence")
    # Then the accident, and records that come after it.
    DeltaTable.forPath(spark, path).delete("name <> 'b.example'")
    DeltaTable.forPath(spark, path).update("name = 'b.example'", {"category": F.lit("wrong")})
    late = spark.read.format("delta").load(bronze).where("offset = 1").withColumn("offset", F.lit(9).cast("bigint"))
    late = late.withColumn("value", F.expr("cast(replace(cast(value AS string), 'b.example', 'late.example') AS binary)"))
    late.write.format("delta").mode("append").save(bronze)

    restored, comparison = rebuild(spark, contracts, dataset, silver, lake, version)
    assert rows_of(spark, path_of(lake, restored), "name", "sequence") == sorted([*whole, ("late.example", 1)])
    assert comparison == Comparison(same=0, different=1, only_old=0, only_new=3)
    assert rows_of(spark, path_of(lake, restored), "category").count(("wrong",)) == 0


def test_gold_goes_on_from_an_old_version_over_all_of_silver(spark, contracts, lake):
    dataset, silver = find_table(contracts, "silver.harmful_domains")
    rebuild(spark, contracts, dataset, silver, lake)
    for name in ("gold.harmful_domains", "gold.harmful_domain_daily"):
        held = swapped(contracts, "silver.harmful_domains")
        dataset, gold = find_table(held, name)
        rebuild(spark, held, dataset, gold, lake)
        held = swapped(contracts, "silver.harmful_domains", name)
        dataset, gold = find_table(held, name)
        path = path_of(lake, gold)
        before, version = rows_of(spark, path, *gold.key), versions_of(spark, path)
        DeltaTable.forPath(spark, path).delete()
        restored, comparison = rebuild(spark, held, dataset, gold, lake, version)
        assert (rows_of(spark, path_of(lake, restored), *gold.key), comparison.only_new) == (before, len(before))
        assert rebuild(spark, held, dataset, gold, lake)[1].only_new == len(before), "and it is what a rebuild gives"


def test_bronze_gets_back_what_was_deleted_and_keeps_what_came(spark, contracts, lake):
    dataset, bronze = find_table(contracts, "bronze.harmful_domains", tuple(LEASES))
    path = path_of(lake, bronze)
    version, before = versions_of(spark, path), rows_of(spark, path, "offset", "value")
    DeltaTable.forPath(spark, path).delete("offset > 1")
    spark.read.format("delta").load(path).where("offset = 0").withColumn("offset", F.lit(7).cast("bigint")).write.format("delta").mode("append").save(path)
    restored, comparison = rebuild(spark, contracts, dataset, bronze, lake, version)
    assert rows_of(spark, path_of(lake, restored), "offset", "value") == sorted([*before, (7, before[0][1])])
    assert comparison == Comparison(same=3, different=0, only_old=0, only_new=2)
    # It is the writer's own table, of which it begins behind the highest offset.
    assert json.loads(starting_offsets(spark, path_of(lake, restored), "harmful_domains", 1)) == {"harmful_domains": {"0": 8}}


def test_bronze_is_restored_and_not_rebuilt(contracts):
    with pytest.raises(ValueError, match="bronze.harmful_domains cannot be rebuilt"):
        find_table(contracts, "bronze.harmful_domains")
    with pytest.raises(ValueError, match="quarantine.harmful_domains cannot be restored; known: bronze"):
        find_table(contracts, "quarantine.harmful_domains", tuple(LEASES))


def test_tables_are_compared_by_key_and_a_column_that_is_new_counts_as_null(spark):
    old = spark.createDataFrame([(1, "a"), (2, "b"), (3, None), (4, "d")], "id int, v string")
    new = spark.createDataFrame([(1, "a", None), (2, "x", None), (3, None, None), (5, "e", "n")], "id int, v string, w string")
    assert compare(old, new, ("id",), ("id", "v", "w")) == Comparison(same=2, different=1, only_old=1, only_new=1)


def test_a_table_that_no_layer_computes_is_named_with_those_that_are(contracts):
    with pytest.raises(ValueError, match=r"bronze.harmful_domains cannot be rebuilt; known: silver.harmful_domains, gold.harmful_domains"):
        find_table(contracts, "bronze.harmful_domains")
    given = ["--JOB_NAME", "j", "--JOB_RUN_ID", "r", "--lake", "l", "--contracts", "c", "--state-table", "t", "--table", "gold.x"]
    assert parse_arguments(given).swap == "no"


def test_a_generation_is_part_of_the_path_and_counts_on(contracts):
    table = contracts.dataset("harmful_domains").table("silver")
    assert [path_at(table, n) for n in (0, 1)] == ["silver/harmful_domains", "silver/harmful_domains@1"]
    second = replace(table, path=path_at(table, 2))
    assert (generation_of(table), generation_of(second), path_at(second, 3)) == (0, 2, "silver/harmful_domains@3")


class FakeDynamo:
    def __init__(self):
        self.items = {}

    def get_item(self, *, TableName, Key, ConsistentRead):
        item = self.items.get(Key["pk"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, *, TableName, Item):
        self.items[Item["pk"]["S"]] = Item


def test_the_state_table_says_which_generation_holds(contracts):
    generations = DynamoGenerations(FakeDynamo(), "state")
    table = contracts.dataset("harmful_domains").table("silver")
    assert generations.get(table) == 0
    generations.put(table, 3)
    held = at_their_generations(contracts, generations.get)
    assert held.dataset("harmful_domains").table("silver").path == "silver/harmful_domains@3"
    assert held.dataset("source_checks").table("silver").path == "silver/source_checks"


def test_the_catalogs_row_is_pointed_at_the_generation_that_holds_and_keeps_its_columns(contracts):
    class FakeGlue:
        updated = None

        def get_table(self, *, DatabaseName, Name):
            storage = {
                "Location": "s3://lake/silver/harmful_domains/",
                "Columns": ["c"],
                "SerdeInfo": {"SerializationLibrary": "s", "Parameters": {"path": "p", "x": "y"}},
            }
            return {"Table": {"Name": Name, "DatabaseName": DatabaseName, "CreateTime": "t", "Parameters": {"a": "b"}, "StorageDescriptor": storage}}

        def update_table(self, **call):
            self.updated = call

    glue = FakeGlue()
    table = contracts.dataset("harmful_domains").table("silver")
    assert Catalog(glue, "sluice_dev_").point(table, "s3a://lake") is False
    assert Catalog(glue, "sluice_dev_").point(replace(table, path="silver/harmful_domains@1"), "s3a://lake") is True
    location = "s3://lake/silver/harmful_domains@1/"
    storage = {"Location": location, "Columns": ["c"], "SerdeInfo": {"SerializationLibrary": "s", "Parameters": {"path": location, "x": "y"}}}
    assert glue.updated == {
        "DatabaseName": "sluice_dev_silver",
        "TableInput": {"Name": "harmful_domains", "Parameters": {"a": "b"}, "StorageDescriptor": storage},
    }
