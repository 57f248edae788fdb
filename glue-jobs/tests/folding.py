"""Whatever the order, the splits and the repeats, an incremental state table equals a full recompute."""

from __future__ import annotations

from itertools import pairwise

from cases import assert_each_equal, by_case
from frames import frame, one_per_key, silver_of, table_named

from medallion.layers.fold import advance, recompute
from medallion.tables import schema_of

CASES = 60


def slices_of(facts, cuts):
    """The facts in their order, cut; at least one slice."""
    points = sorted({min(cut, len(facts)) for cut in cuts} | {0, len(facts)})
    return [facts[a:b] for a, b in pairwise(points)] or [[]]


def side_by_side(of_cases, number):
    """The slices of that number of all cases, in one batch: their keys differ."""
    return [fact for slices in of_cases for fact in (slices[number] if number < len(slices) else [])]


def assert_incremental_equals_full(spark, contracts, name, fold, cases, apart):
    """
    Args:
        cases: rows of Silver, and where they are cut into batches.
        apart: a text column of the table's key; the cases are told apart by what stands before its `|`.
    """
    table, silver = table_named(contracts, name), silver_of(contracts, name)
    own = [(one_per_key([{**row, apart: f"{i}|{row[apart]}"} for row in rows], silver.key), cuts) for i, (rows, cuts) in enumerate(cases)]
    names = schema_of(table.ddl).names
    full = recompute(fold, frame(spark, silver, [fact for facts, _ in own for fact in facts])).select(*names).orderBy(*table.key).collect()
    # The last slice is given twice: foreachBatch is at least once.
    of_cases = [[*slices, slices[-1]] for slices in (slices_of(facts, cuts) for facts, cuts in own)]
    state = frame(spark, table, [])
    for number in range(max(map(len, of_cases))):
        new = advance(fold, state, frame(spark, silver, side_by_side(of_cases, number)), table.key).select(*names)
        merged = state.join(new.select(*table.key), list(table.key), "left_anti").unionByName(new)
        state = spark.createDataFrame(merged.collect(), schema_of(table.ddl))

    def case_of(row):
        return int(row[apart].split("|")[0])

    assert_each_equal(cases, by_case(state.orderBy(*table.key).collect(), case_of), by_case(full, case_of))
