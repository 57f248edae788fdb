"""The one filter that keeps canary records out of counts."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F


def is_canary(canary_source: str, source: str | Column = "source") -> Column:
    """True where a row is a canary's; false, never null, elsewhere."""
    return F.coalesce((F.col(source) if isinstance(source, str) else source) == F.lit(canary_source), F.lit(False))
