"""ops.checks, ops.runs, ops.maintenance: what the lakehouse did to itself, a row per subject and run."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.layers.fold import Fold

KEY = ("subject", "run_id")
LATEST = ("finished_at", "state", "source", "started_at", "summary", "details")


class Operations:
    """The records of one kind; of several with one key the one that ended last."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def partial(self, facts: DataFrame) -> DataFrame:
        return facts.where(F.col("kind") == self._kind).select(*KEY, *LATEST)

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, *LATEST)

    def finish(self, partials: DataFrame) -> DataFrame:
        return partials.groupBy(*KEY).agg(F.max(F.struct(*LATEST)).alias("last")).select(*KEY, "last.*")


FOLDS: dict[str, Fold] = {"checks": Operations("check"), "runs": Operations("run"), "maintenance": Operations("maintenance")}
