"""Frames and tables for tests, by what the contracts say."""

from __future__ import annotations

from datetime import UTC, datetime

from medallion.tables import schema_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def table_named(contracts, name):
    return next(table for dataset in contracts.datasets for table in dataset.gold_tables() if table.name == name)


def silver_of(contracts, name):
    return next(dataset for dataset in contracts.datasets if any(table.name == name for table in dataset.gold_tables())).table("silver")


def frame(spark, table, rows):
    schema = schema_of(table.ddl)
    return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


def one_per_key(rows, key):
    return list({tuple(row[name] for name in key): row for row in rows}.values())
