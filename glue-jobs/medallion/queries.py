"""What surrounds the batches of a query."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql.streaming import StreamingQuery

from medallion.layers.silver.counts import Counts
from medallion.maintenance import Maintenance

# Of fewer records no share is told: one bad row of three is no rate.
RATE_RECORDS = 20

Batch = Callable[[DataFrame, int], None]


def maintained(batch: Batch, maintenance: Maintenance) -> Batch:
    """A batch function, and after each batch a step of maintenance where one is due."""

    def with_maintenance(rows: DataFrame, batch_id: int) -> None:
        batch(rows, batch_id)
        maintenance.after_batch(rows.sparkSession)

    return with_maintenance


def in_turn(batch: Batch, turns: threading.Semaphore) -> Batch:
    """A batch function that waits for its turn. Periodic tables are woken at the same moment, and they are what can wait best."""

    def when_it_is_its_turn(rows: DataFrame, batch_id: int) -> None:
        with turns:
            batch(rows, batch_id)

    return when_it_is_its_turn


class QuarantineRate:
    """The part of the records that were quarantined, told once enough of them have come: several small batches count as one."""

    def __init__(self) -> None:
        self._read = self._quarantined = 0

    def add(self, counts: Counts) -> float | None:
        self._read += counts.made
        self._quarantined += counts.quarantined
        if self._read < RATE_RECORDS:
            return None
        percent = 100.0 * self._quarantined / self._read
        self._read = self._quarantined = 0
        return percent


class QueryId:
    """The checkpoint's id of a query, known once it has started; a batch that is earlier waits."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self._id = ""

    def set(self, query: StreamingQuery) -> None:
        self._id = str(query.id)
        self._known.set()

    def __call__(self) -> str:
        if not self._known.wait(timeout=60):
            raise RuntimeError("the query did not tell its id within 60 s")
        return self._id


def triggered(query: StreamingQuery) -> bool:
    """Whether a query has been through a trigger. One that found nothing has told no progress: it waits."""
    return query.lastProgress is not None or str(query.status["message"]).startswith("Waiting")
