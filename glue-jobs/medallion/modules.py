"""A dataset's own code, found by the dataset's name alone: `datasets.NAME`.

It gives what its contract asks for:

    FOLDS         a fold by the name of each state table
    COMPUTATIONS  a computation by the name of each periodic table
    derive        of a derived dataset: what makes its rows of the Silver rows of another

The rails import nothing of it by themselves, so that a module that is missing or broken concerns its dataset alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from medallion.contracts import Dataset
from medallion.layers import ModuleBroken
from medallion.layers.derived import Derive
from medallion.layers.facts import Recomputed
from medallion.layers.fold import Fold

PACKAGE = "datasets"


@dataclass(frozen=True)
class Module:
    """What a dataset's module gives."""

    folds: Mapping[str, Fold] = field(default_factory=dict)
    computations: Mapping[str, Recomputed] = field(default_factory=dict)
    derive: Derive | None = None


def asked_for(dataset: Dataset) -> dict[str, set[str]]:
    """What a contract asks of its module, by the name under which the module gives it."""
    tables = dataset.gold_tables()
    return {
        "FOLDS": {table.name for table in tables if table.kind == "state"},
        "COMPUTATIONS": {table.name for table in tables if table.kind == "periodic"},
        "derive": set() if dataset.derived_from is None else {f"rows of {dataset.derived_from}"},
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
    return Module(getattr(module, "FOLDS", {}), getattr(module, "COMPUTATIONS", {}), getattr(module, "derive", None))


def differences(dataset: Dataset, module: Module) -> list[str]:
    """Where contract and module do not say the same, both ways."""
    asked = asked_for(dataset)
    derives = asked["derive"] or {"rows of another dataset"}
    given = {"FOLDS": set(module.folds), "COMPUTATIONS": set(module.computations), "derive": set() if module.derive is None else derives}
    found = []
    for what, wanted in asked.items():
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
