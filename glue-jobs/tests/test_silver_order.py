"""Silver and Gold are the same whatever the order, the batches and the checkpoints."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from silver_rows import Lake, bronze, record

from datasets.harmful_domains import FOLDS
from medallion.layers.fold import recompute


def in_batches(spark, contracts, lake, values, cuts, query_id="q1"):
    """Runs the records through Silver, cut into batches, as one query with a checkpoint of its own."""
    points = sorted({min(cut, len(values)) for cut in cuts} | {0, len(values)})
    batch = lake.batch(query_id)
    for number, (start, end) in enumerate(zip(points, points[1:], strict=False)):
        batch(bronze(spark, contracts, values[start:end], first_offset=start), number)


def records_of(lake, layer):
    """Rows without where and when they stood: what a record says."""
    place = ("topic", "partition", "offset", "kafka_timestamp", "ingested_at")
    rows = lake.rows(lake.dataset.table(layer))
    return sorted(json.dumps(row.asDict(True), default=str, sort_keys=True) for row in rows.drop(*place).collect())


events = st.lists(
    st.sampled_from([record(name, sequence) for name in ("a.example", "b.example") for sequence in (1, 2, 3)] + [b"bad", b"{"]), min_size=1, max_size=10
)
slow = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@slow
@given(values=events, order=st.randoms(use_true_random=False), cuts=st.lists(st.integers(0, 10), max_size=2))
def test_the_order_and_the_batches_of_records_change_nothing_in_silver_or_gold(spark, contracts, tmp_path_factory, values, order, cuts):
    shuffled = list(values)
    order.shuffle(shuffled)
    whole, pieces = (Lake(spark, contracts, tmp_path_factory.mktemp("lake")) for _ in range(2))
    in_batches(spark, contracts, whole, values, [])
    in_batches(spark, contracts, pieces, shuffled, cuts)
    assert records_of(pieces, "silver") == records_of(whole, "silver")
    gold = [FOLDS["harmful_domains"] for _ in range(2)]
    tables = [
        recompute(fold, lake.rows(lake.dataset.table("silver"))).orderBy("entry_type", "name").collect()
        for fold, lake in zip(gold, (whole, pieces), strict=True)
    ]
    assert tables[0] == tables[1]


@slow
@given(values=events, cuts=st.lists(st.integers(0, 10), max_size=2), again=st.lists(st.integers(0, 10), max_size=2))
def test_a_replay_of_everything_with_fresh_checkpoints_gives_identical_tables(spark, contracts, tmp_path_factory, values, cuts, again):
    lake = Lake(spark, contracts, tmp_path_factory.mktemp("lake"))
    in_batches(spark, contracts, lake, values, cuts)
    key = ("partition", "offset")
    before = [lake.rows(lake.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")]
    in_batches(spark, contracts, lake, values, again, query_id="q2")
    assert [lake.rows(lake.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")] == before
    fresh = Lake(spark, contracts, tmp_path_factory.mktemp("lake"))
    in_batches(spark, contracts, fresh, values, again)
    assert [fresh.rows(fresh.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")] == before
