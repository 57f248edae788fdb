"""What lists must mean: one model of which names are blocked, and readers of each format by its own documented rules.

Neither knows how the export works: the model looks at what sources say, the readers at text.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Said(NamedTuple):
    """A current listing of a source."""

    source: str
    action: str
    scope: str
    name: str


OPERATOR = "operator"


def above(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[i:]) for i in range(1, len(labels))]


class Model:
    """Which names count as harmful (docs/confidence.md): the deepest statement wins, a list's exception concerns that list alone."""

    def __init__(self, said: Iterable[Said], confidence: dict[str, float], widely_used: Iterable[str] = ()) -> None:
        self.said = list(said)
        self.confidence = confidence
        self.widely_used = set(widely_used)

    def _sources(self, name: str, action: str, *scopes: str) -> set[str]:
        return {each.source for each in self.said if each.name == name and each.action == action and each.scope in scopes}

    def _enough(self, name: str, sources: set[str]) -> bool:
        return len(sources) >= (2 if name in self.widely_used and OPERATOR not in sources else 1)

    def itself(self, name: str) -> bool:
        """Whether a name's own entries make it harmful."""
        exact = self._sources(name, "block", "exact") - self._sources(name, "allow", "exact")
        subtree = self._sources(name, "block", "subtree") - self._sources(name, "allow", "exact", "subtree")
        return self._enough(name, exact | subtree) and OPERATOR not in self._sources(name, "allow", "exact", "subtree")

    def below(self, name: str, without: frozenset[str] | set[str] = frozenset()) -> bool:
        """Whether a name covers all below it, but for what is said there."""
        sources = self._sources(name, "block", "subtree") - self._sources(name, "allow", "subtree") - without
        return self._enough(name, sources) and OPERATOR not in self._sources(name, "allow", "exact", "subtree")

    def freed(self, name: str) -> bool:
        return OPERATOR in self._sources(name, "allow", "exact", "subtree") or any(OPERATOR in self._sources(each, "allow", "subtree") for each in above(name))

    def blocked(self, name: str, least: float) -> bool:
        if self.freed(name):
            return False
        if self.itself(name) and self.confidence[name] >= least:
            return True
        excepting = self._sources(name, "allow", "exact", "subtree")
        for each in above(name):
            if self.confidence.get(each, 0) >= least and self.below(each, excepting):
                return True
            excepting |= self._sources(each, "allow", "subtree")
        return False


Reader = Callable[[str], bool]


def rules(text: str, comment: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(comment)]


def read_hosts(text: str) -> Reader:
    names = {line.split()[1] for line in rules(text, "#")}
    return names.__contains__


def read_plain(text: str) -> Reader:
    return set(rules(text, "#")).__contains__


def read_wildcard(text: str) -> Reader:
    """Technitium, Blocky: `*.name` is the name and all below."""
    lines = set(rules(text, "#"))
    return lambda name: name in lines or any(f"*.{each}" in lines for each in (name, *above(name)))


def read_adblock(text: str) -> Reader:
    """AdGuard's DNS filtering syntax: where a rule stands, and how near its name is, mean nothing; `$important` and `@@` do."""
    exact: dict[str, int] = {}
    subtree: dict[str, int] = {}
    for line in rules(text, "!"):
        match = re.fullmatch(r"(@@)?(\|\|?)([^|^$]+)\^(\$important)?", line)
        if match is None:
            assert line.startswith("["), line
            continue
        allow, anchor, name, important = match.groups()
        of = subtree if anchor == "||" else exact
        of[name] = max(of.get(name, -1), (1 if allow else 0) + (2 if important else 0))

    def blocked(name: str) -> bool:
        strongest = max([exact.get(name, -1), *(subtree.get(each, -1) for each in (name, *above(name)))])
        return strongest in (0, 2)

    return blocked


