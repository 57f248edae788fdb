"""Whatever the order, the splits and the repeats, an incremental state table equals a full recompute."""

from __future__ import annotations

from frames import frame, one_per_key, silver_of, table_named
from hypothesis import HealthCheck, settings

from medallion.layers.fold import advance, recompute
from medallion.tables import schema_of

slow = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def assert_incremental_equals_full(spark, contracts, name, fold, rows, cuts):
    table, silver = table_named(contracts, name), silver_of(contracts, name)
    facts = one_per_key(rows, silver.key)
    names = schema_of(table.ddl).names
    full = recompute(fold, frame(spark, silver, facts)).select(*names).orderBy(*table.key).collect()
    state = frame(spark, table, [])
    points = sorted({min(cut, len(facts)) for cut in cuts} | {0, len(facts)})
    # The last slice is given twice: foreachBatch is at least once.
    slices = [facts[a:b] for a, b in zip(points, points[1:], strict=False)]
    for part in [*slices, *slices[-1:]]:
        new = advance(fold, state, frame(spark, silver, part), table.key).select(*names)
        merged = state.join(new.select(*table.key), list(table.key), "left_anti").unionByName(new)
        state = spark.createDataFrame(merged.collect(), schema_of(table.ddl))
    assert state.orderBy(*table.key).collect() == full
