"""gold.source_status: each source's last check."""

from __future__ import annotations

from datetime import timedelta

from cases import generated
from folding import CASES, assert_incremental_equals_full
from frames import START, frame, silver_of
from hypothesis import strategies as st

from datasets.source_checks import FOLDS
from medallion.layers.fold import recompute

check = st.builds(
    lambda source, hour, outcome, entries: {"source": source, "run_id": f"{source}-{hour}", "started_at": START + timedelta(hours=hour), "outcome": outcome, "entries": entries, "read": 9, "sequence": hour},
    st.sampled_from(["s1", "s2"]),
    st.integers(0, 5),
    st.sampled_from(["changed", "failed"]),
    st.none() | st.just(7),
)  # fmt: skip


def test_source_status_folded_in_any_order_and_splits_equals_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(st.lists(check, min_size=1, max_size=10), st.lists(st.integers(0, 10), max_size=3)), CASES)
    assert_incremental_equals_full(spark, contracts, "source_status", FOLDS["source_status"], cases, apart="source")


def test_a_document_counts_its_records_and_a_list_what_it_blocks(spark, contracts):
    base = {"run_id": "r", "started_at": START, "outcome": "changed", "sequence": 1}
    rows = [{**base, "source": "list", "entries": 5, "read": 7}, {**base, "source": "document", "read": 9}, {**base, "source": "before", "entries": 3}]
    found = recompute(FOLDS["source_status"], frame(spark, silver_of(contracts, "source_status"), rows)).collect()
    assert {row["source"]: row["entries"] for row in found} == {"list": 5, "document": 9, "before": 3}
