"""Every list, written in one pass over the entries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from datasets.harmful_domains.lists.entries import Entry
from datasets.harmful_domains.lists.formats import Header, ListFormat
from datasets.harmful_domains.lists.registry import FORMATS
from datasets.harmful_domains.lists.walk import Counts, Tier, Walk

WRITERS = 2


@dataclass
class ListFile:
    """One list on its way: its file, and what is counted of it."""

    tier: str
    name: str
    format: ListFormat
    path: Path
    stream: IO[bytes]
    counts: Counts
    hash: Any = field(default_factory=hashlib.sha256)
    bytes: int = 0

    def write(self, text: str) -> None:
        data = text.encode("utf-8")
        self.stream.write(data)
        self.hash.update(data)
        self.bytes += len(data)


def write_lists(rows: Iterable[Entry], tiers: Sequence[Tier], headers: Mapping[str, Header], folder: Path) -> list[ListFile]:
    """Writes every list in one pass over the rows, which are in the order of `prepared`."""
    walk = Walk(tiers, FORMATS)
    files = []
    for tier in tiers:
        of_tier = walk.walks[tier.name]
        for name, made in of_tier.formats.items():
            path = folder / f"{tier.name}.{made.extension}"
            files.append(ListFile(tier.name, name, made, path, path.open("wb"), of_tier.counts[name]))
    for each in files:
        each.write(each.format.head(headers[each.tier]))
    # Hashing and writing leave the interpreter to the next batch's texts meanwhile.
    with ThreadPoolExecutor(WRITERS) as pool:
        writing: list[Future[None]] = []
        for texts in walk.texts(rows):
            for done in writing:
                done.result()
            writing = [pool.submit(each.write, texts[each.tier][each.name]) for each in files]
        for done in writing:
            done.result()
    for each in files:
        each.write(each.format.tail())
        each.stream.close()
    return files
