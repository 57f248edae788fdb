"""The formats of exported lists: each makes lines of rows, one row at a time. What each means for subdomains: docs/lists.md."""

from __future__ import annotations

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from medallion.export.tiers import Exception_


@dataclass(frozen=True)
class Header:
    """What the head of every list says."""

    title: str
    version: str
    as_of: datetime
    expires_hours: int
    names: int
    licences: str

    def lines(self) -> list[str]:
        return [
            f"Title: {self.title}",
            f"Version: {self.version}",
            f"Last modified: {self.as_of:%Y-%m-%dT%H:%M:%SZ}",
            f"Expires: {self.expires_hours} hours",
            f"Number of entries: {self.names}",
            f"Licences of its sources: {self.licences}",
        ]


@dataclass(frozen=True)
class Entry:
    """A row of a list. `revoked` rows stand in STIX alone."""

    entry_type: str
    name: str
    scope: str
    confidence: float
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    sources: tuple[str, ...]
    first_seen: datetime | None
    last_changed_at: datetime
    revoked: bool = False

    @property
    def below(self) -> bool:
        return self.scope == "subtree"


class ListFormat(ABC):
    """One format: a head, lines per entry, exceptions, an end. Every text it gives ends its own lines."""

    extension: ClassVar[str]
    content_type: ClassVar[str] = "text/plain; charset=utf-8"
    # Entry types that the format can say.
    types: ClassVar[frozenset[str]] = frozenset({"domain"})
    takes_revoked: ClassVar[bool] = False
    comment: ClassVar[str] = "#"

    def head(self, header: Header) -> str:
        return "".join(f"{self.comment} {line}\n" for line in header.lines())

    @abstractmethod
    def entry(self, entry: Entry) -> str: ...

    def exceptions(self, _exceptions: Sequence[Exception_]) -> str:
        """Formats that cover single names alone need none: what is allowed is not listed."""
        return ""

    def tail(self) -> str:
        return ""


class Hosts(ListFormat):
    """`/etc/hosts`: names alone, nothing below them."""

    extension = "hosts"

    def entry(self, entry: Entry) -> str:
        return f"0.0.0.0 {entry.name}\n"


class Plain(ListFormat):
    """A name a line."""

    extension = "txt"

    def entry(self, entry: Entry) -> str:
        return f"{entry.name}\n"


class Wildcard(ListFormat):
    """`*.name` where all below is meant, else the name."""

    extension = "wildcard.txt"

    def entry(self, entry: Entry) -> str:
        return f"*.{entry.name}\n" if entry.below else f"{entry.name}\n"


class Adblock(ListFormat):
    """AdGuard's DNS rules: `||name^` covers all below, `|name^` the name alone."""

    extension = "adblock.txt"
    comment = "!"

    def head(self, header: Header) -> str:
        return f"[Adblock Plus 2.0]\n{super().head(header)}"

    def entry(self, entry: Entry) -> str:
        return f"||{entry.name}^\n" if entry.below else f"|{entry.name}^\n"

    def exceptions(self, exceptions: Sequence[Exception_]) -> str:
        return "".join(f"@@{'||' if each.below else '|'}{each.name}^\n" for each in exceptions)


class Dnsmasq(ListFormat):
    """`address=/name/` answers NXDOMAIN for the name and all below; `host-record` answers 0.0.0.0 for the name alone."""

    extension = "dnsmasq.conf"

    def entry(self, entry: Entry) -> str:
        return f"address=/{entry.name}/\n" if entry.below else f"host-record={entry.name},0.0.0.0,::\n"

    def exceptions(self, exceptions: Sequence[Exception_]) -> str:
        return "".join(f"server=/{each.name}/#\n" for each in exceptions)


class Unbound(ListFormat):
    """A `local-zone` of `always_nxdomain` covers all below; `local-data` answers 0.0.0.0 for the name alone."""

    extension = "unbound.conf"

    def head(self, header: Header) -> str:
        return f"{super().head(header)}server:\n"

    def entry(self, entry: Entry) -> str:
        if entry.below:
            return f'local-zone: "{entry.name}." always_nxdomain\n'
        return f'local-data: "{entry.name}. 300 IN A 0.0.0.0"\nlocal-data: "{entry.name}. 300 IN AAAA ::"\n'

    def exceptions(self, exceptions: Sequence[Exception_]) -> str:
        return "".join(f'local-zone: "{each.name}." always_transparent\n' for each in exceptions)


