"""Gold: whatever the order, the splits and the repeats, the incremental table equals a full recompute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medallion.gold_tables import FOLDS
from medallion.state import advance, recompute
from medallion.tables import schema_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def table_named(contracts, name):
    return next(table for dataset in contracts.datasets for table in dataset.gold_tables() if table.name == name)


def silver_of(contracts, name):
    return next(dataset for dataset in contracts.datasets if any(table.name == name for table in dataset.gold_tables())).table("silver")


def frame(spark, table, rows):
    schema = schema_of(table.ddl)
    return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


# A fact is decided by (source, name, action, sequence), as in Silver.
listing = st.builds(
    lambda name, source, action, sequence: {
        "entry_type": "domain",
        "name": name,
        "scope": "exact",
        "source": source,
        "action": action,
        "category": f"category-{source}",
        "event": "listed" if (sequence + len(name)) % 2 == 0 else "delisted",
        "sequence": sequence,
        "observed_at": START + timedelta(hours=sequence),
    },  # fmt: skip
    st.sampled_from(["a.example", "bb.example"]),
    st.sampled_from(["s1", "s2"]),
    st.sampled_from(["block", "block", "allow"]),
    st.integers(1, 5),
)
check = st.builds(
    lambda source, hour, outcome, entries: {"source": source, "run_id": f"{source}-{hour}", "started_at": START + timedelta(hours=hour), "outcome": outcome, "entries": entries, "sequence": hour},
    st.sampled_from(["s1", "s2"]),
    st.integers(0, 5),
    st.sampled_from(["changed", "failed"]),
    st.none() | st.just(7),
)  # fmt: skip


def one_per_key(rows, key):
    return list({tuple(row[name] for name in key): row for row in rows}.values())


def assert_incremental_equals_full(spark, contracts, name, rows, cuts):
    table, silver, fold = table_named(contracts, name), silver_of(contracts, name), FOLDS[name]
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


slow = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@slow
@given(rows=st.lists(listing, min_size=1, max_size=12), cuts=st.lists(st.integers(0, 12), max_size=3))
def test_harmful_domains_folded_in_any_order_and_splits_equals_a_full_recompute(spark, contracts, rows, cuts):
    assert_incremental_equals_full(spark, contracts, "harmful_domains", rows, cuts)


@slow
@given(rows=st.lists(check, min_size=1, max_size=10), cuts=st.lists(st.integers(0, 10), max_size=3))
def test_source_status_folded_in_any_order_and_splits_equals_a_full_recompute(spark, contracts, rows, cuts):
    assert_incremental_equals_full(spark, contracts, "source_status", rows, cuts)


def test_a_name_says_who_lists_it_since_when_and_whether_anybody_still_does(spark, contracts):
    fold, silver = FOLDS["harmful_domains"], silver_of(contracts, "harmful_domains")
    base = {"entry_type": "domain", "name": "a.example", "scope": "exact", "action": "block"}
    facts = [
        {**base, "source": "s1", "category": "ads", "event": "listed", "sequence": 1, "observed_at": START},
        {**base, "source": "s1", "category": "ads", "event": "delisted", "sequence": 3, "observed_at": START + timedelta(days=2)},
        {**base, "source": "s2", "category": "malware", "event": "listed", "sequence": 1, "observed_at": START + timedelta(days=1)},
    ]
    row = recompute(fold, frame(spark, silver, facts)).first()
    assert [(s["source"], s["current"], s["sequence"]) for s in row["sources"]] == [("s1", False, 3), ("s2", True, 1)]
    assert (row["categories"], row["source_count"], row["is_active"], row["delisted_at"]) == (["malware"], 1, True, None)
    gone = recompute(fold, frame(spark, silver, facts[:2])).first()
    assert (gone["is_active"], gone["source_count"], gone["categories"]) == (False, 0, [])
    assert gone["delisted_at"].replace(tzinfo=UTC) == START + timedelta(days=2)
    assert gone["first_seen"].replace(tzinfo=UTC) == START


def test_an_exception_is_no_listing_and_says_whose_it_is(spark, contracts):
    fold, silver = FOLDS["harmful_domains"], silver_of(contracts, "harmful_domains")
    base = {"entry_type": "domain", "name": "a.example", "scope": "subtree", "category": "ads", "event": "listed"}
    allow = {**base, "source": "s1", "action": "allow", "sequence": 1, "observed_at": START}
    block = {**base, "source": "s2", "action": "block", "sequence": 4, "observed_at": START + timedelta(days=1)}
    alone = recompute(fold, frame(spark, silver, [allow])).first()
    assert (alone["is_active"], alone["source_count"], alone["first_seen"], alone["delisted_at"], alone["allowed_by"]) == (False, 0, None, None, ["s1"])
    both = recompute(fold, frame(spark, silver, [allow, block])).first()
    assert (both["is_active"], both["source_count"], both["categories"], both["allowed_by"]) == (True, 1, ["ads"], ["s1"])
    assert both["first_seen"].replace(tzinfo=UTC) == START + timedelta(days=1)
    ended = recompute(fold, frame(spark, silver, [allow, {**allow, "event": "delisted", "sequence": 2}])).first()
    assert ended["allowed_by"] == []


def test_every_state_table_of_the_contracts_has_a_fold(contracts):
    assert {table.name for dataset in contracts.datasets for table in dataset.gold_tables()} == set(FOLDS)
