"""gold.new_dataset: the last event of each item."""

from __future__ import annotations

from datetime import timedelta

from cases import generated
from folding import CASES, assert_incremental_equals_full
from frames import START, frame, silver_of
from hypothesis import strategies as st

from datasets.new_dataset import FOLDS
from medallion.layers.fold import recompute


def event(item, hour, amount=1.0):
    return {"source": "s", "item_id": item, "event_id": f"{item}-{hour}", "happened_at": START + timedelta(hours=hour), "amount": amount}


events = st.builds(event, st.sampled_from(["a", "b"]), st.integers(1, 5))


def test_events_folded_in_any_order_and_splits_equal_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(st.lists(events, min_size=1, max_size=8), st.lists(st.integers(0, 8), max_size=3)), CASES)
    assert_incremental_equals_full(spark, contracts, "new_dataset", FOLDS["new_dataset"], cases, apart="item_id")


def test_the_last_event_of_an_item_stays(spark, contracts):
    rows = [event("a", 2, 20.0), event("a", 1, 10.0), event("b", 1, 5.0)]
    found = recompute(FOLDS["new_dataset"], frame(spark, silver_of(contracts, "new_dataset"), rows)).collect()
    assert {row["item_id"]: row["amount"] for row in found} == {"a": 20.0, "b": 5.0}
