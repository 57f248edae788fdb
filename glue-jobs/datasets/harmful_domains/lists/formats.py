"""What a format of exported lists is. The formats: resolvers.py (what resolvers load), evidence.py (CSV, STIX). What each means: docs/lists.md."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple


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


class ListFormat(ABC):
    """One format: a head, lines, an end. Every text it gives ends its own lines."""

    extension: ClassVar[str]
    content_type: ClassVar[str] = "text/plain; charset=utf-8"
    comment: ClassVar[str] = "#"

    def head(self, header: Header) -> str:
        return "".join(f"{self.comment} {line}\n" for line in header.lines())

    def tail(self) -> str:
        return ""


class NamesFormat(ListFormat):
    """A format that knows single names alone: nothing is below them, and exceptions need no line."""

    @abstractmethod
    def lines(self, names: Sequence[str]) -> list[str]: ...


class Region(NamedTuple):
    """What a text says so far of every name below `name` that has no line of its own. `level`: how often the answer changed on the way."""

    name: str
    blocked: bool
    level: int


EVERYWHERE = Region("", False, 0)


class Placed(NamedTuple):
    """Lines for a name, the regions that they open, outermost first, and whether they say all that was meant."""

    text: str
    regions: tuple[Region, ...]
    # An entry that blocks less than it means.
    narrowed: bool = False
    # One that the format cannot hold at all.
    unsayable: bool = False


NOTHING = Placed("", ())


class SubtreeFormat(ListFormat):
    """A format that can say "and all below". It is given names that differ from what the text says of them already, parents first."""

    @abstractmethod
    def lines(self, entries: Sequence[tuple[str, bool]]) -> list[str]:
        """Lines of entries that stand below nothing: name, and whether all below is meant. Empty where the format cannot hold one."""

    @abstractmethod
    def place(self, name: str, itself: bool, below: bool, region: Region) -> Placed:
        """Lines for a name in a region: whether it is blocked `itself`, and what is `below` it."""

    def avoids(self, _holes: Sequence[str]) -> bool:
        """Whether an entry must not be said with all below because of the exceptions there: it would block them too."""
        return False
