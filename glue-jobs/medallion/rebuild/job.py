"""The rebuild job: under the leases of who writes and reads the table, computed, compared, swapped."""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

import boto3

from medallion.contracts import Contracts, Dataset, Table, load_contracts
from medallion.generations import Catalog, DynamoGenerations, at_their_generations, generation_of
from medallion.lease import DynamoLeaseStore, Holder, acquire, glue_run_state
from medallion.rebuild.compute import quarantine_of
from medallion.rebuild.successor import rebuild
from medallion.session import log_to_stderr, session

log = logging.getLogger("rebuild")

# Layers whose drivers must not write while a table of the layer is swapped: a table is read from a checkpoint of its generation.
LEASES = {"bronze": ("bronze", "silver"), "silver": ("silver", "gold"), "gold": ("gold",)}
COMPUTED = ("silver", "gold")


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
                quarantine_of(spark, contracts, dataset, lake)
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
