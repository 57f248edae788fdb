"""Starts a dataset's one pass, once the layers' own queries have taken what they had left to read."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pyspark.sql import DataFrame

from medallion.arguments import trigger_of
from medallion.contracts import Dataset, Table
from medallion.driver import Driver
from medallion.layers import bronze, state
from medallion.layers.bronze import has_offsets
from medallion.layers.fold import Fold
from medallion.layers.one_pass import OnePass
from medallion.layers.silver import query as silver
from medallion.queries import Batch, QueryId, maintained
from medallion.tables import newest_version, path_of

log = logging.getLogger("medallion")


def start(driver: Driver, dataset: Dataset, folds: Mapping[str, Fold]) -> None:
    """Starts the pass of a dataset that has a topic, with the state tables that `folds` names."""
    tables = [table for table in dataset.gold_tables() if table.kind == "state"]
    folded = [table for table in tables if table.name in folds]
    _hand_over(driver, dataset, folded, folds)
    for table in tables:
        if table not in folded:
            # Its own query is not run either: it begins where the pass has brought it.
            state.taken_back(driver, dataset, table)
    query_id = QueryId()
    batch = _batch_of(driver, dataset, folded, folds, query_id)
    own = dataset.table("silver")
    driver.positions.carry(f"bronze.{dataset.name}", [own.full_name, *(table.full_name for table in folded)])
    stream = bronze.stream_of(driver, dataset)
    # Bronze's own trigger is slower to leave the cores to the layers behind it: here there are none.
    trigger = trigger_of(driver.arguments, "silver", dataset)
    driver.start("bronze", dataset.name, trigger, stream.writeStream.foreachBatch(batch), query_id, reads=(dataset.table("bronze"),))
    bronze.keep_beside(driver, dataset)


def _hand_over(driver: Driver, dataset: Dataset, tables: Sequence[Table], folds: Mapping[str, Fold]) -> None:
    """Lets the layers' own queries read what a pass would not: what came before it, or before its checkpoint was lost."""
    goes_on = has_offsets(driver.spark, driver.checkpoint("bronze", dataset.name, dataset.table("bronze")))
    own, read = dataset.table("silver"), dataset.table("bronze")
    if not (goes_on and driver.handovers.get(own, read).carrier) and _has_begun(driver, read):
        silver.start(driver, dataset, None, drain=True)
    for table in tables:
        if not (goes_on and driver.handovers.get(table, own).carrier) and _has_begun(driver, own):
            state.start(driver, dataset, table, folds[table.name], drain=True)


def _has_begun(driver: Driver, table: Table) -> bool:
    """Whether a table was ever written: of one that was just made nothing is left to read."""
    return newest_version(driver.spark, path_of(driver.arguments.lake, table)) > 0


def _batch_of(driver: Driver, dataset: Dataset, tables: Sequence[Table], folds: Mapping[str, Fold], query_id: QueryId) -> Batch:
    own, bronze_table = dataset.table("silver"), dataset.table("bronze")
    states = [(table, state.batch_of(driver, dataset, table, folds[table.name], query_id)) for table in tables]

    def pass_on(rows: DataFrame, batch_id: int, version: int) -> None:
        for table, batch in states:
            batch(rows, batch_id)
            driver.positions.advance(table.full_name, read={own.path: [version, 0]}, version=[version, 0])

    def begins(carrier: str) -> None:
        for table, read in ((own, bronze_table), *((table, own) for table in tables)):
            held = driver.handovers.get(table, read)
            if held.carrier != carrier:
                driver.handovers.put(table, replace(held, carrier=carrier))

    batch: Batch = OnePass(
        bronze_table,
        driver.arguments.lake,
        silver.batch_of(driver, dataset, None, query_id, pass_on),
        query_id,
        driver.leases["bronze"].assert_held,
        begins,
        lambda offsets: driver.positions.advance(f"bronze.{dataset.name}", offsets=offsets),
    )
    for maintenance in (silver.maintenance_of(driver, dataset), *(driver.maintenance("gold", (table, driver.contracts.canaries)) for table in tables)):
        batch = maintained(batch, maintenance)
    return batch
