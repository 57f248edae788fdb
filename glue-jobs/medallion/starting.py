"""Starts the queries of a layer, a dataset after the other.

A dataset whose module is missing or broken is left out of the layers that need it, loudly; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pyspark.sql import SparkSession

from medallion.contracts import Contracts, Dataset
from medallion.driver import Driver
from medallion.layers import ModuleBroken, bronze, passing, periodic, state
from medallion.layers.fold import Fold
from medallion.layers.silver import query as silver
from medallion.modules import Module, module_of

log = logging.getLogger("medallion")


def start_bronze(driver: Driver, dataset: Dataset) -> None:
    if dataset.derived_from is not None:
        return
    if driver.one_pass:
        passing.start(driver, dataset, _folds_of(driver, dataset))
    else:
        bronze.start(driver, dataset)


def _folds_of(driver: Driver, dataset: Dataset) -> Mapping[str, Fold]:
    """The folds of a dataset's state tables; none where its Gold is left out, which is told as Gold is started."""
    try:
        return fitting(driver, dataset).folds
    except ModuleBroken:
        return {}


def _is_passed(driver: Driver, dataset: Dataset) -> bool:
    """Whether one pass carries the dataset's records to Silver and its state tables."""
    return driver.one_pass and dataset.derived_from is None


def start_silver(driver: Driver, dataset: Dataset) -> None:
    """A dataset with a topic needs no code of its own here: what is wrong with that holds up no record."""
    if _is_passed(driver, dataset):
        return
    silver.start(driver, dataset, None if dataset.derived_from is None else module_of(dataset).derive)


def assert_fits_contract(spark: SparkSession, contracts: Contracts, dataset: Dataset, module: Module) -> None:
    """Raises ModuleBroken where the module does not give the columns of one of the dataset's Gold tables."""
    for table in dataset.gold_tables():
        if table.kind == "periodic":
            periodic.assert_fits_table(spark, contracts, dataset, table, module.computations[table.name])
        else:
            state.assert_fits_table(spark, dataset, table, module.folds[table.name])


def fitting(driver: Driver, dataset: Dataset) -> Module:
    """The dataset's module. Raises ModuleBroken where it does not fit its contract."""
    module = module_of(dataset)
    assert_fits_contract(driver.spark, driver.contracts, dataset, module)
    return module


def start_gold(driver: Driver, dataset: Dataset) -> None:
    """Raises ModuleBroken before anything of the dataset has begun."""
    module = fitting(driver, dataset)
    for table in dataset.gold_tables():
        driver.await_table(dataset.table("silver"))
        if table.kind == "state" and _is_passed(driver, dataset):
            continue
        if table.kind == "periodic":
            periodic.start(driver, dataset, table, module.computations[table.name])
        else:
            state.start(driver, dataset, table, module.folds[table.name])


STARTERS = {"bronze": start_bronze, "silver": start_silver, "gold": start_gold}


def start_layer(driver: Driver, layer: str) -> set[str]:
    """Starts a layer's queries.

    Returns:
        The datasets that were left out of it.
    """
    left_out = set()
    for dataset in driver.contracts.datasets:
        try:
            STARTERS[layer](driver, dataset)
        except ModuleBroken as broken:
            log.critical("%s of dataset %s is left out, the other datasets go on: %s", layer, dataset.name, broken)
            left_out.add(dataset.name)
    return left_out
