"""The ledger: a row for each batch, beside the rows that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from pyspark.sql import DataFrame, Row, SparkSession

from medallion.contracts import Table
from medallion.layers.silver.counts import Counts
from medallion.tables import literal_row, sql_literal


def ledger_row(spark: SparkSession, table: Table, dataset: str, query_id: str, batch_id: int, counts: Counts, summary: Sequence[Row]) -> DataFrame:
    """The batch's row, as a SELECT of literals: cheaper than a frame made of Python's values, which runs a job of its own."""
    names = ("topic", "partition", "first_offset", "last_offset", "records")
    offsets = sorted(tuple(row[name] for name in names) for row in summary)
    structs = [f"named_struct({', '.join(f'{sql_literal(name)}, {sql_literal(value)}' for name, value in zip(names, each, strict=True))})" for each in offsets]
    values = {
        **{name: sql_literal(value) for name, value in asdict(counts).items() if name != "canaries_inserted"},
        "dataset": sql_literal(dataset),
        "query_id": sql_literal(query_id),
        "batch_id": sql_literal(batch_id),
        "committed_at": "current_timestamp()",
        "residual": sql_literal(counts.residual),
        "offsets": f"array({', '.join(structs)})",
    }
    return literal_row(spark, table, values)
