"""The Silver query of a dataset that a topic feeds."""

from __future__ import annotations

from medallion.arguments import trigger_of
from medallion.contracts import Dataset
from medallion.driver import Driver
from medallion.layers.silver.batch import SilverBatch
from medallion.layers.silver.counts import Counts
from medallion.metrics import LEDGER_RESIDUAL, QUARANTINE_PERCENT
from medallion.queries import QuarantineRate, QueryId, maintained
from medallion.tables import appends_of


def start(driver: Driver, dataset: Dataset) -> None:
    spark, lake, contracts = driver.spark, driver.arguments.lake, driver.contracts
    bronze = dataset.table("bronze")
    driver.await_table(bronze)
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
    batch = SilverBatch(dataset, lake, contracts.ledger, contracts.canary_source, query_id, driver.leases["silver"].assert_held, report)
    rows = appends_of(spark, lake, bronze)
    driver.start(
        "silver",
        dataset.name,
        trigger_of(driver.arguments, "silver", dataset),
        rows.writeStream.foreachBatch(maintained(batch, maintenance)),
        query_id,
        reads=(bronze,),
    )
