"""The rows of a table, computed from the layer before it."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from medallion.contracts import Contracts, Dataset, Table
from medallion.layers.periodic import facts_of
from medallion.layers.silver.outcomes import quarantine_rows, silver_rows, with_outcome
from medallion.layers.silver.parse import parse
from medallion.layers.silver.writes import insert_only_merge
from medallion.layers.state import recompute
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
        outcomes = with_outcome(parse(read(dataset.table("bronze")), dataset), table.key)
        return silver_rows(outcomes, names)
    if table.layer == "gold" and table.kind == "state":
        return recompute(module_of(dataset).folds[table.name], read(dataset.table("silver"))).select(*names)
    if table.layer == "gold":
        others = {name: contracts.dataset(name).table("silver") for name in table.reads}
        facts = facts_of(read, dataset.table("silver"), others, contracts.canary_source)
        return module_of(dataset).computations[table.name].recompute(facts).select(*names)
    raise ValueError(f"{table.full_name} is not computed from another table: silver and gold tables are")


def quarantine_of(spark: SparkSession, dataset: Dataset, lake: str) -> None:
    """Sets aside what the rules of today refuse and those of yesterday took."""
    quarantine = dataset.table("quarantine")
    bronze = spark.read.format("delta").load(path_of(lake, dataset.table("bronze")))
    outcomes = with_outcome(parse(bronze, dataset), dataset.table("silver").key)
    insert_only_merge(spark, path_of(lake, quarantine), quarantine_rows(outcomes), quarantine.key)
