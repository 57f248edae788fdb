"""State tables: what a batch writes and tells, and that no canary is in them."""

from __future__ import annotations

import json
from datetime import UTC, timedelta

import pytest
from delta.tables import DeltaTable
from empty_tables import empty_tables
from frames import START, frame, silver_of, table_named

from datasets.harmful_domains import FOLDS
from datasets.operations import FOLDS as OPERATIONS
from medallion.layers import ModuleBroken
from medallion.layers.fold import recompute
from medallion.layers.state import StateBatch, assert_fits_table, forget_canaries
from medallion.modules import module_of
from medallion.tables import CANARY_FREE, path_of, property_of, schema_of

FACT = {
    "entry_type": "domain", "name": "a.example", "scope": "exact", "action": "block", "category": "c", "reliability": 0.5, "event": "listed",
    "source": "s1", "sequence": 1, "observed_at": START, "topic": "t", "partition": 0, "offset": 1, "kafka_timestamp": START,
}  # fmt: skip


class StateLake:
    """gold.harmful_domains, its Silver and ops.canaries, in a folder."""

    def __init__(self, spark, contracts, folder):
        self.spark, self.contracts, self.lake = spark, contracts, str(folder)
        self.table, self.silver = table_named(contracts, "harmful_domains"), silver_of(contracts, "harmful_domains")
        self.canary = {**FACT, "name": "canary.invalid", "source": contracts.canary_source, "offset": 2}
        self.committed = []
        empty_tables(spark, self.lake, (self.table, self.silver, contracts.canaries))

    def step(self, facts, number, before_write=lambda: None):
        dataset = self.contracts.dataset("harmful_domains")
        canaries, source = self.contracts.canaries, self.contracts.canary_source
        batch = StateBatch(dataset, self.table, FOLDS[self.table.name], self.lake, canaries, source, lambda: "query", before_write, self.committed.append)
        batch(frame(self.spark, self.silver, facts), number)

    def names(self):
        return sorted(row["name"] for row in self.spark.read.format("delta").load(path_of(self.lake, self.table)).collect())

    def folded(self):
        rows = self.spark.read.format("delta").load(path_of(self.lake, self.contracts.canaries)).orderBy("batch_id", "kafka_timestamp").collect()
        return [(row["dataset"], row["folded_by"], row["kafka_timestamp"].replace(tzinfo=UTC), row["batch_id"]) for row in rows]

    def told(self):
        history = DeltaTable.forPath(self.spark, path_of(self.lake, self.table)).history().orderBy("version").collect()
        return [json.loads(row["userMetadata"])["records"] for row in history if row["userMetadata"] is not None]


@pytest.fixture
def lake(spark, contracts, tmp_path):
    return StateLake(spark, contracts, tmp_path)


def test_a_commit_says_how_many_records_it_was_made_of_and_a_batch_of_canaries_makes_none(lake):
    for number, facts in enumerate(([lake.canary], [FACT, lake.canary], [lake.canary])):
        lake.step(facts, number)
    assert lake.told() == [1]
    assert lake.committed == [1]


def test_a_canary_is_in_no_state_table_and_that_it_came_so_far_is_told_beside_it(lake):
    later = {**lake.canary, "kafka_timestamp": START + timedelta(hours=1), "offset": 3}
    lake.step([lake.canary, later, FACT], 0)
    lake.step([FACT], 1)
    assert lake.names() == ["a.example"]
    assert lake.folded() == [("harmful_domains", "gold.harmful_domains", START + timedelta(hours=1), 0)]
    # A batch that is seen again says it again: who looks for the newest finds the same.
    lake.step([lake.canary, later, FACT], 0)
    assert {row[2] for row in lake.folded()} == {START + timedelta(hours=1)}


def test_a_canary_is_not_told_where_its_batch_was_not_written(lake):
    def lost():
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError, match="lease lost"):
        lake.step([FACT, lake.canary], 0, lost)
    assert (lake.names(), lake.folded()) == ([], [])


def test_the_canary_of_an_older_release_is_taken_out_once_and_what_records_say_of_its_key_stays(spark, contracts, lake):
    fold, path = FOLDS["harmful_domains"], path_of(lake.lake, lake.table)
    (name, value), *_ = CANARY_FREE.items()
    assert property_of(spark, path, name) == value, "a table of today holds none"
    spark.sql(f"ALTER TABLE delta.`{path}` UNSET TBLPROPERTIES ('{name}')")
    # Somebody really lists the canary's name.
    real = {**FACT, "name": "canary.invalid"}
    facts = frame(spark, lake.silver, [FACT, real, lake.canary])
    facts.write.format("delta").mode("append").save(path_of(lake.lake, lake.silver))
    recompute(fold, facts).select(*schema_of(lake.table.ddl).names).write.format("delta").mode("append").save(path)
    assert forget_canaries(spark, lake.lake, lake.table, lake.silver, fold, contracts.canary_source)
    rows = spark.read.format("delta").load(path).collect()
    assert {row["name"]: [each["source"] for each in row["sources"]] for row in rows} == {"a.example": ["s1"], "canary.invalid": ["s1"]}
    assert not forget_canaries(spark, lake.lake, lake.table, lake.silver, fold, contracts.canary_source)


@pytest.mark.parametrize("name", ["harmful_domains", "source_status", "checks", "runs", "maintenance"])
def test_the_canarys_row_is_told_by_the_key_of_each_state_table(spark, contracts, name):
    table, silver = table_named(contracts, name), silver_of(contracts, name)
    dataset = next(each for each in contracts.datasets if table in each.tables)
    canary = {**dataset.canary, "kind": {"checks": "check", "runs": "run", "maintenance": "maintenance"}.get(name)}
    times = {field.name: START for field in schema_of(silver.ddl).fields if field.dataType.typeName() == "timestamp"}
    rows = recompute(module_of(dataset).folds[name], frame(spark, silver, [{**canary, **times}]))
    assert rows.where(table.canary_sql).count() == rows.count() == 1


def test_a_fold_that_does_not_fit_its_table_is_found_before_its_query_begins(spark, contracts):
    dataset, table = contracts.dataset("operations"), table_named(contracts, "checks")
    assert_fits_table(spark, dataset, table, OPERATIONS["checks"])
    with pytest.raises(ModuleBroken, match="datasets/operations: the fold of checks fails on empty tables: AnalysisException"):
        assert_fits_table(spark, dataset, table, FOLDS["harmful_domains"])
