"""The Silver query of a dataset: from its own Bronze, or from the Silver that it is derived from."""

from __future__ import annotations

from typing import Any

from medallion.arguments import trigger_of
from medallion.contracts import Dataset
from medallion.driver import Driver
from medallion.layers.derived import Derive, DerivedBatch, assert_derives
from medallion.layers.silver.batch import SilverBatch
from medallion.layers.silver.counts import Counts
from medallion.metrics import LEDGER_RESIDUAL, QUARANTINE_PERCENT
from medallion.queries import QuarantineRate, QueryId, maintained
from medallion.sizing import by_size
from medallion.tables import appends_of


def start(driver: Driver, dataset: Dataset, derive: Derive | None) -> None:
    """Raises ModuleBroken where the dataset is derived by what does not fit its record."""
    spark, lake, contracts = driver.spark, driver.arguments.lake, driver.contracts
    parent = contracts.parent_of(dataset)
    driver.await_table(parent)
    rate = QuarantineRate()

    def report(counts: Counts, offsets: dict[str, int], version: int | None) -> None:
        values = {LEDGER_RESIDUAL: float(abs(counts.residual))}
        percent = rate.add(counts)
        if percent is not None:
            values[QUARANTINE_PERCENT] = percent
        driver.metrics.put({"Dataset": dataset.name}, values)
        driver.positions.advance(f"silver.{dataset.name}", offsets=offsets, **({} if version is None else {"version": version}))

    query_id = QueryId()
    maintenance = driver.maintenance("silver", (dataset.table("silver"), dataset.table("quarantine"), contracts.ledger))
    shared: tuple[Any, ...] = (lake, contracts.ledger, contracts.canary_source, query_id, driver.leases["silver"].assert_held, report)
    if derive is None:
        batch = SilverBatch(dataset, *shared)
    else:
        assert_derives(spark, dataset, parent, derive)
        batch = DerivedBatch(dataset, derive, *shared)
    driver.start(
        "silver",
        dataset.name,
        trigger_of(driver.arguments, "silver", dataset),
        appends_of(spark, lake, parent).writeStream.foreachBatch(maintained(by_size(batch), maintenance)),
        query_id,
        reads=(parent,),
    )
