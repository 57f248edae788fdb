"""Derived datasets: none, one or many rows of each, exactly once, by the same rules, accounted for."""

from __future__ import annotations

import json

import pytest
from cases import generated
from delta.tables import DeltaTable
from derivations import DerivedLake, labels
from folding import side_by_side, slices_of
from hypothesis import strategies as st
from pyspark.sql import functions as F

import medallion.layers.derived as derived_module
import medallion.layers.silver.batch as batch_module
from medallion.layers import ModuleBroken
from medallion.layers.derived import PARENT, SPAN, TOO_MANY, assert_derives, derived_rows
from medallion.layers.silver.outcomes import silver_rows, with_outcome
from medallion.layers.silver.writes import CheckpointSetBack
from medallion.tables import path_of, schema_of


@pytest.fixture
def lake(spark, contracts, tmp_path):
    return DerivedLake(spark, contracts, tmp_path)


def test_of_a_row_many_are_made_one_or_none_and_each_says_where_it_comes_from(lake):
    lake.step("labels", lake.facts("b.a.example", "localhost").unionByName(lake.facts("203.0.113.9", entry_type="ip")), 0)
    # In the order of what they say.
    assert lake.rows() == [
        (0, 0, "a", 3, "s1", "run-1"),
        (0, 1, "b", 3, "s1", "run-1"),
        (0, 2, "example", 3, "s1", "run-1"),
        (1, 0, "localhost", 1, "s1", "run-1"),
    ]
    assert lake.ledger() == [(3, 4, 1, 4, 0, 0, 0, 0, 0)]
    counts, offsets, version = lake.reported[0]
    assert (counts.residual, offsets, version) == (0, {}, 1)


def test_a_derived_row_that_breaks_a_rule_is_set_aside_whole_with_its_parent_and_ordinal(lake):
    lake.step("labels", lake.facts("a.com", "b.example"), 0)
    assert lake.rows(columns=("offset", "ordinal", "label")) == [(0, 0, "a"), (1, 0, "b"), (1, 1, "example")]
    (aside,) = lake.rows(layer="quarantine", columns=("value", "topic", "partition", "offset", "ordinal", "rule", "reason"))
    assert json.loads(aside[0]) == {"label": "com", "of": 2, "source": "s1"}
    assert aside[1:] == ("t", 0, 0, 1, "no_com", "label breaks inSet: com")
    assert lake.ledger() == [(2, 4, 0, 3, 0, 1, 0, 0, 0)]


def test_a_batch_of_which_nothing_is_made_is_accounted_for_and_commits_nothing(lake):
    lake.step("labels", lake.facts("203.0.113.9", entry_type="ip"), 0)
    assert (lake.rows(), lake.ledger(), lake.reported[0][2]) == ([], [(1, 0, 1, 0, 0, 0, 0, 0, 0)], None)


def test_canaries_pass_on_and_are_in_no_count(spark, lake, contracts):
    canary = lake.facts("canary.invalid", source=contracts.canary_source)
    lake.step("labels", lake.facts("a.example").unionByName(canary), 0)
    assert [(row[2], row[4]) for row in lake.rows()] == [("canary", "_canary"), ("invalid", "_canary"), ("a", "s1"), ("example", "s1")]
    assert lake.ledger() == [(1, 2, 0, 2, 0, 0, 0, 1, 0)]
    lake.step("labels", canary, 1)
    assert len(lake.rows()) == 4, "a canary is inserted once, too"
    assert lake.ledger()[1] == (0, 0, 0, 0, 0, 0, 0, 1, 0)


def test_the_parents_source_passes_on_whatever_the_derivation_says(lake, monkeypatch):
    from derivations import DERIVE

    monkeypatch.setitem(DERIVE, "labels", lambda silver: labels(silver).withColumn("source", F.lit("somebody")))
    lake.step("labels", lake.facts("a.example"), 0)
    assert {row[4] for row in lake.rows()} == {"s1"}


def test_a_row_derived_from_derived_rows_has_an_ordinal_of_its_own(lake):
    lake.step("labels", lake.facts("ab.c"), 0)
    lake.step("letters", lake.read("labels"), 0)
    rows = lake.rows("letters", columns=("offset", "ordinal", "letter"))
    assert rows == [(0, 0, "a"), (0, 1, "b"), (0, SPAN, "c")]


def test_more_rows_than_an_ordinal_holds_are_set_aside(lake, monkeypatch):
    monkeypatch.setattr(derived_module, "SPAN", 2)
    derived_module._placed_columns.cache_clear()
    try:
        lake.step("labels", lake.facts("a.b.c"), 0)
    finally:
        derived_module._placed_columns.cache_clear()
    assert [row[2] for row in lake.rows()] == ["a", "b"]
    assert lake.rows(layer="quarantine", columns=("ordinal", "rule")) == [(2, TOO_MANY)]


def test_a_batch_that_is_seen_twice_changes_nothing_and_keeps_its_counts(lake):
    read = lake.facts("a.example", "b.com", "c.example")
    lake.step("labels", read, 0)
    before = (lake.rows(), lake.rows(layer="quarantine", columns=("value", "rule")), lake.ledger())
    # The process died before Spark wrote its commit: a new one sees the batch again.
    lake.step("labels", read, 0)
    assert (lake.rows(), lake.rows(layer="quarantine", columns=("value", "rule")), lake.ledger()) == before
    assert lake.reported[0][0] == lake.reported[1][0]


