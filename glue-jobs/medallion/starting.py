"""Starts the queries of a layer, a dataset after the other.

A dataset whose module is missing or broken is left out of the layers that need it, loudly; the others go on.
"""

from __future__ import annotations

import logging

from pyspark.sql import SparkSession

from medallion.contracts import Contracts, Dataset
from medallion.driver import Driver
from medallion.layers import ModuleBroken, bronze, periodic, state
from medallion.layers.silver import query as silver
from medallion.modules import Module, module_of

log = logging.getLogger("medallion")


def start_bronze(driver: Driver, dataset: Dataset) -> None:
    if dataset.derived_from is None:
        bronze.start(driver, dataset)


def start_silver(driver: Driver, dataset: Dataset) -> None:
    """A dataset with a topic needs no code of its own here: what is wrong with that holds up no record."""
    silver.start(driver, dataset, None if dataset.derived_from is None else module_of(dataset).derive)


def assert_fits_contract(spark: SparkSession, contracts: Contracts, dataset: Dataset, module: Module) -> None:
    """Raises ModuleBroken where the module does not give the columns of one of the dataset's Gold tables."""
    for table in dataset.gold_tables():
        if table.kind == "periodic":
            periodic.assert_fits_table(spark, contracts, dataset, table, module.computations[table.name])
        else:
            state.assert_fits_table(spark, dataset, table, module.folds[table.name])


def start_gold(driver: Driver, dataset: Dataset) -> None:
    """Raises ModuleBroken before anything of the dataset has begun."""
    module = module_of(dataset)
    assert_fits_contract(driver.spark, driver.contracts, dataset, module)
    for table in dataset.gold_tables():
        driver.await_table(dataset.table("silver"))
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
