"""Rebuild: a changed transformation makes its table anew, from the layer before, into a path of its own; compared, then swapped.

Nothing is rewritten in place, and nothing is swapped that lacks a row of the old table, unless somebody accepts the loss: a row can
lack because its source's retention has passed.

Restore: the same, but the new table begins with the rows of an old version; what came since is added by computing it again, so that
what the checkpoints have passed is not lost.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any

import boto3
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from medallion.contracts import Contracts, Dataset, Table, load_contracts
from medallion.generations import Catalog, DynamoGenerations, at_their_generations, generation_of, path_at
from medallion.gold_tables import computation_of, fold_of
from medallion.lease import DynamoLeaseStore, Holder, acquire, glue_run_state
from medallion.periodic import facts_of
from medallion.runner import log_to_stderr, session
from medallion.silver import insert_only_merge, parse, quarantine_rows, silver_rows, with_outcome
from medallion.state import recompute
from medallion.tables import ensure_table, path_of, schema_of

log = logging.getLogger("rebuild")

IGNORE_MISSING_FILES = "spark.sql.files.ignoreMissingFiles"

# Layers whose drivers must not write while a table of the layer is swapped: a table is read from a checkpoint of its generation.
LEASES = {"bronze": ("bronze", "silver"), "silver": ("silver", "gold"), "gold": ("gold",)}
COMPUTED = ("silver", "gold")


@dataclass(frozen=True)
class Comparison:
    """Rows by key: in both and equal, in both and different, in the old table alone, in the new one alone."""

    same: int
    different: int
    only_old: int
    only_new: int


def aligned_to(table: DataFrame, schema: StructType) -> DataFrame:
    """The columns of a schema; those that the table lacks are null."""
    missing = [field for field in schema.fields if field.name not in table.columns]
    return reduce(lambda frame, field: frame.withColumn(field.name, F.lit(None).cast(field.dataType)), missing, table).select(*schema.names)


def compare(old: DataFrame, new: DataFrame, key: Sequence[str], columns: Sequence[str]) -> Comparison:
    """Compares two tables by their key. Columns that the old one lacks count as null."""
    aligned = aligned_to(old, StructType([new.schema[name] for name in columns]))
    values = F.to_json(F.struct(*[name for name in columns if name not in key]), {"ignoreNullFields": "false"})
    left = aligned.select(*key, values.alias("_old"), F.lit(True).alias("_in_old"))
    right = new.select(*key, values.alias("_new"), F.lit(True).alias("_in_new"))
    on = reduce(lambda a, b: a & b, [left[name].eqNullSafe(right[name]) for name in key])
    both = left.join(right, on, "full_outer")
    in_old, in_new = F.coalesce("_in_old", F.lit(False)), F.coalesce("_in_new", F.lit(False))
    kind = F.when(in_old & ~in_new, "only_old").when(in_new & ~in_old, "only_new").when(F.col("_old").eqNullSafe(F.col("_new")), "same").otherwise("different")
    counts = {row["kind"]: row["count"] for row in both.groupBy(kind.alias("kind")).count().collect()}
    return Comparison(**{name: counts.get(name, 0) for name in ("same", "different", "only_old", "only_new")})


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
        return recompute(fold_of(table.name), read(dataset.table("silver"))).select(*names)
    if table.layer == "gold":
        others = {name: contracts.dataset(name).table("silver") for name in table.reads}
        facts = facts_of(read, dataset.table("silver"), others, contracts.canary_source)
        return computation_of(table.name).recompute(facts).select(*names)
    raise ValueError(f"{table.full_name} is not computed from another table: silver and gold tables are")


@contextmanager
def missing_files_ignored(spark: SparkSession) -> Iterator[None]:
    """Rows of a file that is gone are lost already: what is left is read."""
    spark.conf.set(IGNORE_MISSING_FILES, "true")
    try:
        yield
    finally:
        spark.conf.unset(IGNORE_MISSING_FILES)


def restore(spark: SparkSession, contracts: Contracts, dataset: Dataset, table: Table, lake: str, version: int, path: str) -> None:
    """Writes to `path` the rows of an old version, and with them what came since.

    Bronze: the records of the table as it is that the version had not. Silver: what Bronze holds and the version had not, by the rules of
    today. Gold state: the fold goes on from the version over all of Silver. Gold periodic: computed from Silver; a row that Silver can
    give no more stays as it was.
    """
    schema = schema_of(table.ddl)
    then = aligned_to(spark.read.format("delta").option("versionAsOf", str(version)).load(path_of(lake, table)), schema)

    def lacking(rows: DataFrame, held: DataFrame) -> DataFrame:
        """The rows whose key is not held."""
        return rows.join(held.select(*table.key), list(table.key), "left_anti").select(*schema.names)

    def write(rows: DataFrame, mode: str) -> None:
        rows.write.format("delta").mode(mode).save(path)

    if table.layer == "gold" and table.kind == "state":
        fold = fold_of(table.name)
        silver = spark.read.format("delta").load(path_of(lake, dataset.table("silver")))
        write(fold.finish(fold.explode(then).unionByName(fold.partial(silver))).select(*schema.names), "overwrite")
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


def rebuild(spark: SparkSession, contracts: Contracts, dataset: Dataset, table: Table, lake: str, version: int | None = None) -> tuple[Table, Comparison]:
    """Writes the table's next generation, from the layer before it or from an old version, and compares it with the one that holds.

    Returns:
        The table at its next generation, and how the two differ.
    """
    successor = replace(table, path=path_at(table, generation_of(table) + 1))
    path = path_of(lake, successor)
    # What an earlier rebuild left half-made, or made and was not swapped, is overwritten.
    ensure_table(spark, lake, successor)
    if version is None:
        computed(spark, contracts, dataset, table, lake).write.format("delta").mode("overwrite").save(path)
    else:
        restore(spark, contracts, dataset, table, lake, version, path)
    new = spark.read.format("delta").load(path)
    with missing_files_ignored(spark):
        return successor, compare(spark.read.format("delta").load(path_of(lake, table)), new, table.key, schema_of(table.ddl).names)


def quarantine_of(spark: SparkSession, dataset: Dataset, lake: str) -> None:
    """Sets aside what the rules of today refuse and those of yesterday took."""
    quarantine = dataset.table("quarantine")
    bronze = spark.read.format("delta").load(path_of(lake, dataset.table("bronze")))
    outcomes = with_outcome(parse(bronze, dataset), dataset.table("silver").key)
    insert_only_merge(spark, path_of(lake, quarantine), quarantine_rows(outcomes), quarantine.key)


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rebuild", allow_abbrev=False)
    for name in ("JOB_NAME", "JOB_RUN_ID", "lake", "contracts", "state-table", "table"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--database-prefix", default="")
    parser.add_argument("--swap", choices=("no", "yes", "accept-loss"), default="no")
    parser.add_argument("--version", type=int, help="begin with the rows of this version of the table")
    parser.add_argument("--lease-seconds", type=int, default=300)
    known, _glue_own = parser.parse_known_args(list(argv))
    return known


def find_table(contracts: Contracts, name: str, layers: Collection[str] = COMPUTED) -> tuple[Dataset, Table]:
    """Raises ValueError naming the tables of the layers that can be rebuilt, or restored."""
    known = {table.full_name: (dataset, table) for dataset in contracts.datasets for table in dataset.tables if table.layer in layers}
    if name not in known:
        raise ValueError(f"{name} cannot be {'rebuilt' if layers == COMPUTED else 'restored'}; known: {', '.join(known)}")
    return known[name]


def run(argv: Sequence[str]) -> None:
    """Entry point of the job. What came of it is an item of the state table: `rebuild#RUN`."""
    log_to_stderr()
    arguments = parse_arguments(argv)
    lake = arguments.lake.rstrip("/")
    dynamo, glue = boto3.client("dynamodb"), boto3.client("glue")
    generations = DynamoGenerations(dynamo, arguments.state_table)
    contracts = load_contracts(arguments.contracts, boto3.client("s3"))
    layers = COMPUTED if arguments.version is None else tuple(LEASES)
    find_table(contracts, arguments.table, layers)
    leases = []
    if arguments.swap != "no":
        me = Holder(arguments.JOB_NAME, arguments.JOB_RUN_ID)
        store = DynamoLeaseStore(dynamo, arguments.state_table)
        resting = LEASES[arguments.table.split(".")[0]]
        leases = [acquire(store, layer, me, glue_run_state(glue), patience_seconds=arguments.lease_seconds) for layer in resting]
    try:
        # Read under the leases: nobody else swaps meanwhile.
        contracts = at_their_generations(contracts, generations.get)
        dataset, table = find_table(contracts, arguments.table, layers)
        spark = session(arguments.JOB_NAME)
        spark.sparkContext.setLogLevel("WARN")
        successor, comparison = rebuild(spark, contracts, dataset, table, lake, arguments.version)
        lost = comparison.only_old > 0 and arguments.swap != "accept-loss"
        swapped = arguments.swap != "no" and not lost
        if swapped:
            if table.layer == "silver":
                quarantine_of(spark, dataset, lake)
            for lease in leases:
                lease.assert_held()
            generations.put(table, generation_of(successor))
            Catalog(glue, arguments.database_prefix).point(successor, lake)
        report(dynamo, arguments, {"table": table.full_name, "old": table.path, "new": successor.path, "swapped": swapped, **asdict(comparison)})
    finally:
        for lease in leases:
            lease.release()
    logging.shutdown()
    os._exit(0)


def report(dynamo: Any, arguments: argparse.Namespace, result: dict[str, Any]) -> None:
    text = json.dumps(result)
    log.info("%s", text)
    dynamo.put_item(TableName=arguments.state_table, Item={"pk": {"S": f"rebuild#{arguments.JOB_RUN_ID}"}, "result": {"S": text}})
