"""Words of parent_dataset, and gold.new_dataset: when each was first and last said."""

from __future__ import annotations

from datetime import timedelta

from cases import generated
from folding import CASES, assert_incremental_equals_full
from frames import START, frame
from hypothesis import strategies as st

from datasets.new_dataset import FOLDS, derive
from medallion.layers.derived import assert_derives, derived_rows


def parent(offset, text):
    return {"source": "s", "run_id": "r", "topic": "parent_dataset", "partition": 0, "offset": offset, "kafka_timestamp": START, "parent_field": text}


def said(word, hour):
    return {"source": "s", "word": word, "topic": "parent_dataset", "partition": 0, "offset": hour, "ordinal": 0, "kafka_timestamp": START + timedelta(hours=hour)}


words = st.builds(said, st.sampled_from(["one", "two"]), st.integers(0, 5))


def test_words_folded_in_any_order_and_splits_equal_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(st.lists(words, min_size=1, max_size=8), st.lists(st.integers(0, 8), max_size=3)), CASES)
    assert_incremental_equals_full(spark, contracts, "new_dataset", FOLDS["new_dataset"], cases, apart="word")


def test_of_a_row_as_many_are_made_as_it_has_words(spark, contracts):
    dataset = contracts.dataset("new_dataset")
    silver = frame(spark, contracts.dataset("parent_dataset").table("silver"), [parent(1, "One, two"), parent(2, None), parent(3, "--")])
    made = derived_rows(silver, dataset, derive).select("offset", "ordinal", "word", "source").collect()
    assert sorted(tuple(row) for row in made) == [(1, 0, "one", "s"), (1, 1, "two", "s")]


def test_what_is_derived_is_what_the_contract_declares(spark, contracts):
    assert_derives(spark, contracts.dataset("new_dataset"), contracts.dataset("parent_dataset").table("silver"), derive)
