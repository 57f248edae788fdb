"""ops.checks, ops.runs, ops.maintenance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from datasets.operations import FOLDS
from medallion.layers.fold import advance, recompute
from medallion.tables import schema_of


def test_operations_keep_the_record_that_ended_last_per_subject_and_run(spark, contracts):
    dataset = contracts.dataset("operations")
    silver = dataset.table("silver")
    names = schema_of(silver.ddl).names
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def fact(kind, run, state, minutes):
        values = {"kind": kind, "subject": "kafka", "run_id": run, "source": "monitor", "started_at": at, "finished_at": at + timedelta(minutes=minutes)}
        return tuple({**values, "state": state, "summary": state, "details": "{}"}.get(name) for name in names)

    facts = [fact("check", "r1", "failed", 1), fact("check", "r1", "ok", 2), fact("check", "r2", "ok", 3), fact("run", "r1", "ok", 9)]
    frames = [spark.createDataFrame(part, schema_of(silver.ddl)) for part in (facts[:2], facts[2:])]
    fold, table = FOLDS["checks"], next(table for table in dataset.gold_tables() if table.name == "checks")
    state = spark.createDataFrame([], schema_of(table.ddl))
    for frame in frames:
        new = advance(fold, state, frame, table.key)
        kept = state.join(new.select(*table.key), list(table.key), "left_anti")
        state = kept.unionByName(new)
    rows = [(row["subject"], row["run_id"], row["state"]) for row in state.orderBy("run_id").collect()]
    assert rows == [("kafka", "r1", "ok"), ("kafka", "r2", "ok")]
    full = recompute(fold, frames[0].unionByName(frames[1])).select(*schema_of(table.ddl).names)
    assert sorted(map(tuple, full.collect())) == sorted(map(tuple, state.select(*full.columns).collect()))
