"""The ledger: a row for each batch, beside the rows that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from medallion.contracts import Table
from medallion.layers.silver.counts import Counts
from medallion.tables import schema_of


def _sql_literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(int(value))


def ledger_row(spark: SparkSession, table: Table, dataset: str, query_id: str, batch_id: int, counts: Counts, summary: Sequence[Row]) -> DataFrame:
    """The batch's row, as a SELECT of literals: cheaper than a frame made of Python's values, which runs a job of its own."""
    names = ("topic", "partition", "first_offset", "last_offset", "records")
    offsets = sorted(tuple(row[name] for name in names) for row in summary)
    structs = [
        f"named_struct({', '.join(f'{_sql_literal(name)}, {_sql_literal(value)}' for name, value in zip(names, each, strict=True))})" for each in offsets
    ]
    values = {
        **{name: _sql_literal(value) for name, value in asdict(counts).items() if name != "canaries_inserted"},
        "dataset": _sql_literal(dataset),
        "query_id": _sql_literal(query_id),
        "batch_id": _sql_literal(batch_id),
        "committed_at": "current_timestamp()",
        "residual": _sql_literal(counts.residual),
        "offsets": f"array({', '.join(structs)})",
    }
    columns = [f"CAST({values[field.name]} AS {field.dataType.simpleString()}) AS `{field.name}`" for field in schema_of(table.ddl).fields]
    return spark.sql(f"SELECT {', '.join(columns)}")
