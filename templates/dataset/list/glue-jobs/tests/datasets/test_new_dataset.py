"""gold.new_dataset: each item as it is now."""

from __future__ import annotations

from datetime import timedelta

from cases import generated
from folding import CASES, assert_incremental_equals_full
from frames import START, frame, silver_of
from hypothesis import strategies as st

from datasets.new_dataset import FOLDS
from medallion.layers.fold import recompute


def said(item, sequence, event="added", **more):
    return {"source": "s", "item_id": item, "sequence": sequence, "observed_at": START + timedelta(hours=sequence), "event": event, **more}


facts = st.builds(said, st.sampled_from(["a", "b"]), st.integers(1, 5), st.sampled_from(["added", "gone"]))


def test_items_folded_in_any_order_and_splits_equal_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(st.lists(facts, min_size=1, max_size=8), st.lists(st.integers(0, 8), max_size=3)), CASES)
    assert_incremental_equals_full(spark, contracts, "new_dataset", FOLDS["new_dataset"], cases, apart="item_id")


def test_an_item_is_what_its_last_snapshot_says(spark, contracts):
    rows = [said("a", 1), said("a", 2, "changed"), said("b", 1), said("b", 2, "gone")]
    found = recompute(FOLDS["new_dataset"], frame(spark, silver_of(contracts, "new_dataset"), rows)).collect()
    assert {row["item_id"]: (row["is_listed"], row["sequence"]) for row in found} == {"a": (True, 2), "b": (False, 2)}
