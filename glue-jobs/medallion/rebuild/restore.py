"""The rows of an old version of a table, and with them what came since."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pyspark.sql import DataFrame, SparkSession

from medallion.contracts import Contracts, Dataset, Table
from medallion.layers.facts import reads_gold, without_canaries
from medallion.modules import module_of
from medallion.rebuild.compare import aligned_to
from medallion.rebuild.compute import computed
from medallion.settings import settings
from medallion.tables import path_of, schema_of

IGNORE_MISSING_FILES = "spark.sql.files.ignoreMissingFiles"


def missing_files_ignored(spark: SparkSession) -> AbstractContextManager[None]:
    """Rows of a file that is gone are lost already: what is left is read."""
    return settings(spark, {IGNORE_MISSING_FILES: "true"})


def restore(spark: SparkSession, contracts: Contracts, dataset: Dataset, table: Table, lake: str, version: int, path: str) -> None:
    """Writes to `path` the rows of an old version, and with them what came since.

    Bronze: the records of the table as it is that the version had not. Silver: what Bronze holds and the version had not, by the rules of
    today; so of the Silver that it is derived from. Gold state: the fold goes on from the version over all of Silver. Gold periodic:
    computed from Silver; a row that Silver can give no more stays as it was. What reads Gold is what Gold gives, and nothing of before.
    """
    schema = schema_of(table.ddl)
    then = aligned_to(spark.read.format("delta").option("versionAsOf", str(version)).load(path_of(lake, table)), schema)

    if table.canary_sql is not None:
        # Tables of older releases held a canary.
        then = then.where(f"NOT ({table.canary_sql})")

    def lacking(rows: DataFrame, held: DataFrame) -> DataFrame:
        """The rows whose key is not held."""
        return rows.join(held.select(*table.key), list(table.key), "left_anti").select(*schema.names)

    def write(rows: DataFrame, mode: str) -> None:
        rows.write.format("delta").mode(mode).save(path)

    if table.layer == "gold" and table.kind == "state":
        fold = module_of(dataset).folds[table.name]
        silver = without_canaries(spark.read.format("delta").load(path_of(lake, dataset.table("silver"))), contracts.canary_source)
        write(fold.finish(fold.explode(then).unionByName(fold.partial(silver))).select(*schema.names), "overwrite")
        return
    if table.layer == "gold" and reads_gold(contracts.others_of(table)):
        write(computed(spark, contracts, dataset, table, lake), "overwrite")
        return
    if table.layer == "gold":
        since = computed(spark, contracts, dataset, table, lake)
        write(since.unionByName(lacking(then, since)), "overwrite")
        return
    write(then, "overwrite")
    held = spark.read.format("delta").load(path)
    if table.layer == "silver":
        write(lacking(computed(spark, contracts, dataset, table, lake), held), "append")
        return
    with missing_files_ignored(spark):
        write(lacking(aligned_to(spark.read.format("delta").load(path_of(lake, table)), schema), held), "append")