def read_dnsmasq(text: str) -> Reader:
    """dnsmasq(8): the most specific domain decides; `*` at the front stands for any characters, so `*.name` is all below name."""
    exact, wild = {}, {}
    for line in rules(text, "#"):
        kind, domain, target = re.fullmatch(r"(address|server)=/([^/]+)/(#?)", line).groups()
        assert (kind, target) in {("address", ""), ("server", "#")}, line
        of, key = (wild, domain[2:]) if domain.startswith("*.") else (exact, domain)
        of[key] = kind == "address"

    def blocked(name: str) -> bool:
        for i, each in enumerate((name, *above(name))):
            if i > 0 and each in wild:
                return wild[each]
            if each in exact:
                return exact[each]
        return False

    return blocked


def read_unbound(text: str) -> Reader:
    """unbound.conf(5): the nearest local-zone decides; data outside of zones makes a transparent one of its own name."""
    zones: dict[str, str] = {}
    data: set[str] = set()
    for line in rules(text, "#"):
        if line == "server:":
            continue
        zone = re.fullmatch(r'local-zone: "([^"]+)\." (\w+)', line)
        if zone:
            zones[zone[1]] = zone[2]
        else:
            data.add(re.fullmatch(r'local-data: "([^ ]+)\. 300 IN (?:A 0\.0\.0\.0|AAAA ::)"', line)[1])

    def blocked(name: str) -> bool:
        nearest = next((each for each in (name, *above(name)) if each in zones), None)
        kind = zones.get(nearest, "transparent")
        assert kind in {"transparent", "always_nxdomain", "always_transparent"}
        return kind == "always_nxdomain" or (kind == "transparent" and name in data)

    return blocked


def read_rpz(text: str) -> Reader:
    """A policy zone by RFC 4592: an owner, else the wildcard of the closest name that exists; nodes between owners exist too."""
    policies: dict[str, str] = {}
    for line in rules(text, ";"):
        if not line.startswith(("$", "@")):
            owner, _, target = line.split()
            assert owner not in policies, f"{owner} stands twice"
            policies[owner] = target
    existing = {each for owner in policies for each in (owner, *above(owner))}

    def blocked(name: str) -> bool:
        if name in existing:
            return policies.get(name) == "."
        closest = next((each for each in above(name) if each in existing), None)
        return policies.get(f"*.{closest}") == "."

    return blocked


def read_csv(text: str) -> Reader:
    """docs/lists.md: of a name's own rows, else of the nearest above with scope subtree, the row of the narrower scope counts."""
    said: dict[tuple[str, str], str] = {}
    for row in csv.DictReader(rules(text, "#")):
        if row["entry_type"] == "domain":
            assert (row["name"], row["scope"]) not in said
            said[row["name"], row["scope"]] = row["action"]

    def blocked(name: str) -> bool:
        own = said.get((name, "exact")) or said.get((name, "subtree"))
        return (own or next((said[each, "subtree"] for each in above(name) if (each, "subtree") in said), "allow")) == "block"

    return blocked


def read_stix(text: str) -> Reader:
    """STIX 2.1 patterns: of one comparison, of comparisons with OR, and of `( … )` AND others."""
    patterns = [
        each["pattern"] for each in json.loads(text)["objects"] if each["type"] == "indicator" and not each["revoked"] and "domain-name" in each["pattern"]
    ]

    def compare(comparison: str, name: str) -> bool:
        operator, value = re.fullmatch(r"domain-name:value (=|!=|LIKE|NOT LIKE) '([^']+)'", comparison).groups()
        hit = name.endswith(value[1:]) if "LIKE" in operator else name == value
        return hit != (operator in ("!=", "NOT LIKE"))

    def matches(pattern: str, name: str) -> bool:
        bare = pattern[1:-1]
        group, _, rest = bare[1:].partition(") AND ") if bare.startswith("(") else (bare, "", "")
        return any(compare(each, name) for each in group.split(" OR ")) and all(compare(each, name) for each in rest.split(" AND ") if each)

    return lambda name: any(matches(pattern, name) for pattern in patterns)


READERS: dict[str, Callable[[str], Reader]] = {
    "hosts": read_hosts,
    "plain": read_plain,
    "wildcard": read_wildcard,
    "adblock": read_adblock,
    "dnsmasq": read_dnsmasq,
    "unbound": read_unbound,
    "rpz": read_rpz,
    "csv": read_csv,
    "stix": read_stix,
}
