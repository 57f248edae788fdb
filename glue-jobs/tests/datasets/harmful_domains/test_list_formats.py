"""How each format says an entry."""

from __future__ import annotations

import json
import uuid

import pytest

from datasets.harmful_domains.lists.entries import Entry, Hole, Said
from datasets.harmful_domains.lists.evidence import NAMESPACE, _uuid5
from datasets.harmful_domains.lists.formats import EVERYWHERE, Region
from datasets.harmful_domains.lists.registry import FORMATS


@pytest.mark.parametrize(
    ("name", "exact", "below", "exception"),
    [
        ("hosts", "0.0.0.0 a.example\n", None, None),
        ("plain", "a.example\n", None, None),
        ("wildcard", "a.example\n", "*.a.example\n", ""),
        ("adblock", "|a.example^\n", "||a.example^\n", "@@|ok.a.example^\n"),
        ("dnsmasq", "address=/a.example/\nserver=/*.a.example/#\n", "address=/a.example/\n", "server=/ok.a.example/#\naddress=/*.ok.a.example/\n"),
        (
            "unbound",
            'local-data: "a.example. 300 IN A 0.0.0.0"\nlocal-data: "a.example. 300 IN AAAA ::"\n',
            'local-zone: "a.example." always_nxdomain\n',
            'local-zone: "ok.a.example." always_transparent\n',
        ),
        ("rpz", "a.example CNAME .\n", "a.example CNAME .\n*.a.example CNAME .\n", "ok.a.example CNAME rpz-passthru.\n*.ok.a.example CNAME .\n"),
    ],
)
def test_each_format_says_a_name_alone_a_name_with_all_below_and_an_exception(name, exact, below, exception):
    made = FORMATS[name]()
    if below is None:
        assert made.lines(["a.example"]) == [exact]
        return
    assert made.lines([("a.example", False), ("a.example", True)]) == [exact, below]
    assert made.place("a.example", True, True, EVERYWHERE).text == below
    assert made.place("a.example", True, False, EVERYWHERE).text == exact
    assert made.place("ok.a.example", False, True, Region("a.example", True, 1)).text == exception


def entry(name="a.example", **given):
    said = Said(
        **{
            "entry_type": "domain",
            "level": 3,
            "itself": True,
            "below": False,
            "excepted": False,
            "confidence": 0.95,
            "categories": "malware",
            "tags": "elf\x1fmalware",
            "sources": "s1;s2",
            "first_seen": "2026-01-01T00:00:00.000Z",
            "last_changed_at": "2026-01-02T00:00:00.000Z",
            "revoked": False,
            **given,
        }
    )
    return Entry(name, said)


def test_stix_patterns_quote_what_they_must_and_leave_out_what_is_free():
    stix = FORMATS["stix"]()
    assert stix.pattern(entry(entry_type="url", name="https://github.com/it's\\x")) == "[url:value = 'https://github.com/it\\'s\\\\x']"
    assert stix.pattern(entry(entry_type="ip", name="2001:db8::1")) == "[ipv6-addr:value = '2001:db8::1']"
    assert stix.pattern(entry(below=True)) == "[domain-name:value = 'a.example' OR domain-name:value LIKE '%.a.example']"
    free = [Hole("a.a.example", True, False), Hole("b.a.example", True, True)]
    assert stix.pattern(entry(below=True), free) == (
        "[(domain-name:value = 'a.example' OR domain-name:value LIKE '%.a.example') AND domain-name:value != 'a.a.example'"
        " AND domain-name:value != 'b.a.example' AND domain-name:value NOT LIKE '%.b.a.example']"
    )


def test_an_indicator_is_what_json_makes_of_it_and_its_id_is_made_of_the_entry():
    indicator = json.loads(FORMATS["stix"]().entry(entry(name="a.example", revoked=True)).lstrip(","))
    assert indicator["id"] == f"indicator--{uuid.uuid5(NAMESPACE, 'domain a.example')}"
    assert _uuid5("url https://github.com/é") == str(uuid.uuid5(NAMESPACE, "url https://github.com/é"))
    assert {key: indicator[key] for key in ("created", "modified", "revoked", "labels", "indicator_types", "confidence", "valid_from")} == {
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-02T00:00:00.000Z",
        "revoked": True,
        "labels": ["malware", "elf"],
        "indicator_types": ["malicious-activity"],
        "confidence": 95,
        "valid_from": "2026-01-01T00:00:00.000Z",
    }
    assert "labels" not in json.loads(FORMATS["stix"]().entry(entry(categories="", tags="")).lstrip(","))
