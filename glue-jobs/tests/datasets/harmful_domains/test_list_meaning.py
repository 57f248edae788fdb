"""Every format of exported lists means what the model says, of any set of entries and exceptions, at every depth."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from list_model import OPERATOR, READERS, Said
from list_sets import model_of, probes, rows_of, written

from datasets.harmful_domains.lists.resolvers import Rpz

LABELS = ["a", "b", "a-b", "a_0"]
TOPS = ["x.test", "y.test"]


@st.composite
def names(draw):
    """Up to four labels below one of two names: most stand below one another."""
    below = draw(st.lists(st.sampled_from(LABELS), max_size=4))
    return ".".join([*below, draw(st.sampled_from(TOPS))])


listings = st.lists(
    st.builds(
        Said,
        st.sampled_from(["s1", "s2", OPERATOR]),
        st.sampled_from(["block", "block", "allow"]),
        st.sampled_from(["exact", "subtree"]),
        names(),
    ),
    min_size=1,
    max_size=14,
)
confidences = st.dictionaries(names(), st.sampled_from([0.95, 0.75, 0.4]))


@settings(max_examples=400, deadline=None)
@given(said=listings, confidence=confidences, widely_used=st.lists(names(), max_size=3), batch=st.sampled_from([None, 1, 3]))
def test_every_format_means_what_the_model_says_of_any_set_of_entries_and_exceptions(said, confidence, widely_used, batch):
    model = model_of(said, confidence, widely_used)
    for each in written(model, batch):
        own = {name for name in {said.name for said in model.said} if model.itself(name) and not model.freed(name) and model.confidence[name] >= each.least}
        expected = {name for name in probes(model) if model.blocked(name, each.least)}
        for format_, text in each.texts.items():
            blocks = READERS[format_](text)
            found = {name for name in probes(model) if blocks(name)}
            counts = each.counts[format_]
            if format_ in ("hosts", "plain"):
                assert found == own
                continue
            # No list blocks more than its entries mean; what it blocks less is counted.
            assert found <= expected, (format_, text)
            if counts.narrowed + counts.unsayable == 0:
                assert found == expected, (format_, text)
            if counts.unsayable == 0:
                assert own <= found, (format_, text)
            if format_ in ("csv", "stix", "dnsmasq", "rpz"):
                assert found == expected, (format_, text)


@settings(max_examples=150, deadline=None)
@given(said=listings)
def test_what_is_said_already_is_left_out_and_counted(said):
    model = model_of(said, {})
    entries = [row.said for row in rows_of(model) if row.said.listed]
    for format_, counts in written(model)[0].counts.items():
        said_all = counts.entries + counts.covered + counts.unsayable
        assert said_all == (sum(said.itself for said in entries) if format_ in ("hosts", "plain") else len(entries)), format_


def texts_of(*said, tier=0, **given):
    return written(model_of([Said(*each) for each in said], {}, **given))[tier]


A = ("s1", "block", "subtree", "a.test")


def test_a_subtree_leaves_out_what_it_covers():
    texts = texts_of(A, ("s2", "block", "exact", "b.a.test"), ("s2", "block", "subtree", "c.b.a.test")).texts
    assert texts["rpz"] == "a.test CNAME .\n*.a.test CNAME .\n"
    assert (texts["adblock"], texts["wildcard"], texts["dnsmasq"]) == ("||a.test^\n", "*.a.test\n", "address=/a.test/\n")
    assert texts["unbound"] == 'local-zone: "a.test." always_nxdomain\n'
    assert texts["hosts"] == "0.0.0.0 a.test\n0.0.0.0 b.a.test\n0.0.0.0 c.b.a.test\n"


def test_wildcards_are_put_back_where_an_exception_makes_nodes():
    texts = texts_of(A, (OPERATOR, "allow", "exact", "d.c.b.a.test")).texts
    assert texts["rpz"].splitlines()[2:] == [
        *("b.a.test CNAME .", "*.b.a.test CNAME .", "c.b.a.test CNAME .", "*.c.b.a.test CNAME ."),
        *("d.c.b.a.test CNAME rpz-passthru.", "*.d.c.b.a.test CNAME ."),
    ]
    assert texts["dnsmasq"] == "address=/a.test/\nserver=/d.c.b.a.test/#\naddress=/*.d.c.b.a.test/\n"
    assert texts["adblock"] == "||a.test^\n@@|d.c.b.a.test^\n"
    assert texts["wildcard"] == "a.test\n"
    assert texts["unbound"] == 'local-zone: "a.test." always_nxdomain\nlocal-zone: "d.c.b.a.test." always_transparent\n'


def test_a_name_listed_below_an_exception_is_blocked_alone():
    said = texts_of(A, ("s1", "allow", "subtree", "ok.a.test"), ("s2", "block", "exact", "bad.ok.a.test"))
    assert said.texts["adblock"] == "||a.test^\n@@||ok.a.test^\n|bad.ok.a.test^$important\n"
    assert said.texts["dnsmasq"].endswith("server=/ok.a.test/#\naddress=/bad.ok.a.test/\nserver=/*.bad.ok.a.test/#\n")
    assert 'local-zone: "bad.ok.a.test." transparent\nlocal-data: "bad.ok.a.test. 300 IN A 0.0.0.0"\n' in said.texts["unbound"]
    assert said.texts["wildcard"] == "a.test\nbad.ok.a.test\n"
    assert [tuple(each) for each in said.tier.exceptions] == [("ok.a.test", True, True)]
    assert '"domain","ok.a.test","subtree","","","","","","allow"\n' in said.texts["csv"]
    assert "domain-name:value NOT LIKE '%.ok.a.test'" in said.texts["stix"]


def test_an_exception_of_one_list_frees_nothing_that_another_covers():
    said = texts_of(A, ("s2", "block", "subtree", "a.test"), ("s1", "allow", "subtree", "ok.a.test"))
    assert (said.texts["rpz"], said.tier.exceptions) == ("a.test CNAME .\n*.a.test CNAME .\n", [])
    popular = texts_of(A, ("s2", "block", "subtree", "a.test"), ("s1", "allow", "subtree", "ok.a.test"), widely_used=["a.test"])
    assert [each.name for each in popular.tier.exceptions] == ["ok.a.test"]


def test_a_name_with_all_below_free_and_one_with_only_what_is_below_blocked():
    alone = texts_of(A, ("s1", "allow", "subtree", "b.a.test"), ("s2", "block", "exact", "b.a.test"))
    assert alone.texts["rpz"].splitlines()[2:] == ["b.a.test CNAME .", "*.b.a.test CNAME rpz-passthru."]
    assert [tuple(each) for each in alone.tier.exceptions] == [("b.a.test", False, True)]
    below = texts_of(A, ("s1", "allow", "exact", "a.test"))
    assert below.texts["rpz"] == "a.test CNAME rpz-passthru.\n*.a.test CNAME .\n"
    assert below.texts["dnsmasq"] == "server=/a.test/#\naddress=/*.a.test/\n"
    assert (below.texts["hosts"], below.texts["wildcard"], below.counts["wildcard"].unsayable) == ("", "", 1)


LONG = ".".join(["l" * 63] * 3)


@pytest.mark.parametrize("length", [Rpz.LONGEST_OWNER - 2, Rpz.LONGEST_OWNER - 1, Rpz.LONGEST_OWNER, Rpz.LONGEST_OWNER + 1, 253])
@pytest.mark.parametrize("scope", ["exact", "subtree"])
def test_an_owner_too_long_for_a_zone_is_left_out_of_it_and_counted(length, scope):
    name = f"{'n' * (length - len(LONG) - 6)}.{LONG}.test"
    assert len(name) == length
    said = texts_of(("s1", "block", scope, name))
    fits = length + (2 if scope == "subtree" else 0) <= Rpz.LONGEST_OWNER
    assert (name in said.texts["rpz"], said.counts["rpz"].unsayable) == (fits, int(not fits))
    # With the longest zone: owner and zone in 255 octets.
    for line in said.texts["rpz"].splitlines():
        assert len(line.split()[0]) + 1 + Rpz.LONGEST_ZONE + 2 <= 255
    for format_ in ("hosts", "adblock", "dnsmasq", "unbound", "wildcard", "csv"):
        assert name in said.texts[format_]


def test_an_exception_too_long_for_a_zone_narrows_what_would_block_it():
    name = f"{'n' * 40}.{LONG}.test"
    said = texts_of(("s1", "block", "subtree", "l.test"), ("s1", "block", "subtree", f"{'l' * 63}.test"), (OPERATOR, "allow", "exact", name))
    assert said.texts["rpz"] == f"l.test CNAME .\n*.l.test CNAME .\n{'l' * 63}.test CNAME .\n"
    assert (said.counts["rpz"].narrowed, said.counts["dnsmasq"].narrowed) == (1, 0)


def test_an_owner_that_would_be_another_trigger_is_no_entry_of_a_zone():
    said = texts_of(("s1", "block", "exact", "32.4.3.2.1.rpz-client-ip"))
    assert (said.texts["rpz"], said.counts["rpz"].unsayable) == ("", 1)
    assert "32.4.3.2.1.rpz-client-ip" in said.texts["hosts"]


def test_adblock_leaves_out_what_has_no_stronger_rule():
    deep = [("s1", "allow" if i % 2 else "block", "subtree", ".".join(["a"] * i + ["x.test"])) for i in range(5)]
    said = texts_of(*deep)
    assert said.texts["adblock"] == "||x.test^\n@@||a.x.test^\n||a.a.x.test^$important\n@@||a.a.a.x.test^$important\n"
    assert (said.counts["adblock"].unsayable, said.counts["rpz"].unsayable) == (1, 0)
