"""The formats that hold every entry and why it is listed."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import ClassVar

from datasets.harmful_domains.lists.entries import KEPT, Entry, Hole, Said
from datasets.harmful_domains.lists.formats import Header, ListFormat


class Csv(ListFormat):
    """All that is listed, addresses and URLs too, with why; and the exceptions that are made below it (column `action`)."""

    extension = "csv"
    content_type = "text/csv; charset=utf-8"
    COLUMNS = ("entry_type", "name", "scope", "confidence", "categories", "sources", "first_seen", "last_changed_at", "action")

    def head(self, header: Header) -> str:
        return f"{super().head(header)}{','.join(self.COLUMNS)}\n"

    def entry(self, entry: Entry) -> str:
        name, said = entry
        if '"' in name:
            name = name.replace('"', '""')
        before, after = self._around(said)
        return f"{before}{name}{after}"

    @staticmethod
    @lru_cache(maxsize=KEPT)
    def _around(said: Said) -> tuple[str, str]:
        """What stands before and after the name."""
        scope, categories = "subtree" if said.below else "exact", said.categories.replace('"', '""')
        evidence = f'"{said.confidence:.4f}","{categories}","{said.sources}","{said.first_seen or ""}","{said.last_changed_at}"'
        return f'"{said.entry_type}","', f'","{scope}",{evidence},"block"\n'

    def exception(self, name: str, below: bool) -> str:
        return f'"domain","{name}","{"subtree" if below else "exact"}","","","","","","allow"\n'


NAMESPACE = uuid.UUID("5b2a8f8e-6c0a-5d5c-9d5c-2c1d5d0b7a11")


SHA1_OF_NAMESPACE = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)
# RFC 9562: the two highest bits of the fourth group say which kind of id it is.
VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def _uuid5(text: str) -> str:
    """`uuid.uuid5(NAMESPACE, text)` as text, at a third of its price."""
    sha1 = SHA1_OF_NAMESPACE.copy()
    sha1.update(text.encode())
    h = sha1.hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


class Stix(ListFormat):
    """STIX 2.1 (OASIS): a bundle with an indicator per entry; what was dropped lately is revoked. Ids are made of the entry, so that
    the same entry has the same id in every bundle."""

    extension = "stix.json"
    content_type = "application/stix+json;version=2.1"
    IDENTITY: ClassVar[str] = f"identity--{uuid.uuid5(NAMESPACE, 'sluice')}"
    BEFORE_ID: ClassVar[str] = ',\n{"type": "indicator", "spec_version": "2.1", "id": "indicator--'
    INDICATOR_TYPES: ClassVar[dict[str, str]] = {"malware": "malicious-activity", "botnet": "malicious-activity", "phishing": "malicious-activity"}

    def head(self, header: Header) -> str:
        at = instant_text(header.as_of)
        bundle = f"bundle--{uuid.uuid5(NAMESPACE, f'{header.title} {header.version}')}"
        # An identity is what the bundle's indicators were created by; it says what the other formats say in comments.
        identity = {
            "type": "identity",
            "spec_version": "2.1",
            "id": self.IDENTITY,
            "created": "2026-01-01T00:00:00.000Z",
            "modified": at,
            "name": header.title,
            "description": "; ".join(header.lines()),
            "identity_class": "system",
        }
        return f'{{"type":"bundle","id":"{bundle}","objects":[\n{json.dumps(identity)}'

    def entry(self, entry: Entry, holes: Sequence[Hole] = ()) -> str:
        name, said = entry
        before_name, before_pattern, after = self._around(said)
        pattern = self.pattern(entry, holes)
        # What a domain or an address is made of needs no escapes.
        if said.entry_type == "url":
            shown, pattern = json.dumps(name), json.dumps(pattern)
        else:
            shown, pattern = f'"{name}"', f'"{pattern}"'
        return f"{self.BEFORE_ID}{_uuid5(f'{said.entry_type} {name}')}{before_name}{shown}{before_pattern}{pattern}{after}"

    @staticmethod
    @lru_cache(maxsize=KEPT)
    def _around(said: Said) -> tuple[str, str, str]:
        """What stands before the name, between name and pattern, and after that."""
        first, changed = said.first_seen or said.last_changed_at, said.last_changed_at
        return (
            f'", "created_by_ref": "{Stix.IDENTITY}", "created": "{first}", "modified": "{max(changed, first)}", '
            f'"revoked": {"true" if said.revoked else "false"}, "name": ',
            f', {_words(said.categories, said.tags)}, "confidence": {round(said.confidence * 100)}, "pattern": ',
            f', "pattern_type": "stix", "valid_from": "{first}"}}',
        )

    @staticmethod
    def pattern(entry: Entry, holes: Sequence[Hole] = ()) -> str:
        name, said = entry
        if said.entry_type == "url":
            value = name.replace("\\", "\\\\").replace("'", "\\'")
            return f"[url:value = '{value}']"
        if said.entry_type == "ip":
            return f"[ipv{6 if ':' in name else 4}-addr:value = '{name}']"
        if not said.below:
            return f"[domain-name:value = '{name}']"
        under = f"domain-name:value LIKE '%.{name}'"
        both = f"domain-name:value = '{name}' OR {under}" if said.itself else under
        free = [part for hole in holes for part in _free(hole) if hole.name != name]
        return f"[({both}) AND {' AND '.join(free)}]" if free else f"[{both}]"

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
