"""What the lists are made of: entries, and what is free below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# What is said of so many names is kept, with the texts that are made of it.
KEPT = 20_000


class Hole(NamedTuple):
    """What is free below an entry: a name `itself`, or what is `below` it, or both."""

    name: str
    itself: bool
    below: bool


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """What is said of a name. Thousands of names of one source and day share one, so that formats make its texts once.

    Lists of words are one text each: categories and sources by `;`, tags by U+001F; instants are ISO 8601.
    """

    entry_type: str
    # How many tiers, from the widest, are wide enough for its confidence.
    level: int
    # Whether the name itself is listed, and what is below it.
    itself: bool
    below: bool
    # Somebody makes an exception of it.
    excepted: bool
    confidence: float
    categories: str
    tags: str
    sources: str
    first_seen: str | None
    last_changed_at: str
    # Dropped lately: it stands in STIX alone.
    revoked: bool

    @property
    def listed(self) -> bool:
        return self.itself or self.below


class Entry(NamedTuple):
    """A row of the sorted stream."""

    name: str
    said: Said
