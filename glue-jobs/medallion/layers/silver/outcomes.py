"""What becomes of each record: a new row, a repeat, aside, or out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from medallion.layers.silver.parse import RAW

# An outcome for each record, in this order of precedence.
QUARANTINED, DROPPED, DUPLICATE, INSERTED = "quarantined", "dropped", "duplicate", "inserted"


def _breaks_any(action: str) -> Column:
    return F.exists("_broken", lambda entry: entry["action"] == action)


@cache
def _outcome_columns(key: tuple[str, ...]) -> tuple[Column, Column]:
    """Number of a record among the batch's with its key, and its outcome by that number."""
    candidate = ~_breaks_any("quarantine") & ~_breaks_any("drop")
    nth = F.row_number().over(Window.partitionBy(*key, candidate).orderBy("topic", "partition", "offset", "_read_at"))
    outcome = F.when(_breaks_any("quarantine"), QUARANTINED).when(_breaks_any("drop"), DROPPED).when(F.col("_nth") > 1, DUPLICATE).otherwise(INSERTED)
    return nth, outcome


def with_outcome(parsed: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """Adds `_outcome` to every record, as far as the batch itself decides it: of several records with one key the one with the lowest
    coordinates is inserted."""
    nth, outcome = _outcome_columns(key)
    return parsed.withColumn("_nth", nth).withColumn("_outcome", outcome).drop("_nth")


def mark_held(outcomes: DataFrame, existing_keys: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """Turns what would be inserted into duplicates where Silver has the key. `existing_keys` holds Silver's keys, or those that can match."""
    held = existing_keys.select(*key).dropDuplicates().withColumn("_held", F.lit(True))
    outcome = F.when(F.col("_held") & (F.col("_outcome") == INSERTED), DUPLICATE).otherwise(F.col("_outcome"))
    return outcomes.join(held, list(key), "left").withColumn("_outcome", outcome).drop("_held")


@cache
def _silver_columns(names: tuple[str, ...]) -> list[Column]:
    warnings = F.transform(F.filter("_broken", lambda entry: entry["action"] == "warn"), lambda entry: entry["rule"])
    return [warnings.alias(name) if name == "warnings" else F.col(name) for name in names]


def silver_rows(outcomes: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The rows to insert, with Silver's columns."""
    return outcomes.where(F.col("_outcome") == INSERTED).select(_silver_columns(tuple(columns)))


def quarantine_rows(outcomes: DataFrame, kept: Sequence[str] = RAW) -> DataFrame:
    """A row per quarantined record and rule of action quarantine that it breaks, with the columns that are kept of it: bytes unchanged."""
    entry = F.explode(F.filter("_broken", lambda broken: broken["action"] == "quarantine")).alias("_entry")
    return (
        outcomes.where(F.col("_outcome") == QUARANTINED)
        .select(*kept, entry)
        .select(*kept, F.col("_entry")["rule"].alias("rule"), F.col("_entry")["reason"].alias("reason"))
    )
