"""gold.source_status: each source's last check and its last good one."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.layers.state import Fold

GOOD = ("changed", "unchanged", "not_modified")
STATE = ("source", "last_check_at", "last_outcome", "last_good_at", "entries", "entries_at", "sequence")


class SourceStatus:
    """Every column is a maximum, or what belongs to one."""

    def partial(self, facts: DataFrame) -> DataFrame:
        # Lists count what they block; a document has records alone, and checks of before version 4 had no column for all kinds.
        counted = F.coalesce("entries", "read")
        return facts.select(
            "source",
            F.col("started_at").alias("last_check_at"),
            F.col("outcome").alias("last_outcome"),
            F.when(F.col("outcome").isin(*GOOD), F.col("started_at")).alias("last_good_at"),
            counted.alias("entries"),
            F.when(counted.isNotNull(), F.col("started_at")).alias("entries_at"),
            "sequence",
        )

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*STATE)

    def finish(self, partials: DataFrame) -> DataFrame:
        last = F.max(F.struct("last_check_at", "last_outcome")).alias("last")
        counted = F.max(F.when(F.col("entries_at").isNotNull(), F.struct("entries_at", "entries"))).alias("counted")
        return (
            partials.groupBy("source")
            .agg(last, F.max("last_good_at").alias("last_good_at"), counted, F.max("sequence").alias("sequence"))
            .select("source", "last.*", "last_good_at", F.col("counted.entries").alias("entries"), F.col("counted.entries_at").alias("entries_at"), "sequence")
        )


FOLDS: dict[str, Fold] = {"source_status": SourceStatus()}
