"""Exports: which names stand in which list, how each format says them, and what the manifest counts."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from list_model import OPERATOR as OPERATOR_SOURCE
from list_model import Model, Said

from datasets.harmful_domains import FOLDS
from datasets.harmful_domains.lists.handover import entries_of, with_texts
from datasets.harmful_domains.lists.job import export, instant, next_limit, root_of, sources_of, tier_of
from datasets.harmful_domains.lists.publishing import Plan, difference
from datasets.harmful_domains.lists.registry import FORMATS
from datasets.harmful_domains.lists.scopes import Exception_
from datasets.harmful_domains.lists.tiers import (
    as_of_table,
    believed,
    confidence_at,
    confirmed_until,
    operator_allowed_below,
    prepared,
    statements_near_exceptions,
)
from medallion.layers.fold import recompute
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


def test_a_good_check_holds_until_the_next_is_due(contracts):
    sources = contracts.dataset("harmful_domains").sources
    until = confirmed_until({"oisd_small": AS_OF, "operator": AS_OF, "of_no_contract": AS_OF}, sources)
    assert until == {"oisd_small": AS_OF + timedelta(days=1), "operator": AS_OF}


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
    rows = prepared(confidence_at(rows, AS_OF, {}), AS_OF)
    allowed = operator_allowed_below(rows)
    assert allowed == ["ours.test"]
    left = believed(rows, allowed)
    assert names(left.where("itself")) == ["bad.example", "ours.testing"]
    statements = statements_near_exceptions(left)
    # What nothing covers needs no exception.
    assert set(statements) == {"good.bad.example", "bad.example"}
    assert tier_of("strict", 1, 0.3, statements).exceptions == [Exception_("good.bad.example", True, False)]


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


def test_rows_that_lose_a_listing_are_as_of_the_others_alone_and_all_else_stands_as_gold_has_it(spark, contracts):
    chosen = random.Random(14)
    ended, canary = {**OPERATOR, "valid_until": AS_OF}, {"source": contracts.canary_source}
    said = [{}, {"source": "hagezi_pro"}, {"source": "majestic", "action": "popular"}, canary, OPERATOR, ended]
    # Of each listing one fact: what was said before is not said again because a limit has ended.
    facts = {}
    for _ in range(120):
        fact = {"name": f"n{chosen.randrange(24)}.example", "scope": chosen.choice(["exact", "subtree"]), "action": chosen.choice(["block", "allow"])}
        fact = {**fact, **chosen.choice(said)}
        facts[fact["name"], fact.get("source"), fact["action"], fact["scope"]] = fact
    gold = gold_of(spark, contracts, *facts.values())
    for sources in (None, ["stevenblack"]):
        believed_sources = {"stevenblack", "majestic", "operator"} | ({"hagezi_pro"} if sources is None else set())
        held = [each for each in facts.values() if each.get("source", "stevenblack") in believed_sources and each.get("valid_until") != AS_OF]
        rows = as_of_table(gold, AS_OF, contracts.canary_source, sources)
        assert sorted(rows.collect()) == sorted(gold_of(spark, contracts, *held).select(*rows.columns).collect())
    assert len(held) < len(facts)


def test_the_next_time_limit_to_end_is_told_and_those_that_ended_are_not(spark, contracts):
    limits = [AS_OF - timedelta(days=1), AS_OF, AS_OF + timedelta(days=2), AS_OF + timedelta(days=1)]
    facts = [{**OPERATOR, "name": f"{i}.example", "valid_until": limit} for i, limit in enumerate(limits)]
    assert next_limit(gold_of(spark, contracts, {"name": "a.example"}, *facts), AS_OF) == AS_OF + timedelta(days=1)
    assert next_limit(gold_of(spark, contracts, {"name": "a.example"}, *facts[:2]), AS_OF) is None


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
        return export(rows, Plan(as_of, f"v{day}", day, sources, None, 2, as_of + timedelta(days=day)), lists, tmp_path)

    facts = [
        {"name": "a.example", "scope": "subtree"},
        {"name": "b.example", "reliability": 0.8},
        {"name": "x.a.example"},
        {"name": "203.0.113.9", "entry_type": "ip"},
        {"name": "https://github.com/u/x", "entry_type": "url"},
        {"name": "ok.a.example", **OPERATOR, "action": "allow"},
    ]
    first = publish(1, *facts)
    # What lambdas/export asks before it starts the next export.
    assert (first["delta_version"], first["generation"], first["changes_at"]) == (1, 2, f"{START + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}")
    assert {tier: (each["entries"], each["added"], each["removed"]) for tier, each in first["tiers"].items()} == {
        "light": (4, 4, 0),
        "normal": (5, 5, 0),
        "strict": (5, 5, 0),
    }
    assert set(first["tiers"]["light"]["files"]) == set(FORMATS)
    assert first["tiers"]["light"]["exceptions"] == [{"name": "ok.a.example", "itself": True, "below": False}]
    assert {name: (f["entries"], f["left_out"], f["narrowed"]) for name, f in first["tiers"]["strict"]["files"].items() if name in ("hosts", "rpz", "csv")} == {
        "hosts": (3, {"covered": 0, "unsayable": 0}, 1),
        "rpz": (2, {"covered": 1, "unsayable": 0}, 0),
        "csv": (5, {"covered": 0, "unsayable": 0}, 0),
    }
    text = lists.objects["lists/latest/normal.hosts"].decode()
    assert text.endswith("0.0.0.0 a.example\n0.0.0.0 x.a.example\n0.0.0.0 b.example\n")
    for line in ("# Title: Sluice normal\n", "# Version: v1\n", "# Expires: 24 hours\n", "# Number of entries: 5\n"):
        assert line in text
    second = publish(
        2, *facts[:1], *facts[2:], {**facts[1], "event": "delisted", "sequence": 2, "observed_at": START + timedelta(days=2)}, {"name": "c.example"}
    )
    assert (second["previous"], second["tiers"]["strict"]["added"], second["tiers"]["strict"]["removed"]) == ("v1", 1, 1)
    assert lists.objects["lists/v1/normal.hosts"].decode() == text
    bundle = json.loads(lists.objects["lists/latest/strict.stix.json"])
    revoked = {each["name"]: each["revoked"] for each in bundle["objects"] if each["type"] == "indicator"}
    assert revoked == {"203.0.113.9": False, "a.example": False, "x.a.example": False, "b.example": True, "c.example": False, "https://github.com/u/x": False}
    rows = list(csv.reader(line for line in lists.lines("lists/latest/strict.csv") if not line.startswith("#")))
    assert [[*row[:3], row[-1]] for row in rows[1:]] == [
        ["domain", "a.example", "subtree", "block"],
        ["domain", "ok.a.example", "exact", "allow"],
        ["domain", "x.a.example", "exact", "block"],
        ["domain", "c.example", "exact", "block"],
        ["ip", "203.0.113.9", "exact", "block"],
        ["url", "https://github.com/u/x", "exact", "block"],
    ]
    # Who lists nothing is not named.
    assert [(source["name"], source["licence"]) for source in second["sources"]] == [("stevenblack", "MIT")]
    assert "# Licences of its sources: MIT\n" in text


def test_a_difference_is_of_names_in_the_order_of_lists():
    # What is below a name comes right after it, whatever other names begin alike.
    below, beside = ("domain", "x.a.test"), ("domain", "a-b.test")
    assert difference([("domain", "a.test"), below, beside], [("domain", "a.test"), beside]) == (0, 1)
    a, b, c = ("domain", "a"), ("domain", "b"), ("ip", "a")
    assert difference([a, b], [b, c]) == (1, 1)
    assert difference([], [a]) == (1, 0)
    assert difference([a], []) == (0, 1)


def test_an_instant_that_is_none_is_named():
    assert instant("2026-11-01T02:00:00+02:00") == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(Exception, match="'soon' is no instant: use for example"):
        instant("soon")


def test_spark_reads_of_gold_what_the_model_says_of_each_name(spark, contracts):
    """The walk's rows and the statements near exceptions, of generated sets, each under a top level of its own."""
    chosen = random.Random(12)
    sets = {}
    for i in range(40):
        names = [".".join([*chosen.choices("abc", k=chosen.randrange(4)), f"x.t{i}"]) for _ in range(6)]
        said = {
            Said(
                chosen.choice(["s1", "s2", OPERATOR_SOURCE]),
                chosen.choice(["block", "block", "allow"]),
                chosen.choice(["exact", "subtree"]),
                chosen.choice(names),
            )
            for _ in range(10)
        }
        sets[f"t{i}"] = Model(said, dict.fromkeys(names, 1.0), chosen.sample(names, 2))
    facts = [
        {
            **(OPERATOR if each.source == OPERATOR_SOURCE else {}),
            "reliability": 1.0,
            "source": each.source,
            "action": each.action,
            "scope": each.scope,
            "name": each.name,
        }
        for model in sets.values()
        for each in model.said
    ]
    popular = [{"source": "majestic", "action": "popular", "name": name} for model in sets.values() for name in model.widely_used]
    gold = gold_of(spark, contracts, *facts, *popular)
    rows = confidence_at(as_of_table(gold, START, contracts.canary_source, None), START, {})
    # The columns of Gold say the same.
    for row in rows.where("is_active").collect():
        model = sets[row["name"].rpartition(".")[2]]
        assert (model.itself(row["name"]), model.below(row["name"])) == (True, row["scope"] == "subtree"), row["name"]
    rows = prepared(rows, START)
    rows = believed(rows, operator_allowed_below(rows))
    found = dict(entries_of(with_texts(rows), 1))
    statements = statements_near_exceptions(rows)
    tier = tier_of("light", 3, 0.9, statements)
    for model in sets.values():
        for name in {each.name for each in model.said}:
            said, freed = found.get(name), model.freed(name)
            assert (said is not None and said.itself and said.level == 3) == (model.itself(name) and not freed), name
            if not any(
                OPERATOR_SOURCE in model._sources(each, "allow", "subtree") for each in (name, *(name.split(".", i)[-1] for i in range(1, name.count("."))))
            ):
                assert (said is not None and said.below) == model.below(name), name
            if name in tier.verdicts:
                assert tuple(tier.verdicts[name]) == (model.blocked(name, 0.9), model.blocked(f"unnamed.{name}", 0.9)), name
            elif not freed and any(each.name == name and each.action == "allow" for each in model.said):
                # Nothing covers it, so nothing is made an exception of.
                assert model.blocked(f"unnamed.{name}", 0.9) is False
    assert len(tier.verdicts) > 40
