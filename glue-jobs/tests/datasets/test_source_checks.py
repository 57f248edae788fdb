"""gold.source_status: each source's last check."""

from __future__ import annotations

from datetime import timedelta

from folding import assert_incremental_equals_full, slow
from frames import START
from hypothesis import given
from hypothesis import strategies as st

from datasets.source_checks import FOLDS

check = st.builds(
    lambda source, hour, outcome, entries: {"source": source, "run_id": f"{source}-{hour}", "started_at": START + timedelta(hours=hour), "outcome": outcome, "entries": entries, "sequence": hour},
    st.sampled_from(["s1", "s2"]),
    st.integers(0, 5),
    st.sampled_from(["changed", "failed"]),
    st.none() | st.just(7),
)  # fmt: skip


@slow
@given(rows=st.lists(check, min_size=1, max_size=10), cuts=st.lists(st.integers(0, 10), max_size=3))
def test_source_status_folded_in_any_order_and_splits_equals_a_full_recompute(spark, contracts, rows, cuts):
    assert_incremental_equals_full(spark, contracts, "source_status", FOLDS["source_status"], rows, cuts)
