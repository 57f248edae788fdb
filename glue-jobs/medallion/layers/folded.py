"""A batch of facts, folded into a state table: the rows of its keys are found, folded, and those that became others are written.

Nothing else of the table is read or written. A row that became another is marked as deleted where it lies, and the new one appended, in one
commit. What is read grows with the facts, not with the table, up to as many keys as a condition can name; a batch of more is joined with
the whole table and merged, and one of more facts than the table has rows is written with all of it, in order of the key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from medallion.contracts import Table
from medallion.layers.fold import Fold, advance, merge_state
from medallion.layers.touched import MOST_KEYS, is_one_of, sayable
from medallion.layout import FILE_ROWS, SMALL_PAGES, in_order
from medallion.settings import settings
from medallion.tables import schema_of, snapshot_of

# Rows of keys that were not there are written with those that replace others: the condition names the latter alone.
REPLACING = {**SMALL_PAGES, "spark.databricks.delta.replaceWhere.constraintCheck.enabled": "false"}
# What MERGE writes is in no order: in files that count as small (layout.py).
MERGING = {**SMALL_PAGES, "spark.sql.files.maxRecordsPerFile": str(FILE_ROWS // 2 - 1)}
# A table of fewer bytes is read, and its changed files written anew, at less cost than a condition that names keys.
SMALL_TABLE = 4_000_000
# MERGE writes anew what it changes, as if rows could not be marked.
REWRITING = {"spark.databricks.delta.merge.deletionVectors.persistent": "false"}


def fold_into(spark: SparkSession, path: str, table: Table, fold: Fold, facts: DataFrame, told: int, before_write: Callable[[], None]) -> None:
    """Brings the table up to date with `told` facts, which are persisted, in one commit, or none where they change no row."""
    if told <= MOST_KEYS and int(snapshot_of(spark, path).sizeInBytes()) < SMALL_TABLE:
        with settings(spark, REWRITING):
            _rewrite(spark, path, table, fold, facts, before_write)
        return
    partials = fold.partial(facts)
    keys = partials.select(*table.key).distinct().limit(MOST_KEYS + 1).collect()
    if not keys:
        return
    if sayable(keys):
        with settings(spark, REPLACING):
            _replace(spark, path, table, fold, partials, keys, before_write)
    elif told > spark.read.format("delta").load(path).count():
        with settings(spark, SMALL_PAGES):
            _write_whole(spark, path, table, fold, partials, before_write)
    else:
        with settings(spark, MERGING):
            _merge(spark, path, table, fold, partials, before_write)


def _rewrite(spark: SparkSession, path: str, table: Table, fold: Fold, facts: DataFrame, before_write: Callable[[], None]) -> None:
    """Few facts, into a small table."""
    held = spark.read.format("delta").load(path)
    rows = advance(fold, held, facts, table.key).select(*schema_of(table.ddl).names).persist()
    try:
        before_write()
        merge_state(DeltaTable.forPath(spark, path), rows, table.key)
    finally:
        rows.unpersist()


def _write_whole(spark: SparkSession, path: str, table: Table, fold: Fold, partials: DataFrame, before_write: Callable[[], None]) -> None:
    """More facts than the table has rows: all of it is written, in order, as maintenance would have to."""
    held = spark.read.format("delta").load(path).select(*schema_of(table.ddl).names)
    rows = _folded(fold, partials, held, table).persist()
    try:
        if _beside(rows, held, table).where(_differs(rows.columns)).isEmpty():
            return
        before_write()
        in_order(rows, table).write.format("delta").mode("overwrite").save(path)
    finally:
        rows.unpersist()


def _folded(fold: Fold, partials: DataFrame, held: DataFrame, table: Table) -> DataFrame:
    return fold.finish(partials.unionByName(fold.explode(held))).select(*schema_of(table.ddl).names)


def _differs(names: Sequence[str]) -> Column:
    return ~reduce(lambda a, b: a & b, [F.col(f"held.{name}").eqNullSafe(F.col(f"new.{name}")) for name in names])


def _beside(new: DataFrame, held: DataFrame, table: Table) -> DataFrame:
    """New rows, each beside the one that its key has in the table, or nulls."""
    on = reduce(lambda a, b: a & b, [F.col(f"held.{name}") == F.col(f"new.{name}") for name in table.key])
    return new.alias("new").join(held.alias("held"), on, "left")


def _replace(spark: SparkSession, path: str, table: Table, fold: Fold, partials: DataFrame, keys: Sequence[Row], before_write: Callable[[], None]) -> None:
    names = schema_of(table.ddl).names
    held = spark.read.format("delta").load(path).select(*names).where(is_one_of(table.key, keys)).persist()
    there = F.col(f"held.{table.key[0]}").isNotNull()
    both = _beside(_folded(fold, partials, held, table), F.broadcast(held), table)
    changed = both.where(~there | _differs(names)).select("new.*", there.alias("_replaces")).persist()
    try:
        said = changed.select(*table.key, "_replaces").collect()
        if not said:
            return
        replaced = [row for row in said if row["_replaces"]]
        writer = in_order(changed.drop("_replaces"), table).write.format("delta")
        before_write()
        if replaced:
            writer.mode("overwrite").option("replaceWhere", is_one_of(table.key, replaced)).save(path)
        else:
            writer.mode("append").save(path)
    finally:
        changed.unpersist()
        held.unpersist()


def _merge(spark: SparkSession, path: str, table: Table, fold: Fold, partials: DataFrame, before_write: Callable[[], None]) -> None:
    touched = partials.select(*table.key).dropDuplicates()
    held = spark.read.format("delta").load(path).join(F.broadcast(touched), list(table.key), "left_semi").persist()
    rows = _folded(fold, partials, held, table).persist()
    try:
        before_write()
        if held.isEmpty():
            in_order(rows, table).write.format("delta").mode("append").save(path)
        else:
            merge_state(DeltaTable.forPath(spark, path), rows, table.key)
    finally:
        rows.unpersist()
        held.unpersist()
