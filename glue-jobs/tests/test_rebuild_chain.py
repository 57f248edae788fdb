"""Rebuild and restore follow the chain: what is derived of a Silver, and what is computed from Gold."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import pytest
from delta.tables import DeltaTable
from derivations import DerivedLake, labels
from frames import START, frame, table_named
from gold_lake import A, B, ByCategory, GoldLake

from datasets.harmful_domains import FOLDS
from medallion.contracts import Rule
from medallion.generations import at_their_generations
from medallion.layers import ModuleBroken
from medallion.rebuild.compare import Comparison
from medallion.rebuild.compute import quarantine_of
from medallion.rebuild.job import find_table
from medallion.rebuild.successor import rebuild
from medallion.tables import ensure_tables, newest_version, path_of


def code(monkeypatch, name, **what):
    made = ModuleType(f"datasets.{name}")
    for each, value in what.items():
        setattr(made, each, value)
    monkeypatch.setitem(sys.modules, f"datasets.{name}", made)


@pytest.fixture
def lake(spark, contracts, tmp_path, monkeypatch):
    code(monkeypatch, "labels", derive=labels)
    return DerivedLake(spark, contracts, tmp_path)


def said(spark, path, *columns):
    return sorted(tuple(row) for row in spark.read.format("delta").load(path).select(*columns).collect())


def test_derived_silver_is_made_anew_from_the_parent_as_it_holds(spark, lake):
    lake.step("labels", lake.facts("a.example", "b.com"), 0)
    dataset, table = find_table(lake.contracts, "silver.labels")
    successor, same = rebuild(spark, lake.contracts, dataset, table, lake.lake)
    assert (successor.path, same) == ("silver/labels@1", Comparison(same=3, different=0, only_old=0, only_new=0))
    # The parent was rebuilt, and lacks a name: what was made of it goes with it.
    parent = lake.contracts.dataset("harmful_domains").table("silver")
    DeltaTable.forPath(spark, path_of(lake.lake, parent)).delete("name = 'a.example'")
    successor, less = rebuild(spark, lake.contracts, dataset, table, lake.lake)
    assert (less.only_old, said(spark, path_of(lake.lake, successor), "label")) == (2, [("b",)])


def test_a_changed_rule_sets_derived_rows_aside(spark, lake):
    lake.step("labels", lake.facts("a.example"), 0)
    dataset = lake.contracts.dataset("labels")
    stricter = replace(dataset, rules=(*dataset.rules, Rule("no_a", "quarantine", "`label` <=> 'a'", "label", "matches")))
    contracts = replace(lake.contracts, datasets=tuple(stricter if each.name == "labels" else each for each in lake.contracts.datasets))
    dataset, table = find_table(contracts, "silver.labels")
    _, comparison = rebuild(spark, contracts, dataset, table, lake.lake)
    assert comparison == Comparison(same=1, different=0, only_old=1, only_new=0)
    quarantine_of(spark, contracts, dataset, lake.lake)
    quarantine_of(spark, contracts, dataset, lake.lake)
    assert lake.rows(layer="quarantine", columns=("value", "ordinal", "rule")) == [('{"label":"a","of":2,"source":"s1"}', 0, "no_a")]


def test_derived_silver_begins_with_an_old_version_and_holds_what_came_since(spark, lake):
    lake.step("labels", lake.facts("a.example"), 0)
    dataset, table = find_table(lake.contracts, "silver.labels")
    path = path_of(lake.lake, table)
    version = newest_version(spark, path)
    DeltaTable.forPath(spark, path).delete()
    lake.facts("b.example")
    restored, comparison = rebuild(spark, lake.contracts, dataset, table, lake.lake, version)
    assert (said(spark, path_of(lake.lake, restored), "label"), comparison.only_new) == ([("a",), ("b",), ("example",), ("example",)], 4)


def test_a_derivation_that_is_broken_is_told_and_nothing_is_swapped(spark, lake, monkeypatch):
    dataset, table = find_table(lake.contracts, "silver.labels")
    code(monkeypatch, "labels", derive=lambda rows: rows.select("nope"))
    with pytest.raises(ModuleBroken, match="datasets/labels: derive fails on empty tables"):
        rebuild(spark, lake.contracts, dataset, table, lake.lake)


def test_a_table_that_reads_gold_is_computed_and_restored_from_gold_as_it_is(spark, contracts, tmp_path, monkeypatch):
    lake = GoldLake(spark, contracts, tmp_path)
    own = contracts.dataset("harmful_domains")
    gold = replace(own, tables=(*own.tables, lake.table))
    all_contracts = replace(contracts, datasets=tuple(gold if each.name == own.name else each for each in contracts.datasets))
    code(monkeypatch, "harmful_domains", FOLDS=FOLDS, COMPUTATIONS={**sys.modules["datasets.harmful_domains"].COMPUTATIONS, "by_category": ByCategory()})
    lake.say(A, B)
    lake.wake()
    version = newest_version(spark, path_of(lake.lake, lake.table))
    lake.say({**B, "category": "malware", "sequence": 2})
    dataset, table = find_table(all_contracts, "gold.by_category")
    for since in (None, version):
        successor, comparison = rebuild(spark, all_contracts, dataset, table, lake.lake, since)
        assert said(spark, path_of(lake.lake, successor), "category", "names") == [("ads", 1), ("malware", 1)]
        assert comparison == Comparison(same=0, different=1, only_old=0, only_new=1)


def test_a_rebuilt_or_restored_state_table_holds_no_canary(spark, contracts, tmp_path):
    lake = GoldLake(spark, contracts, tmp_path)
    ensure_tables(spark, lake.lake, [lake.silver])
    canary = {**A, "name": "canary.invalid", "source": contracts.canary_source}
    # As an older release made it.
    lake.say(A, canary)
    table = table_named(contracts, "harmful_domains")
    version = newest_version(spark, path_of(lake.lake, table))
    base = {"entry_type": "domain", "scope": "exact", "action": "block", "source": "s1", "reliability": 0.5, "event": "listed", "observed_at": START}
    frame(spark, lake.silver, [{**base, **B}, {**base, **canary}]).write.format("delta").mode("append").save(path_of(lake.lake, lake.silver))
    held = at_their_generations(contracts, lambda _table: 0)
    dataset, table = find_table(held, "gold.harmful_domains")
    successor, _ = rebuild(spark, held, dataset, table, lake.lake)
    assert said(spark, path_of(lake.lake, successor), "name") == [("b.example",)]
    successor, _ = rebuild(spark, held, dataset, table, lake.lake, version)
    assert said(spark, path_of(lake.lake, successor), "name") == [("a.example",), ("b.example",)]
