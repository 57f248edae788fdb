"""Writes that a repeated batch does not do twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from medallion.layers.silver.counts import Counts

# A retried batch is the query's last, but maintenance may have committed since.
FIRST_TRY_DEPTH = 50


class CheckpointSetBack(RuntimeError):
    """A checkpoint counts batches anew under an id that the table knows: what it would write now would be taken for written."""


def insert_only_merge(spark: SparkSession, path: str, rows: DataFrame, key: Sequence[str]) -> None:
    """Inserts the rows whose key the table does not hold. A repeat inserts nothing and rewrites nothing."""
    on = reduce(lambda a, b: a & b, [F.col(f"held.{name}") == F.col(f"new.{name}") for name in key])
    DeltaTable.forPath(spark, path).alias("held").merge(rows.alias("new"), on).whenNotMatchedInsertAll().execute()


def append_once(rows: DataFrame, path: str, app_id: str, batch_id: int) -> None:
    """Appends, unless Delta has a commit of this `app_id` and batch already. `app_id` holds the checkpoint's id: a new checkpoint must take a new one."""
    rows.write.format("delta").mode("append").option("txnAppId", app_id).option("txnVersion", str(batch_id)).save(path)


def committed_counts(spark: SparkSession, path: str, query_id: str, batch_id: int) -> tuple[Counts, int] | None:
    """The counts that an earlier try of this batch committed with its rows, and the version; None where there was none.

    `inserted` is what Delta counted when it wrote.
    """
    history = DeltaTable.forPath(spark, path).history(FIRST_TRY_DEPTH).select("version", "userMetadata", "operationMetrics").collect()
    for row in history:
        metadata = json.loads(row["userMetadata"]) if row["userMetadata"] else {}
        if metadata.get("query") == query_id and metadata.get("batch") == batch_id and "counts" in metadata:
            counts = Counts(**metadata["counts"])
            return replace(counts, inserted=int(row["operationMetrics"]["numOutputRows"]) - counts.canaries_inserted), row["version"]
    return None
