"""Records of harmful_domains for tests."""

from __future__ import annotations

from datetime import timedelta

from frames import START
from hypothesis import strategies as st

BASE = {
    "entry_type": "domain",
    "name": "a.example",
    "scope": "exact",
    "action": "block",
    "event": "listed",
    "sequence": 1,
    "observed_at": START,
    "reliability": 0.5,
}


def history(*events, name="a.example", source="s1", **more):
    """A name's events in turn, (event, day); sequences count up."""
    return [
        {
            **BASE,
            "name": name,
            "source": source,
            "category": "ads",
            "event": event,
            "sequence": i + 1,
            "observed_at": START + timedelta(days=day, hours=i),
            **more,
        }
        for i, (event, day) in enumerate(events)
    ]


histories = st.lists(st.tuples(st.sampled_from(["s1", "s2"]), st.lists(st.integers(0, 3), min_size=1, max_size=4)), min_size=1, max_size=4)


def facts_of_histories(names):
    return [
        fact
        for i, (source, days) in enumerate(names)
        for fact in history(
            *zip(["listed", "delisted"] * 2, sorted(days), strict=False), name=f"n{i % 3}.example", source=source, scope="exact" if i % 2 else "subtree"
        )
    ]
