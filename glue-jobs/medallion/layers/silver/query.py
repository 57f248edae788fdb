"""The Silver query of a dataset: from its own Bronze, or from the Silver that it is derived from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame

from medallion.arguments import trigger_of
from medallion.contracts import Dataset
from medallion.driver import Driver
from medallion.handover import Handover, behind, take_back_silver
from medallion.layers.derived import Derive, DerivedBatch, assert_derives
from medallion.layers.silver.batch import SilverBatch
from medallion.layers.silver.counts import Counts
from medallion.maintenance import Maintenance
from medallion.metrics import LEDGER_RESIDUAL, QUARANTINE_PERCENT
from medallion.queries import QuarantineRate, QueryId, maintained
from medallion.sizing import by_size
from medallion.tables import appends_of


def maintenance_of(driver: Driver, dataset: Dataset) -> Maintenance:
    return driver.maintenance("silver", (dataset.table("silver"), dataset.table("quarantine"), driver.contracts.ledger))


def batch_of(
    driver: Driver, dataset: Dataset, derive: Derive | None, query_id: Callable[[], str], pass_on: Callable[[DataFrame, int, int], None] | None = None
) -> SilverBatch:
    """A dataset's batch function, telling of what it did.

    Raises:
        ModuleBroken: the dataset is derived by what does not fit its record.
    """
    contracts = driver.contracts
    rate = QuarantineRate()

    def report(counts: Counts, offsets: dict[str, int], version: int | None) -> None:
        values = {LEDGER_RESIDUAL: float(abs(counts.residual))}
        percent = rate.add(counts)
        if percent is not None:
            values[QUARANTINE_PERCENT] = percent
        driver.metrics.put({"Dataset": dataset.name}, values)
        driver.positions.advance(f"silver.{dataset.name}", offsets=offsets, **({} if version is None else {"version": version}))

    shared: tuple[Any, ...] = (driver.arguments.lake, contracts.ledger, contracts.canary_source, query_id, driver.leases["silver"].assert_held, report)
    if derive is None:
        return SilverBatch(dataset, *shared, pass_on)
    assert_derives(driver.spark, dataset, contracts.parent_of(dataset), derive)
    return DerivedBatch(dataset, derive, *shared)


def taken_back(driver: Driver, dataset: Dataset) -> Handover:
    """Where the dataset's own query reads, once no pass carries it any more."""
    silver, bronze = dataset.table("silver"), driver.contracts.parent_of(dataset)
    held = driver.handovers.get(silver, bronze)
    if not held.carrier:
        return held
    driver.leases["silver"].assert_held()
    lake, ledger = driver.arguments.lake, driver.contracts.ledger
    back = take_back_silver(driver.spark, lake, ledger, bronze, held, lambda own_id: batch_of(driver, dataset, None, lambda: own_id))
    driver.handovers.put(silver, back)
    return back


def start(driver: Driver, dataset: Dataset, derive: Derive | None, *, drain: bool = False) -> None:
    """Starts the dataset's own query, or with `drain` lets it read what is there.

    Raises:
        ModuleBroken: the dataset is derived by what does not fit its record.
    """
    parent = driver.contracts.parent_of(dataset)
    driver.await_table(parent)
    query_id = QueryId()
    batch = batch_of(driver, dataset, derive, query_id)
    reading = taken_back(driver, dataset) if derive is None else Handover(parent.path)
    stream = behind(appends_of(driver.spark, driver.arguments.lake, parent, reading.since), reading.offsets)
    driver.start(
        "silver",
        dataset.name,
        None if drain else trigger_of(driver.arguments, "silver", dataset),
        stream.writeStream.foreachBatch(maintained(by_size(batch), maintenance_of(driver, dataset))),
        query_id,
        reads=(parent,),
        suffix=reading.suffix,
    )
