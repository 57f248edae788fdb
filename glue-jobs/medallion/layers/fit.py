"""Whether a dataset's own code fits its tables: found on empty ones, before any of its queries has begun."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession

from medallion.contracts import Table
from medallion.layers import ModuleBroken
from medallion.tables import schema_of


def empty(spark: SparkSession, table: Table) -> DataFrame:
    return spark.createDataFrame([], schema_of(table.ddl))


def assert_fits(what: str, ddl: str, make: Callable[[], DataFrame]) -> None:
    """Applies the code and holds its columns against those of the contract.

    Raises:
        ModuleBroken: it fails, or gives fewer columns than `ddl` says, or columns of another type.
    """
    try:
        given = {field.name: field.dataType.simpleString() for field in make().schema.fields}
    except Exception as cause:
        raise ModuleBroken(f"{what} fails on empty tables: {type(cause).__name__}: {str(cause).splitlines()[0]}") from cause
    for field in schema_of(ddl).fields:
        wanted = field.dataType.simpleString()
        if field.name not in given:
            raise ModuleBroken(f"{what} gives no column {field.name}, which the contract declares as {wanted}")
        if given[field.name] != wanted:
            raise ModuleBroken(f"{what} gives {field.name} as {given[field.name]}, the contract says {wanted}")
