"""What names come to where lists make exceptions below names that they cover (docs/confidence.md, "Below a name").

Of a name without an entry of its own the nearest statements above it decide: each name above that is covered with all below counts with
the sources that cover it, less those that make an exception of the name. Only names that somebody makes an exception of, and those
above them, need to be looked at so: everything else is as the nearest name above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from datasets.harmful_domains.lists.entries import Hole
from datasets.harmful_domains.names import ORIGINS_OF_POPULAR


class Blocker(NamedTuple):
    """A source that blocks a name with all below."""

    source: str
    origin: str
    operator: bool


@dataclass(frozen=True)
class Statement:
    """Gold's row of a name, as far as names below it are concerned."""

    name: str
    confidence: float
    # Whether the name itself counts as harmful, and who blocks all below it.
    itself: bool
    below: tuple[Blocker, ...]
    widely_used: bool
    # Sources that make an exception of it, and those that make one of all below it.
    excepting: frozenset[str]
    excepting_below: frozenset[str]
    operator_allows: bool = False
    operator_allows_below: bool = False


class Verdict(NamedTuple):
    """Whether a name is blocked, and whether a name below it is that nobody speaks of."""

    itself: bool
    below: bool


def parents(name: str) -> list[str]:
    """The names above, nearest first, down to two labels."""
    labels = name.split(".")
    return [".".join(labels[i:]) for i in range(1, len(labels) - 1)]


def enough(blockers: Iterable[Blocker], widely_used: bool) -> bool:
    """Whether so many independent origins block a name as it needs."""
    known = list(blockers)
    needed = ORIGINS_OF_POPULAR if widely_used and not any(each.operator for each in known) else 1
    return len({each.origin for each in known}) >= needed


def _covered(above: Iterable[str], statements: Mapping[str, Statement], least: float, excepting: frozenset[str]) -> bool:
    """Whether one of the names `above`, nearest first, covers a name that some sources make an exception of."""
    for name in above:
        said = statements.get(name)
        if said is None:
            continue
        if said.confidence >= least and enough((each for each in said.below if each.source not in excepting), said.widely_used):
            return True
        excepting |= said.excepting_below
    return False


def verdicts(statements: Mapping[str, Statement], least: float) -> dict[str, Verdict]:
    """The verdict of each name that somebody makes an exception of, from its row and the rows above it of at least a confidence."""
    found = {}
    for name, said in statements.items():
        if not (said.excepting or said.operator_allows):
            continue
        above = parents(name)
        itself = not said.operator_allows and ((said.itself and said.confidence >= least) or _covered(above, statements, least, said.excepting))
        below = not said.operator_allows_below and _covered([name, *above], statements, least, frozenset())
        found[name] = Verdict(itself, below)
    return found


def holes(statements: Mapping[str, Statement], found: Mapping[str, Verdict], least: float) -> dict[str, list[Hole]]:
    """Of each name that is covered with all below: what is free there, the name itself among it."""
    free: dict[str, list[Hole]] = {}
    for name, verdict in found.items():
        if verdict.itself and verdict.below:
            continue
        for above in (name, *parents(name)) if verdict.below else parents(name):
            said = statements.get(above)
            if said is not None and said.confidence >= least and enough(said.below, said.widely_used):
                free.setdefault(above, []).append(Hole(name, not verdict.itself, not verdict.below))
    return {name: sorted(each) for name, each in free.items()}


class Exception_(NamedTuple):
    """A name that is free below one that is listed with all below: it `itself`, or what is `below` it, or both."""

    name: str
    itself: bool
    below: bool


def needed_exceptions(found: Mapping[str, Verdict], free: Mapping[str, list[Hole]]) -> list[Exception_]:
    """What formats that cover subtrees must state."""
    below = {hole.name for name, each in free.items() for hole in each if hole.name != name}
    return [Exception_(name, not found[name].itself, not found[name].below) for name in sorted(below)]


def in_order(name: str) -> str:
    """Sorts names so that what is below a name comes right after it."""
    return "\x01".join(reversed(name.split(".")))


def above_of(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield name
        yield from parents(name)
