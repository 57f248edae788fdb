"""Bronze rows of harmful_domains for tests of Silver, and a lake of them in a folder."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from empty_tables import empty_tables

from medallion.layers.silver.batch import SilverBatch
from medallion.layers.silver.counts import bounded_fields, summarise
from medallion.layers.silver.outcomes import mark_held, with_outcome
from medallion.layers.silver.parse import parse
from medallion.tables import path_of, schema_of

AT = datetime(2026, 1, 1, tzinfo=UTC)


def record(name="a.example", sequence=1, **changes):
    value = {
        "source": "s", "entry_type": "domain", "name": name, "scope": "exact", "action": "block", "event": "listed",
        "sequence": sequence, "category": "c", "observed_at": "2026-01-01T00:00:00.000Z", "line": 1,
    }  # fmt: skip
    return json.dumps({**value, **changes}).encode()


def bronze(spark, contracts, values, *, headers=None, first_offset=0, offsets=None):
    """The values as rows of Bronze, at the offsets given, else one behind the other."""
    at = offsets or range(first_offset, first_offset + len(values))
    dataset = contracts.datasets[0]
    schema = schema_of(dataset.table("bronze").ddl)
    rows = [
        {
            "key": b"k", "value": value, "headers": headers or [{"key": "sluice-run", "value": b"run-1"}], "topic": dataset.topic,
            "partition": 0, "offset": offset, "kafka_timestamp": AT, "ingested_at": AT, "ingestion_date": date(2026, 1, 1),
        }
        for offset, value in zip(at, values, strict=True)
    ]  # fmt: skip
    return spark.createDataFrame([tuple(row[name] for name in schema.names) for row in rows], schema)


def outcomes_of(spark, contracts, values, held=()):
    dataset = contracts.datasets[0]
    outcomes = with_outcome(parse(bronze(spark, contracts, values), dataset), dataset.key)
    return mark_held(outcomes, parse(bronze(spark, contracts, list(held)), dataset), dataset.key) if held else outcomes


def summary_of(contracts, outcomes):
    dataset = contracts.datasets[0]
    return summarise(outcomes, bounded_fields(dataset.record_ddl, dataset.key), contracts.canary_source)


def shown(outcomes):
    rows = outcomes.orderBy("offset").collect()
    return [(row["_outcome"], [broken["rule"] for broken in row["_broken"]]) for row in rows]


class Lake:
    def __init__(self, spark, contracts, folder):
        self.spark, self.contracts, self.path = spark, contracts, str(folder)
        self.dataset = contracts.datasets[0]
        empty_tables(spark, self.path, contracts.tables_of("silver"))
        self.reported = []

    def batch(self, query_id="q1"):
        return SilverBatch(self.dataset, self.path, self.contracts.ledger, self.contracts.canary_source, lambda: query_id, lambda: None, self.report)

    def report(self, *told):
        self.reported.append(told)

    def counts(self):
        return [counts for counts, _offsets, _version in self.reported]

    def rows(self, table):
        return self.spark.read.format("delta").load(path_of(self.path, table))
