"""Where lists are published, with a manifest that says what each holds and what came and went."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datasets.harmful_domains.lists.evidence import Csv
from datasets.harmful_domains.lists.formats import Header
from datasets.harmful_domains.lists.scopes import Exception_, in_order
from datasets.harmful_domains.lists.tiers import TIERS
from datasets.harmful_domains.lists.writing import ListFile
from medallion.contracts import Source

EXPIRES_HOURS = 24
CACHE_CONTROL = "public, max-age=900"


@dataclass(frozen=True)
class Plan:
    """What one export is to write."""

    as_of: datetime
    version: str
    delta_version: int
    sources: Sequence[Source]
    licences: Sequence[str] | None
    # Which generation of the table was read, and when time alone changes what is listed: who decides whether to export again asks.
    generation: int = 0
    changes_at: datetime | None = None


class Lists:
    """The bucket that lists are published in: versions that never change, and `latest`, which resolvers subscribe to."""

    def __init__(self, client: Any, bucket: str, root: str) -> None:
        self._client = client
        self._bucket = bucket
        self.root = root

    def manifest(self) -> dict[str, Any] | None:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=f"{self.root}/latest/manifest.json")["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        return json.loads(body)

    def lines(self, key: str) -> Iterator[str]:
        for line in self._client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_lines():
            yield line.decode("utf-8")

    def put(self, key: str, body: Any, content_type: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, CacheControl=CACHE_CONTROL)


def names_of_csv(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Entry type and name of each entry of an exported CSV, in its order; its exceptions are none."""
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    next(rows, None)
    for row in rows:
        if row[-1] != "allow":
            yield row[0], row[1]


def place_of(entry: tuple[str, str]) -> tuple[str, str]:
    """Where an entry stands among others: `prepared` sorts so."""
    entry_type, name = entry
    return (entry_type, in_order(name)) if entry_type == "domain" else entry


def difference(before: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """How many were added and removed between two sequences in the lists' order, walked once."""
    added = removed = 0
    old, new = iter(before), iter(now)
    a, b = next(old, None), next(new, None)
    while a is not None or b is not None:
        if a == b:
            a, b = next(old, None), next(new, None)
        elif b is None or (a is not None and place_of(a) < place_of(b)):
            removed += 1
            a = next(old, None)
        else:
            added += 1
            b = next(new, None)
    return added, removed


def publish(
    files: Sequence[ListFile], headers: Mapping[str, Header], exceptions: Mapping[str, Sequence[Exception_]], plan: Plan, lists: Lists
) -> dict[str, Any]:
    before = lists.manifest()
    tiers: dict[str, Any] = {}
    for tier in TIERS:
        own = [each for each in files if each.tier == tier]
        csv_file = next(each for each in own if isinstance(each.format, Csv))
        last = (before or {}).get("tiers", {}).get(tier, {}).get("files", {}).get("csv")
        added, removed = csv_file.counts.entries, 0
        if last:
            with csv_file.path.open(encoding="utf-8") as stream:
                added, removed = difference(names_of_csv(lists.lines(last["path"])), names_of_csv(stream))
        tiers[tier] = {
            "title": headers[tier].title,
            "least_confidence": TIERS[tier],
            "entries": headers[tier].names,
            "exceptions": [each._asdict() for each in exceptions[tier]],
            "added": added,
            "removed": removed,
            "files": {
                each.name: {
                    "path": f"{lists.root}/{plan.version}/{each.path.name}",
                    "latest": f"{lists.root}/latest/{each.path.name}",
                    "entries": each.counts.entries,
                    "left_out": {"covered": each.counts.covered, "unsayable": each.counts.unsayable},
                    "narrowed": each.counts.narrowed,
                    "bytes": each.bytes,
                    "sha256": each.hash.hexdigest(),
                }
                for each in own
            },
        }
    manifest = {
        "version": plan.version,
        "previous": (before or {}).get("version"),
        "as_of": f"{plan.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "expires_hours": EXPIRES_HOURS,
        "delta_version": plan.delta_version,
        "generation": plan.generation,
        "changes_at": None if plan.changes_at is None else f"{plan.changes_at:%Y-%m-%dT%H:%M:%SZ}",
        "licences": list(plan.licences) if plan.licences is not None else None,
        "tiers": tiers,
        "sources": [{"name": s.name, "licence": s.licence, "attribution": s.homepage, "category": s.category} for s in plan.sources],
    }
    for prefix in (plan.version, "latest"):
        for each in files:
            with each.path.open("rb") as stream:
                lists.put(f"{lists.root}/{prefix}/{each.path.name}", stream, each.format.content_type)
        lists.put(f"{lists.root}/{prefix}/manifest.json", json.dumps(manifest, indent=1).encode(), "application/json")
    return manifest
