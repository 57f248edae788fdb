"""The rows of a table, computed from the layer before it."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from medallion.contracts import Contracts, Dataset, Table
from medallion.layers.derived import assert_derives, derived_rows, rows_aside
from medallion.layers.facts import facts_of, without_canaries
from medallion.layers.fold import recompute
from medallion.layers.silver.outcomes import quarantine_rows, silver_rows, with_outcome
from medallion.layers.silver.parse import parse
from medallion.layers.silver.writes import insert_only_merge
from medallion.modules import module_of
from medallion.tables import path_of, schema_of


def computed(spark: SparkSession, contracts: Contracts, dataset: Dataset, table: Table, lake: str) -> DataFrame:
    """The table's rows, from the layer before it.

    Raises:
        ValueError: the table is of a layer that has none before it.
    """
    names = schema_of(table.ddl).names

    def read(each: Table) -> DataFrame:
        return spark.read.format("delta").load(path_of(lake, each))

    if table.layer == "silver":
        return silver_rows(outcomes_of(spark, contracts, dataset, lake), names)
    if table.layer == "gold" and table.kind == "state":
        return recompute(module_of(dataset).folds[table.name], without_canaries(read(dataset.table("silver")), contracts.canary_source)).select(*names)
    if table.layer == "gold":
        facts = facts_of(read, dataset.table("silver"), contracts.others_of(table), contracts.canary_source)
        return module_of(dataset).computations[table.name].recompute(facts).select(*names)
    raise ValueError(f"{table.full_name} is not computed from another table: silver and gold tables are")


def outcomes_of(spark: SparkSession, contracts: Contracts, dataset: Dataset, lake: str) -> DataFrame:
    """What becomes of everything that the dataset's Silver is made of, by the rules and the code of today."""
    source, silver = spark.read.format("delta").load(path_of(lake, contracts.parent_of(dataset))), dataset.table("silver")
    if dataset.derived_from is None:
        return with_outcome(parse(source, dataset), silver.key)
    derive = module_of(dataset).derive
    assert derive is not None
    assert_derives(spark, dataset, contracts.parent_of(dataset), derive)
    return with_outcome(derived_rows(source, dataset, derive), silver.key)


def quarantine_of(spark: SparkSession, contracts: Contracts, dataset: Dataset, lake: str) -> None:
    """Sets aside what the rules of today refuse and those of yesterday took."""
    quarantine = dataset.table("quarantine")
    outcomes = outcomes_of(spark, contracts, dataset, lake)
    rows = quarantine_rows(outcomes) if dataset.derived_from is None else rows_aside(outcomes, dataset)
    insert_only_merge(spark, path_of(lake, quarantine), rows, quarantine.key)