@pytest.mark.parametrize("dies_after", ["quarantine", "silver"])
def test_a_batch_that_died_half_way_is_completed_with_the_counts_of_its_first_try(lake, monkeypatch, dies_after):
    read = lake.facts("a.example", "b.com", "203.0.113.9")

    def die(*_args, **_kwargs):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(batch_module, {"quarantine": "append_once", "silver": "ledger_row"}[dies_after], die)
        with pytest.raises(RuntimeError, match="killed"):
            lake.step("labels", read, 0)
    lake.step("labels", read, 0)
    assert lake.ledger() == [(3, 8, 0, 7, 0, 1, 0, 0, 0)]
    assert (len(lake.rows()), len(lake.rows(layer="quarantine", columns=("value",)))) == (7, 1)


def test_a_new_checkpoint_reads_all_again_each_row_once_and_one_set_back_is_refused(lake):
    lake.step("labels", lake.facts("a.example"), 0)
    lake.step("labels", lake.facts("b.example"), 1)
    before = lake.rows()
    lake.step("labels", lake.read("harmful_domains"), 0, query_id="q2")
    assert (lake.rows(), lake.ledger()[-1]) == (before, (2, 4, 0, 0, 4, 0, 0, 0, 0))
    with pytest.raises(CheckpointSetBack, match=r"silver.labels holds batch 1 of this checkpoint"):
        lake.step("labels", lake.facts("c.example"), 1)


def test_nothing_is_written_once_the_lease_is_lost(lake):
    def lost():
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError, match="lease lost"):
        lake.step("labels", lake.facts("a.com"), 0, before_write=lost)
    assert (lake.rows(), lake.rows(layer="quarantine", columns=("value",)), lake.ledger()) == ([], [], [])


def test_batches_change_nothing_and_what_a_rebuild_computes_is_the_same(lake):
    names = st.lists(st.sampled_from(["a.b.example", "b.com", "localhost", "b.b"]), min_size=1, max_size=8)
    cases = generated(st.tuples(names, st.lists(st.integers(0, 8), max_size=2)), 20)
    read = lake.facts(*[name for each, _ in cases for name in each])
    offsets = iter(range(lake.offset))
    slices = [slices_of([next(offsets) for _ in each], cuts) for each, cuts in cases]
    for number in range(max(map(len, slices))):
        lake.step("labels", read.where(F.col("offset").isin(side_by_side(slices, number))), number)
    dataset = lake.contracts.dataset("labels")
    table = dataset.table("silver")
    columns = ("offset", "ordinal", "label", "of", "source", "run_id")
    whole = silver_rows(with_outcome(derived_rows(lake.read("harmful_domains"), dataset, labels), table.key), schema_of(table.ddl).names)
    assert lake.rows() == sorted(tuple(row) for row in whole.select(*columns).collect())
    assert all(row[-1] == 0 for row in lake.ledger())


@pytest.mark.parametrize(
    ("derive", "told"),
    [
        (lambda silver: silver.select(PARENT, F.col("name").alias("label")), "derive gives no column of, which the contract declares as int"),
        (lambda silver: silver.select(PARENT, "name", F.lit("x").alias("of"), F.lit("x").alias("label")), "derive gives of as string, the contract says int"),
        (lambda silver: labels(silver).drop(PARENT), "derive gives no column _parent"),
        (lambda silver: silver.select("nope"), "derive fails on empty tables: AnalysisException"),
    ],
)
def test_a_derivation_that_does_not_fit_its_contract_is_found_before_its_query_begins(spark, lake, derive, told):
    dataset = lake.contracts.dataset("labels")
    assert_derives(spark, dataset, lake.contracts.parent_of(dataset), labels)
    with pytest.raises(ModuleBroken, match=f"datasets/labels: {told}"):
        assert_derives(spark, dataset, lake.contracts.parent_of(dataset), derive)


def test_who_reads_a_table_is_known_through_the_chain(lake):
    contracts = lake.contracts
    labels_silver = contracts.dataset("labels").table("silver")
    assert [table.full_name for table in contracts.read_by(labels_silver)] == ["silver.letters"]
    assert "silver.labels" in {table.full_name for table in contracts.read_by(contracts.dataset("harmful_domains").table("silver"))}
    assert contracts.parent_of(contracts.dataset("letters")) == labels_silver


def test_the_query_streams_from_the_parent_and_goes_on_where_it_stood(spark, lake, tmp_path):
    """As the driver starts it: appends of the parent's Silver, in micro-batches, with a checkpoint."""
    from medallion.tables import appends_of

    def run_on():
        stream = appends_of(spark, lake.lake, lake.contracts.parent_of(lake.contracts.dataset("labels")))
        query = stream.writeStream.foreachBatch(lambda rows, number: lake.step("labels", rows, number)).option("checkpointLocation", str(tmp_path / "c"))
        query.trigger(availableNow=True).start().awaitTermination(120)

    lake.facts("a.example")
    run_on()
    lake.facts("b.example")
    # What is taken away is no event.
    DeltaTable.forPath(spark, path_of(lake.lake, lake.contracts.dataset("harmful_domains").table("silver"))).delete("name = 'a.example'")
    run_on()
    assert [(row[0], row[2]) for row in lake.rows()] == [(0, "a"), (0, "example"), (1, "b"), (1, "example")]
    assert [row[:3] for row in lake.ledger()] == [(1, 2, 0), (1, 2, 0)]
