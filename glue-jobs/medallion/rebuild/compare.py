"""Two tables, compared by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType


@dataclass(frozen=True)
class Comparison:
    """Rows by key: in both and equal, in both and different, in the old table alone, in the new one alone."""

    same: int
    different: int
    only_old: int
    only_new: int


def aligned_to(table: DataFrame, schema: StructType) -> DataFrame:
    """The columns of a schema; those that the table lacks are null."""
    missing = [field for field in schema.fields if field.name not in table.columns]
    return reduce(lambda frame, field: frame.withColumn(field.name, F.lit(None).cast(field.dataType)), missing, table).select(*schema.names)


def compare(old: DataFrame, new: DataFrame, key: Sequence[str], columns: Sequence[str]) -> Comparison:
    """Compares two tables by their key. Columns that the old one lacks count as null."""
    aligned = aligned_to(old, StructType([new.schema[name] for name in columns]))
    values = F.to_json(F.struct(*[name for name in columns if name not in key]), {"ignoreNullFields": "false"})
    left = aligned.select(*key, values.alias("_old"), F.lit(True).alias("_in_old"))
    right = new.select(*key, values.alias("_new"), F.lit(True).alias("_in_new"))
    on = reduce(lambda a, b: a & b, [left[name].eqNullSafe(right[name]) for name in key])
    both = left.join(right, on, "full_outer")
    in_old, in_new = F.coalesce("_in_old", F.lit(False)), F.coalesce("_in_new", F.lit(False))
    kind = F.when(in_old & ~in_new, "only_old").when(in_new & ~in_old, "only_new").when(F.col("_old").eqNullSafe(F.col("_new")), "same").otherwise("different")
    counts = {row["kind"]: row["count"] for row in both.groupBy(kind.alias("kind")).count().collect()}
    return Comparison(**{name: counts.get(name, 0) for name in ("same", "different", "only_old", "only_new")})
