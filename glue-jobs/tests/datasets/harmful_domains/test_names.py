"""gold.harmful_domains: who lists a name, and what follows from it."""

from __future__ import annotations

from datetime import UTC, timedelta

from cases import generated
from folding import CASES, assert_incremental_equals_full
from frames import START, frame, silver_of
from hypothesis import strategies as st
from listings import BASE

from datasets.harmful_domains import FOLDS
from medallion.layers.fold import recompute

# A fact is decided by (source, name, action, sequence), as in Silver.
listing = st.builds(
    lambda name, source, action, scope, sequence: {
        "entry_type": "domain",
        "name": name,
        "scope": scope,
        "public_suffix": "example",
        "origin": "both" if source == "s2" else None,
        "reliability": {"s1": 0.5, "s2": 0.8}[source],
        "tags": ["t2", source] if sequence % 2 else None,
        "reason": "r" if action == "allow" else None,
        "source": source,
        "action": action,
        "category": f"category-{source}",
        "event": "listed" if (sequence + len(name)) % 2 == 0 else "delisted",
        "restated": sequence % 3 == 0,
        "sequence": sequence,
        "observed_at": START + timedelta(hours=sequence),
    },  # fmt: skip
    st.sampled_from(["a.example", "bb.example"]),
    st.sampled_from(["s1", "s2"]),
    st.sampled_from(["block", "block", "allow", "popular"]),
    st.sampled_from(["exact", "subtree"]),
    st.integers(1, 5),
)


def test_harmful_domains_folded_in_any_order_and_splits_equals_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(st.lists(listing, min_size=1, max_size=12), st.lists(st.integers(0, 12), max_size=3)), CASES)
    assert_incremental_equals_full(spark, contracts, "harmful_domains", FOLDS["harmful_domains"], cases, apart="name")


def test_other_words_for_a_name_leave_since_when_it_is_listed_and_when_that_changed(spark, contracts):
    listed = {"entry_type": "domain", "name": "a.example", "scope": "exact", "action": "block", "source": "s1", "event": "listed"}
    facts = [
        {**listed, "sequence": 1, "observed_at": START, "tags": ["old"], "reliability": 0.5},
        {**listed, "sequence": 4, "observed_at": START + timedelta(days=9), "tags": ["new"], "reliability": 0.5, "restated": True},
    ]
    row = recompute(FOLDS["harmful_domains"], frame(spark, silver_of(contracts, "harmful_domains"), facts)).first()
    [source] = row["sources"]
    assert (row["tags"], source["sequence"], source["current"]) == (["new"], 4, True)
    assert row["first_seen"] == source["first_seen"] == source["changed_at"] == row["last_changed_at"] == row["confidence_at"]
    assert source["changed_at"].replace(tzinfo=UTC) == START


def test_other_words_that_come_before_the_listing_do_not_hide_when_that_changed(spark, contracts):
    listed = {"entry_type": "domain", "name": "a.example", "scope": "exact", "action": "block", "source": "s1", "event": "listed"}
    facts = [
        {**listed, "sequence": 3, "observed_at": START + timedelta(days=9), "restated": True},
        {**listed, "sequence": 1, "observed_at": START},
    ]
    assert_incremental_equals_full(spark, contracts, "harmful_domains", FOLDS["harmful_domains"], [(facts, [1])], apart="name")
    words = recompute(FOLDS["harmful_domains"], frame(spark, silver_of(contracts, "harmful_domains"), facts[:1])).first()
    assert words["last_changed_at"] == words["first_seen"] == words["confidence_at"]


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


def folded(spark, contracts, *facts):
    fold, silver = FOLDS["harmful_domains"], silver_of(contracts, "harmful_domains")
    return recompute(fold, frame(spark, silver, [{**BASE, **fact} for fact in facts])).first()


def test_a_lists_exception_cancels_its_own_block_and_no_other(spark, contracts):
    allow = {"source": "s1", "action": "allow", "scope": "subtree"}
    block = {"source": "s2", "category": "ads", "observed_at": START + timedelta(days=1)}
    alone = folded(spark, contracts, allow)
    assert (alone["is_active"], alone["source_count"], alone["first_seen"], alone["delisted_at"], alone["confidence_base"]) == (False, 0, None, None, None)
    assert [(a["source"], a["scope"]) for a in alone["allowed"]] == [("s1", "subtree")]
    both = folded(spark, contracts, allow, block)
    assert (both["is_active"], both["source_count"], both["categories"], both["scope"]) == (True, 1, ["ads"], "exact")
    assert both["first_seen"].replace(tzinfo=UTC) == START + timedelta(days=1)
    subtree = {"source": "s1", "scope": "subtree"}
    own = folded(spark, contracts, allow, subtree)
    assert (own["is_active"], own["source_count"]) == (False, 0)
    ended = folded(spark, contracts, allow, {**allow, "event": "delisted", "sequence": 2}, subtree)
    assert (ended["is_active"], ended["allowed"]) == (True, [])


