"""The formats that hold every entry and why it is listed."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, NamedTuple

from medallion.export.formats import Header, ListFormat


class Hole(NamedTuple):
    """What is free below an entry: a name `itself`, or what is `below` it, or both."""

    name: str
    itself: bool
    below: bool


@dataclass(frozen=True)
class Entry:
    """A row of a list as Spark gives it. Lists of words are one text each: categories and sources by `;`, tags by U+001F; instants ISO 8601."""

    entry_type: str
    name: str
    # Whether the name itself is listed, and what is below it.
    itself: bool
    below: bool
    confidence: float
    categories: str
    tags: str
    sources: str
    first_seen: str | None
    last_changed_at: str
    revoked: bool = False


def _quoted(text: str) -> str:
    return text.replace('"', '""') if '"' in text else text


class Csv(ListFormat):
    """All that is listed, addresses and URLs too, with why; and the exceptions that are made below it (column `action`)."""

    extension = "csv"
    content_type = "text/csv; charset=utf-8"
    COLUMNS = ("entry_type", "name", "scope", "confidence", "categories", "sources", "first_seen", "last_changed_at", "action")

    def head(self, header: Header) -> str:
        return f"{super().head(header)}{','.join(self.COLUMNS)}\n"

    def entry(self, entry: Entry) -> str:
        scope = "subtree" if entry.below else "exact"
        said = f'"{entry.entry_type}","{_quoted(entry.name)}","{scope}","{entry.confidence:.4f}","{_quoted(entry.categories)}"'
        return f'{said},"{_quoted(entry.sources)}","{entry.first_seen or ""}","{entry.last_changed_at}","block"\n'

    def exception(self, name: str, below: bool) -> str:
        return f'"domain","{name}","{"subtree" if below else "exact"}","","","","","","allow"\n'


NAMESPACE = uuid.UUID("5b2a8f8e-6c0a-5d5c-9d5c-2c1d5d0b7a11")


def _uuid5(text: str) -> str:
    """`uuid.uuid5(NAMESPACE, text)` as text, at half its price."""
    digest = bytearray(hashlib.sha1(NAMESPACE.bytes + text.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    h = digest.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


class Stix(ListFormat):
    """STIX 2.1 (OASIS): a bundle with an indicator per entry; what was dropped lately is revoked. Ids are made of the entry, so that
    the same entry has the same id in every bundle."""

    extension = "stix.json"
    content_type = "application/stix+json;version=2.1"
    INDICATOR_TYPES: ClassVar[dict[str, str]] = {"malware": "malicious-activity", "botnet": "malicious-activity", "phishing": "malicious-activity"}

    def __init__(self) -> None:
        self._identity = f"identity--{uuid.uuid5(NAMESPACE, 'sluice')}"

    def head(self, header: Header) -> str:
        at = instant_text(header.as_of)
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

    def entry(self, entry: Entry, holes: Sequence[Hole] = ()) -> str:
        first = entry.first_seen or entry.last_changed_at
        return (
            f',\n{{"type": "indicator", "spec_version": "2.1", "id": "indicator--{_uuid5(f"{entry.entry_type} {entry.name}")}", '
            f'"created_by_ref": "{self._identity}", "created": "{first}", "modified": "{max(first, entry.last_changed_at)}", '
            f'"revoked": {"true" if entry.revoked else "false"}, "name": {json.dumps(entry.name)}, {_words(entry.categories, entry.tags)}, '
            f'"confidence": {round(entry.confidence * 100)}, "pattern": {json.dumps(self.pattern(entry, holes))}, '
            f'"pattern_type": "stix", "valid_from": "{first}"}}'
        )

    @staticmethod
    def pattern(entry: Entry, holes: Sequence[Hole] = ()) -> str:
        value = entry.name.replace("\\", "\\\\").replace("'", "\\'")
        if entry.entry_type == "ip":
            return f"[ipv{6 if ':' in value else 4}-addr:value = '{value}']"
        if entry.entry_type == "url":
            return f"[url:value = '{value}']"
        exact, under = f"domain-name:value = '{value}'", f"domain-name:value LIKE '%.{value}'"
        if not entry.below:
            return f"[{exact}]"
        said = f"{exact} OR {under}" if entry.itself else under
        free = [part for hole in holes for part in _free(hole) if hole.name != entry.name]
        return f"[({said}) AND {' AND '.join(free)}]" if free else f"[{said}]"

    def tail(self) -> str:
        return "\n]}\n"


def _free(hole: Hole) -> list[str]:
    return [
        *([f"domain-name:value != '{hole.name}'"] if hole.itself else []),
        *([f"domain-name:value NOT LIKE '%.{hole.name}'"] if hole.below else []),
    ]


@lru_cache(maxsize=10_000)
def _words(categories: str, tags: str) -> str:
    """The properties that repeat from entry to entry."""
    own = [word for word in categories.split(";") if word]
    labels = [*own, *(tag for tag in tags.split("\x1f") if tag and tag not in own)]
    types = sorted({Stix.INDICATOR_TYPES.get(category, "unknown") for category in own} or {"unknown"})
    said = f'"indicator_types": {json.dumps(types)}'
    return f'{said}, "labels": {json.dumps(labels)}' if labels else said


def instant_text(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"
