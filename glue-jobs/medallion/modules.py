"""A dataset's own code, found by the dataset's name alone: `datasets.NAME`.

It gives what its contract asks for: `FOLDS` (a fold by the name of each state table), `COMPUTATIONS` (a computation by the name of each
periodic table). The rails import nothing of it by themselves, so that a module that is missing or broken concerns its dataset alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from medallion.contracts import Dataset
from medallion.layers.periodic import Periodic
from medallion.layers.state import Fold

PACKAGE = "datasets"


class ModuleBroken(RuntimeError):
    """A dataset's module cannot be imported, or lacks what its contract asks for."""


@dataclass(frozen=True)
class Module:
    """What a dataset's module gives."""

    folds: Mapping[str, Fold] = field(default_factory=dict)
    computations: Mapping[str, Periodic] = field(default_factory=dict)


def asked_for(dataset: Dataset) -> dict[str, set[str]]:
    """What a contract asks of its module: names of tables, by what computes them."""
    tables = dataset.gold_tables()
    return {
        "FOLDS": {table.name for table in tables if table.kind == "state"},
        "COMPUTATIONS": {table.name for table in tables if table.kind == "periodic"},
    }


def load(name: str) -> Module:
    """Imports a dataset's module.

    Raises:
        ModuleBroken: there is none, or it fails as it is imported.
    """
    try:
        module = importlib.import_module(f"{PACKAGE}.{name}")
    except Exception as cause:
        raise ModuleBroken(f"dataset {name}: glue-jobs/{PACKAGE}/{name} cannot be imported: {type(cause).__name__}: {cause}") from cause
    return Module(getattr(module, "FOLDS", {}), getattr(module, "COMPUTATIONS", {}))


def differences(dataset: Dataset, module: Module) -> list[str]:
    """Where contract and module do not say the same, both ways."""
    given = {"FOLDS": set(module.folds), "COMPUTATIONS": set(module.computations)}
    found = []
    for what, wanted in asked_for(dataset).items():
        found += [f"{PACKAGE}/{dataset.name}: {what} has nothing for {name}, which the contract declares" for name in sorted(wanted - given[what])]
        found += [f"{PACKAGE}/{dataset.name}: {what} has {name}, which the contract does not declare" for name in sorted(given[what] - wanted)]
    return found


def module_of(dataset: Dataset) -> Module:
    """The dataset's module, with all that its contract asks for; an empty one where it asks for nothing.

    Raises:
        ModuleBroken: it cannot be imported, or lacks something.
    """
    if not any(asked_for(dataset).values()):
        return Module()
    module = load(dataset.name)
    wrong = differences(dataset, module)
    if wrong:
        raise ModuleBroken("; ".join(wrong))
    return module
