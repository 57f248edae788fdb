"""Contracts and the datasets' own code say the same, both ways. No Spark: importing a module needs none."""

from __future__ import annotations

import pkgutil
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import datasets as package
from medallion.layers import ModuleBroken
from medallion.modules import Module, asked_for, differences, load, module_of


def test_every_dataset_has_what_its_contract_asks_for_and_nothing_else(contracts):
    wrong = []
    for dataset in contracts.datasets:
        if any(asked_for(dataset).values()):
            wrong += differences(dataset, load(dataset.name))
    assert wrong == []


def test_every_module_is_a_datasets(contracts):
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules <= {dataset.name for dataset in contracts.datasets}
    assert {dataset.name for dataset in contracts.datasets if any(asked_for(dataset).values())} <= modules


def given(monkeypatch, name, **what):
    module = ModuleType(f"datasets.{name}")
    for each, value in what.items():
        setattr(module, each, value)
    monkeypatch.setitem(sys.modules, f"datasets.{name}", module)


def test_what_a_module_lacks_and_what_it_has_too_much_is_named(contracts, monkeypatch):
    dataset = contracts.dataset("source_checks")
    given(monkeypatch, "source_checks", FOLDS={"surprise": object()}, derive=lambda rows: rows)
    with pytest.raises(ModuleBroken) as broken:
        module_of(dataset)
    assert str(broken.value).split("; ") == [
        "datasets/source_checks: FOLDS has nothing for source_status, which the contract declares",
        "datasets/source_checks: FOLDS has surprise, which the contract does not declare",
        "datasets/source_checks: derive has rows of another dataset, which the contract does not declare",
    ]
    derived = replace(dataset, derived_from="operations")
    assert "datasets/source_checks: derive has nothing for rows of operations, which the contract declares" in differences(derived, Module())


def test_a_module_that_is_not_there_or_fails_is_told_with_its_place(contracts, monkeypatch):
    dataset = contracts.dataset("source_checks")
    with pytest.raises(ModuleBroken, match="dataset nowhere: glue-jobs/datasets/nowhere cannot be imported: ModuleNotFoundError"):
        module_of(replace(dataset, name="nowhere", tables=tuple(table for table in dataset.tables)))
    monkeypatch.setitem(sys.modules, "datasets.source_checks", None)
    with pytest.raises(ModuleBroken, match="dataset source_checks: .* cannot be imported: "):
        module_of(dataset)


def test_a_dataset_that_computes_nothing_needs_no_module(contracts):
    dataset = contracts.dataset("source_checks")
    assert module_of(replace(dataset, name="nowhere", tables=tuple(table for table in dataset.tables if table.layer != "gold"))) == Module()


def test_the_rails_import_nothing_of_a_dataset():
    named = re.compile(r"^\s*(from|import) datasets\b", re.MULTILINE)
    rails = list((Path(__file__).resolve().parents[1] / "medallion").rglob("*.py"))
    assert len(rails) > 30
    assert [str(file) for file in rails if named.search(file.read_text(encoding="utf-8"))] == []