def test_a_lists_exception_is_of_the_scope_that_it_has(spark, contracts):
    """What one rule of a list does to another was decided where the list was read: both stand, so both are meant."""
    exact, subtree = {"source": "s1"}, {"source": "s1", "scope": "subtree"}
    alone = folded(spark, contracts, exact, {**subtree, "action": "allow"})
    assert (alone["is_active"], alone["scope"]) == (True, "exact")
    below = folded(spark, contracts, subtree, {**exact, "action": "allow"})
    assert (below["is_active"], below["scope"], below["source_count"], below["delisted_at"]) == (False, "subtree", 1, None)


def test_all_below_a_widely_used_name_needs_two_origins_that_mean_it(spark, contracts):
    popular = {"source": "majestic", "action": "popular", "category": "popular"}
    one = folded(spark, contracts, popular, {"source": "s1"}, {"source": "s2", "scope": "subtree"})
    assert (one["is_active"], one["scope"]) == (True, "exact")
    two = folded(spark, contracts, popular, {"source": "s1", "scope": "subtree"}, {"source": "s2", "scope": "subtree"})
    assert (two["is_active"], two["scope"]) == (True, "subtree")


def test_the_operators_word_overrides_feeds_and_says_why(spark, contracts):
    operator = {"source": "operator", "category": "operator", "reason": "our own host", "reliability": 1.0}
    allowed = folded(spark, contracts, {"source": "s1"}, {"source": "s2"}, {**operator, "action": "allow", "valid_until": START + timedelta(days=9)})
    assert (allowed["is_active"], allowed["source_count"], [a["reason"] for a in allowed["allowed"]]) == (False, 2, ["our own host"])
    assert allowed["allowed"][0]["valid_until"].replace(tzinfo=UTC) == START + timedelta(days=9)
    denied = folded(spark, contracts, operator, {"source": "majestic", "action": "popular"})
    assert (denied["is_active"], denied["confidence_base"], denied["widely_used"]) == (True, 1.0, True)


def test_a_widely_used_name_needs_two_origins(spark, contracts):
    popular = {"source": "majestic", "action": "popular", "category": "popular", "reliability": 1.0}
    urlhaus = [{"source": "urlhaus_csv", "origin": "urlhaus"}, {"source": "urlhaus_hosts", "origin": "urlhaus"}]
    one = folded(spark, contracts, popular, *urlhaus)
    assert (one["is_active"], one["source_count"], one["origin_count"], one["widely_used"]) == (False, 2, 1, True)
    two = folded(spark, contracts, popular, *urlhaus, {"source": "s1"})
    assert (two["is_active"], two["origin_count"]) == (True, 2)
    no_longer = folded(spark, contracts, popular, {**popular, "event": "delisted", "sequence": 2}, *urlhaus)
    assert (no_longer["is_active"], no_longer["widely_used"]) == (True, False)
    assert folded(spark, contracts, popular)["is_active"] is False


def test_confidence_grows_with_origins_and_rests_on_the_newest_listing(spark, contracts):
    s1, s2 = {"source": "s1", "reliability": 0.5}, {"source": "s2", "origin": "x", "reliability": 0.8, "observed_at": START + timedelta(days=3)}
    assert folded(spark, contracts, s1)["confidence_base"] == 0.5
    row = folded(spark, contracts, s1, s2, {"source": "s3", "origin": "x", "reliability": 0.6})
    assert row["confidence_base"] == 0.9
    assert row["confidence_at"].replace(tzinfo=UTC) == START + timedelta(days=3)
    gone = folded(spark, contracts, s1, {**s1, "event": "delisted", "sequence": 2, "observed_at": START + timedelta(days=5)})
    assert (gone["confidence_base"], gone["is_active"]) == (0.5, False)
    assert gone["confidence_at"].replace(tzinfo=UTC) == gone["delisted_at"].replace(tzinfo=UTC) == START + timedelta(days=5)


def test_one_source_that_means_all_below_makes_the_scope_subtree(spark, contracts):
    assert folded(spark, contracts, {"source": "s1"}, {"source": "s2", "scope": "subtree", "tags": ["b", "a"]})["scope"] == "subtree"
    row = folded(spark, contracts, {"source": "s1", "tags": ["c"]}, {"source": "s2", "scope": "subtree", "event": "delisted", "tags": ["z"]})
    assert (row["scope"], row["tags"]) == ("exact", ["c"])