class Rpz(ListFormat):
    """A response policy zone: NXDOMAIN for the name, and by `*.name` for all below it."""

    extension = "rpz"
    comment = ";"

    def head(self, header: Header) -> str:
        serial = int(header.as_of.timestamp())
        return f"{super().head(header)}$TTL 300\n@ SOA localhost. root.localhost. {serial} 3600 600 604800 300\n@ NS localhost.\n"

    def entry(self, entry: Entry) -> str:
        return f"{entry.name} CNAME .\n*.{entry.name} CNAME .\n" if entry.below else f"{entry.name} CNAME .\n"

    def exceptions(self, exceptions: Sequence[Exception_]) -> str:
        lines = [f"{prefix}{each.name} CNAME rpz-passthru.\n" for each in exceptions for prefix in (("", "*.") if each.below else ("",))]
        return "".join(lines)


def _instant(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"


class Csv(ListFormat):
    """All that is listed, addresses and URLs too, with why."""

    extension = "csv"
    content_type = "text/csv; charset=utf-8"
    types = frozenset({"domain", "ip", "url"})
    COLUMNS = ("entry_type", "name", "scope", "confidence", "categories", "sources", "first_seen", "last_changed_at")

    def head(self, header: Header) -> str:
        return f"{super().head(header)}{','.join(self.COLUMNS)}\n"

    def entry(self, entry: Entry) -> str:
        values = (
            entry.entry_type,
            entry.name,
            entry.scope,
            f"{entry.confidence:.4f}",
            ";".join(entry.categories),
            ";".join(entry.sources),
            _instant(entry.first_seen),
            _instant(entry.last_changed_at),
        )
        return ",".join(f'"{value.replace(chr(34), chr(34) * 2)}"' for value in values) + "\n"


NAMESPACE = uuid.UUID("5b2a8f8e-6c0a-5d5c-9d5c-2c1d5d0b7a11")


class Stix(ListFormat):
    """STIX 2.1 (OASIS): a bundle with an indicator per entry; what was dropped lately is revoked. Ids are made of the entry, so that
    the same entry has the same id in every bundle."""

    extension = "stix.json"
    content_type = "application/stix+json;version=2.1"
    types = frozenset({"domain", "ip", "url"})
    takes_revoked = True
    INDICATOR_TYPES: ClassVar[dict[str, str]] = {"malware": "malicious-activity", "botnet": "malicious-activity", "phishing": "malicious-activity"}

    def __init__(self) -> None:
        self._identity = f"identity--{uuid.uuid5(NAMESPACE, 'sluice')}"

    def head(self, header: Header) -> str:
        at = _instant(header.as_of)
        bundle = f"bundle--{uuid.uuid5(NAMESPACE, f'{header.title} {header.version}')}"
        # An identity is what the bundle's indicators were created by; it says what the other formats say in comments.
        identity = {
            "type": "identity",
            "spec_version": "2.1",
            "id": self._identity,
            "created": "2026-01-01T00:00:00.000Z",
            "modified": at,
            "name": header.title,
            "description": "; ".join(header.lines()),
            "identity_class": "system",
        }
        return f'{{"type":"bundle","id":"{bundle}","objects":[\n{json.dumps(identity)}'

    def entry(self, entry: Entry) -> str:
        first = entry.first_seen or entry.last_changed_at
        indicator = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--{uuid.uuid5(NAMESPACE, f'{entry.entry_type} {entry.name}')}",
            "created_by_ref": self._identity,
            "created": _instant(first),
            "modified": _instant(max(first, entry.last_changed_at)),
            "revoked": entry.revoked,
            "name": entry.name,
            "indicator_types": sorted({self.INDICATOR_TYPES.get(category, "unknown") for category in entry.categories} or {"unknown"}),
            "labels": [*entry.categories, *(tag for tag in entry.tags if tag not in entry.categories)],
            "confidence": round(entry.confidence * 100),
            "pattern": self.pattern(entry),
            "pattern_type": "stix",
            "valid_from": _instant(first),
        }
        return f",\n{json.dumps({key: value for key, value in indicator.items() if value != []})}"

    @staticmethod
    def pattern(entry: Entry) -> str:
        value = entry.name.replace("\\", "\\\\").replace("'", "\\'")
        if entry.entry_type == "ip":
            return f"[ipv{6 if ':' in value else 4}-addr:value = '{value}']"
        if entry.entry_type == "url":
            return f"[url:value = '{value}']"
        exact = f"domain-name:value = '{value}'"
        return f"[{exact} OR domain-name:value LIKE '%.{value}']" if entry.below else f"[{exact}]"

    def tail(self) -> str:
        return "\n]}\n"


FORMATS: dict[str, type[ListFormat]] = {
    "hosts": Hosts,
    "plain": Plain,
    "adblock": Adblock,
    "wildcard": Wildcard,
    "dnsmasq": Dnsmasq,
    "unbound": Unbound,
    "rpz": Rpz,
    "csv": Csv,
    "stix": Stix,
}
