"""Exports: which names stand in which list, how each format says them, and what the manifest counts."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest

from medallion.export.formats import FORMATS, Entry
from medallion.export.job import Plan, difference, export, instant, root_of, sources_of
from medallion.export.tiers import Exception_, as_of_table, confidence_at, listed, needed_exceptions, operator_exceptions
from medallion.gold_tables import FOLDS
from medallion.state import recompute
from medallion.tables import schema_of

START = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=30)
BASE = {
    "entry_type": "domain",
    "scope": "exact",
    "source": "stevenblack",
    "action": "block",
    "category": "malware",
    "reliability": 0.95,
    "event": "listed",
    "sequence": 1,
    "observed_at": START,
}
OPERATOR = {"source": "operator", "category": "operator", "reliability": 1.0, "reason": "r"}


def gold_of(spark, contracts, *facts):
    silver = contracts.dataset("harmful_domains").table("silver")
    schema = schema_of(silver.ddl)
    rows = [tuple({**BASE, **fact}.get(name) for name in schema.names) for fact in facts]
    return recompute(FOLDS["harmful_domains"], spark.createDataFrame(rows, schema))


def names(frame):
    return sorted(row["name"] for row in frame.select("name").collect())


def test_confidence_halves_in_thirty_days_without_a_good_check_and_never_grows(spark, contracts):
    gold = gold_of(spark, contracts, {"name": "a.example", "reliability": 0.8})
    rows = as_of_table(gold, AS_OF, contracts.canary_source, None)

    def at(**last_good):
        return confidence_at(rows, AS_OF, last_good).first()["confidence"]

    assert at() == 0.4
    assert at(stevenblack=AS_OF) == 0.8
    assert at(stevenblack=AS_OF + timedelta(days=9)) == 0.8
    assert at(another=AS_OF) == 0.4
    gone = gold_of(spark, contracts, {"name": "a.example", "reliability": 0.8}, {"name": "a.example", "event": "delisted", "sequence": 2, "reliability": 0.8})
    assert confidence_at(as_of_table(gone, AS_OF, contracts.canary_source, None), AS_OF, {"stevenblack": AS_OF}).first()["confidence"] == 0.4


def test_what_the_operator_allows_with_all_below_is_not_listed_and_exceptions_are_said_where_they_are_needed(spark, contracts):
    gold = gold_of(
        spark,
        contracts,
        {"name": "bad.example", "scope": "subtree"},
        {"name": "x.ours.test"},
        {"name": "ours.testing"},
        {"name": "fine.example"},
        {**OPERATOR, "name": "ours.test", "action": "allow", "scope": "subtree"},
        {**OPERATOR, "name": "good.bad.example", "action": "allow"},
        {**OPERATOR, "name": "fine.example", "action": "allow"},
        {**OPERATOR, "name": "bad.example", "action": "allow", "valid_until": AS_OF},
        {"name": "x.example", "source": "_canary"},
    )
    rows = as_of_table(gold, AS_OF, contracts.canary_source, None)
    exceptions = operator_exceptions(rows)
    assert exceptions == [Exception_("fine.example", False), Exception_("good.bad.example", False), Exception_("ours.test", True)]
    active = listed(rows, exceptions)
    assert names(active) == ["bad.example", "ours.testing"]
    assert needed_exceptions(active, exceptions) == [Exception_("good.bad.example", False)]


def test_a_list_of_some_licences_holds_what_their_sources_say_and_no_more(spark, contracts):
    sources = contracts.dataset("harmful_domains").sources
    chosen = sources_of(sources, ["MIT"])
    assert [source.name for source in chosen] == [source.name for source in sources if source.licence == "MIT" or source.name == "operator"]
    assert "stevenblack" in {source.name for source in chosen}
    gold = gold_of(
        spark,
        contracts,
        {"name": "mit.example"},
        {"name": "gpl.example", "source": "hagezi_pro"},
        {"name": "own.example", **OPERATOR},
        {"name": "mit.example", "source": "hagezi_pro", "category": "tracking"},
    )
    rows = as_of_table(gold, AS_OF, contracts.canary_source, [source.name for source in chosen])
    assert {row["name"]: row["categories"] for row in rows.where("is_active").collect()} == {"mit.example": ["malware"], "own.example": ["operator"]}
    with pytest.raises(ValueError, match=r"no source is under Beer; known: .*MIT"):
        sources_of(sources, ["MIT", "Beer"])
    assert (root_of(None), root_of(["MIT", "CC0-1.0"])) == ("lists", "lists/licences/cc0-1.0+mit")
    assert "majestic" not in {source.name for source in sources_of(sources, None)}


def entry(**given):
    return Entry(
        **{
            "entry_type": "domain",
            "name": "a.example",
            "scope": "exact",
            "confidence": 0.95,
            "categories": ("malware",),
            "tags": ("elf", "malware"),
            "sources": ("s1", "s2"),
            "first_seen": START,
            "last_changed_at": START + timedelta(days=1),
            **given,
        }
    )


@pytest.mark.parametrize(
    ("name", "exact", "below", "exception"),
    [
        ("hosts", "0.0.0.0 a.example\n", "0.0.0.0 a.example\n", ""),
        ("plain", "a.example\n", "a.example\n", ""),
        ("wildcard", "a.example\n", "*.a.example\n", ""),
        ("adblock", "|a.example^\n", "||a.example^\n", "@@|ok.a.example^\n"),
        ("dnsmasq", "host-record=a.example,0.0.0.0,::\n", "address=/a.example/\n", "server=/ok.a.example/#\n"),
        (
            "unbound",
            'local-data: "a.example. 300 IN A 0.0.0.0"\nlocal-data: "a.example. 300 IN AAAA ::"\n',
            'local-zone: "a.example." always_nxdomain\n',
            'local-zone: "ok.a.example." always_transparent\n',
        ),
        ("rpz", "a.example CNAME .\n", "a.example CNAME .\n*.a.example CNAME .\n", "ok.a.example CNAME rpz-passthru.\n"),
    ],
)
def test_each_format_says_a_name_alone_a_name_with_all_below_and_an_exception(name, exact, below, exception):
    made = FORMATS[name]()
    assert made.entry(entry()) == exact
    assert made.entry(entry(scope="subtree")) == below
    assert made.exceptions([Exception_("ok.a.example", False)]) == exception


def test_stix_patterns_quote_what_they_must():
    stix = FORMATS["stix"]()
    assert stix.pattern(entry(entry_type="url", name="https://github.com/it's\\x")) == "[url:value = 'https://github.com/it\\'s\\\\x']"
    assert stix.pattern(entry(entry_type="ip", name="2001:db8::1")) == "[ipv6-addr:value = '2001:db8::1']"
    assert stix.pattern(entry(scope="subtree")) == "[domain-name:value = 'a.example' OR domain-name:value LIKE '%.a.example']"


class MemoryLists:
    def __init__(self):
        self.root, self.objects = "lists", {}

    def manifest(self):
        return json.loads(self.objects["lists/latest/manifest.json"]) if self.objects else None

    def lines(self, key):
        return self.objects[key].decode().splitlines()

    def put(self, key, body, content_type):
        self.objects[key] = body if isinstance(body, bytes) else body.read()


def test_an_export_publishes_every_tier_and_format_and_says_what_came_and_went(spark, contracts, tmp_path):
    sources = sources_of(contracts.dataset("harmful_domains").sources, None)
    lists = MemoryLists()

    def publish(day, *facts):
        as_of = START + timedelta(days=day)
        rows = confidence_at(as_of_table(gold_of(spark, contracts, *facts), as_of, contracts.canary_source, None), as_of, {"stevenblack": as_of})
        return export(rows, operator_exceptions(rows), Plan(as_of, f"v{day}", day, sources, None), lists, tmp_path)

    facts = [
        {"name": "a.example", "scope": "subtree"},
        {"name": "b.example", "reliability": 0.8},
        {"name": "203.0.113.9", "entry_type": "ip"},
        {"name": "https://github.com/u/x", "entry_type": "url"},
        {"name": "ok.a.example", **OPERATOR, "action": "allow"},
    ]
    first = publish(1, *facts)
    assert {tier: (each["entries"], each["added"], each["removed"]) for tier, each in first["tiers"].items()} == {
        "light": (3, 3, 0),
        "normal": (4, 4, 0),
        "strict": (4, 4, 0),
    }
    assert set(first["tiers"]["light"]["files"]) == set(FORMATS)
    assert first["tiers"]["light"]["exceptions"] == [{"name": "ok.a.example", "below": False}]
    text = lists.objects["lists/latest/normal.hosts"].decode()
    assert text.endswith("0.0.0.0 a.example\n0.0.0.0 b.example\n")
    for line in ("# Title: Sluice normal\n", "# Version: v1\n", "# Expires: 24 hours\n", "# Number of entries: 4\n"):
        assert line in text
    second = publish(
        2, *facts[:1], *facts[2:], {**facts[1], "event": "delisted", "sequence": 2, "observed_at": START + timedelta(days=2)}, {"name": "c.example"}
    )
    assert (second["previous"], second["tiers"]["strict"]["added"], second["tiers"]["strict"]["removed"]) == ("v1", 1, 1)
    assert lists.objects["lists/v1/normal.hosts"].decode() == text
    bundle = json.loads(lists.objects["lists/latest/strict.stix.json"])
    revoked = {each["name"]: each["revoked"] for each in bundle["objects"] if each["type"] == "indicator"}
    assert revoked == {"203.0.113.9": False, "a.example": False, "b.example": True, "c.example": False, "https://github.com/u/x": False}
    rows = list(csv.reader(line for line in lists.lines("lists/latest/strict.csv") if not line.startswith("#")))
    assert [row[:3] for row in rows[1:]] == [
        ["domain", "a.example", "subtree"],
        ["domain", "c.example", "exact"],
        ["ip", "203.0.113.9", "exact"],
        ["url", "https://github.com/u/x", "exact"],
    ]
    # Who lists nothing is not named.
    assert [(source["name"], source["licence"]) for source in second["sources"]] == [("stevenblack", "MIT")]
    assert "# Licences of its sources: MIT\n" in text


def test_a_difference_is_of_sorted_names():
    a, b, c = ("domain", "a"), ("domain", "b"), ("ip", "a")
    assert difference([a, b], [b, c]) == (1, 1)
    assert difference([], [a]) == (1, 0)
    assert difference([a], []) == (0, 1)


def test_an_instant_that_is_none_is_named():
    assert instant("2026-11-01T02:00:00+02:00") == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(Exception, match="'soon' is no instant: use for example"):
        instant("soon")
