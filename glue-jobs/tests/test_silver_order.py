"""Silver and Gold are the same whatever the order, the batches and the checkpoints."""

from __future__ import annotations

import json
import random

from cases import generated
from folding import side_by_side, slices_of
from hypothesis import strategies as st
from silver_rows import Lake, bronze, record

from datasets.harmful_domains import FOLDS
from medallion.layers.fold import recompute

CASES = 20


def placed(of_cases):
    """The records of all cases, each with an offset of its own; those of a case in its order."""
    offsets = iter(range(sum(map(len, of_cases))))
    return [[(next(offsets), value) for value in values] for values in of_cases]


def in_batches(spark, contracts, lake, of_cases, cuts, query_id="q1"):
    """Runs the records of all cases through Silver side by side, each case cut into batches, as one query with a checkpoint of its own."""
    slices = [slices_of(records, points) for records, points in zip(of_cases, cuts, strict=True)]
    batch = lake.batch(query_id)
    for number in range(max(map(len, slices))):
        records = side_by_side(slices, number)
        batch(bronze(spark, contracts, [value for _, value in records], offsets=[offset for offset, _ in records]), number)


def records_of(lake, layer):
    """Rows without where and when they stood: what a record says."""
    place = ("topic", "partition", "offset", "kafka_timestamp", "ingested_at")
    rows = lake.rows(lake.dataset.table(layer))
    return sorted(json.dumps(row.asDict(True), default=str, sort_keys=True) for row in rows.drop(*place).collect())


def own(value, case):
    """The record, of a name that no other case has."""
    return value.replace(b'"name": "', f'"name": "c{case}-'.encode())


EVENTS = [record(name, sequence) for name in ("a.example", "b.example") for sequence in (1, 2, 3)] + [b"bad", b"{"]
events = st.lists(st.sampled_from(EVENTS), min_size=1, max_size=10)
cuts = st.lists(st.integers(0, 10), max_size=2)


def test_the_order_and_the_batches_of_records_change_nothing_in_silver_or_gold(spark, contracts, tmp_path_factory):
    cases = generated(st.tuples(events, st.integers(0, 2**32), cuts), CASES)
    values = [[own(value, i) for value in each] for i, (each, _, _) in enumerate(cases)]
    shuffled = [random.Random(seed).sample(each, len(each)) for each, (_, seed, _) in zip(values, cases, strict=True)]
    whole, pieces = (Lake(spark, contracts, tmp_path_factory.mktemp("lake")) for _ in range(2))
    in_batches(spark, contracts, whole, placed(values), [[]] * CASES)
    in_batches(spark, contracts, pieces, placed(shuffled), [points for _, _, points in cases])
    assert records_of(pieces, "silver") == records_of(whole, "silver") != []
    tables = [recompute(FOLDS["harmful_domains"], lake.rows(lake.dataset.table("silver"))).orderBy("entry_type", "name").collect() for lake in (whole, pieces)]
    assert tables[0] == tables[1] != []


def test_a_replay_of_everything_with_fresh_checkpoints_gives_identical_tables(spark, contracts, tmp_path_factory):
    cases = generated(st.tuples(events, cuts, cuts), CASES)
    records = placed([[own(value, i) for value in each] for i, (each, _, _) in enumerate(cases)])
    first, again = [points for _, points, _ in cases], [points for _, _, points in cases]
    lake = Lake(spark, contracts, tmp_path_factory.mktemp("lake"))
    in_batches(spark, contracts, lake, records, first)
    key = ("partition", "offset")
    before = [lake.rows(lake.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")]
    assert all(before)
    in_batches(spark, contracts, lake, records, again, query_id="q2")
    assert [lake.rows(lake.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")] == before
    fresh = Lake(spark, contracts, tmp_path_factory.mktemp("lake"))
    in_batches(spark, contracts, fresh, records, again)
    assert [fresh.rows(fresh.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")] == before
