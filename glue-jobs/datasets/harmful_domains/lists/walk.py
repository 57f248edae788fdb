"""One pass over the sorted entries: every tier's lists take their lines from it.

What is below a name comes right after it, so that what covers a name is known when it comes. Nearly all entries stand below nothing, or
below a name that is covered without exception: those are written in batches. Where a name is free below one that is covered, each
format is asked name by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from operator import or_

from datasets.harmful_domains.lists.entries import Entry, Hole
from datasets.harmful_domains.lists.evidence import Csv, Stix
from datasets.harmful_domains.lists.formats import EVERYWHERE, ListFormat, NamesFormat, Region, SubtreeFormat
from datasets.harmful_domains.lists.scopes import Exception_, Verdict

BATCH = 8_192


@dataclass
class Counts:
    """What became of a tier's entries in one file."""

    entries: int = 0
    # Left out, because a name above says it already.
    covered: int = 0
    # Left out, because the format cannot hold them.
    unsayable: int = 0
    # Written, but blocking less than they mean.
    narrowed: int = 0


@dataclass
class Tier:
    """One tier, and its exceptions, resolved before the walk."""

    name: str
    level: int
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    holes: Mapping[str, Sequence[Hole]] = field(default_factory=dict)
    exceptions: Sequence[Exception_] = ()


class Subtrees:
    """A list of a format that can say "and all below", on its way."""

    def __init__(self, format_: SubtreeFormat, counts: Counts) -> None:
        self._format = format_
        self._counts = counts
        self._stack: list[Region] = [EVERYWHERE]

    def lines(self, lines: Sequence[str], covered: int) -> str:
        """Lines of entries that stand below nothing; and how many were covered, with nothing free among them."""
        self._stack = [EVERYWHERE]
        left_out = lines.count("")
        self._counts.covered += covered
        self._counts.unsayable += left_out
        self._counts.entries += len(lines) - left_out
        return "".join(lines)

    def place(self, row: Entry, listed: bool, verdict: Verdict, holes: Sequence[str]) -> str:
        """A row of a subtree in which something is free. A format that could not say what covers it states no more than the entry."""
        stack, counts = self._stack, self._counts
        while stack[-1].name and not row.name.endswith(f".{stack[-1].name}"):
            stack.pop()
        region = stack[-1]
        itself = verdict.itself and (region.blocked or (listed and row.said.itself))
        below = verdict.below and (region.blocked or (listed and row.said.below))
        narrowed = below and not region.blocked and self._format.avoids(holes)
        below = below and not narrowed
        if itself == region.blocked and below == region.blocked:
            counts.covered += listed and region.blocked
            counts.unsayable += listed and narrowed
            return ""
        placed = self._format.place(row.name, itself, below, region)
        stack.extend(placed.regions)
        counts.unsayable += listed and placed.unsayable
        counts.entries += listed and not placed.unsayable
        counts.narrowed += (listed and narrowed) or placed.narrowed
        return placed.text


class Domains:
    """A batch's domains that say anything, and their lines: the same in every tier, where they stand below nothing."""

    def __init__(self, batch: Sequence[Entry], formats: Mapping[str, NamesFormat | SubtreeFormat]) -> None:
        self.entries = [each for each in batch if each.said.entry_type == "domain" and (each.said.listed or each.said.excepted)]
        self.rows = [(name, said.level, said.itself, said.below, said.excepted) for name, said in self.entries]
        names = [name for name, _ in self.entries]
        pairs = [(name, said.below) for name, said in self.entries]
        self._lines = {name: each.lines(names) if isinstance(each, NamesFormat) else each.lines(pairs) for name, each in formats.items()}

    def chosen(self, format_: str, which: Sequence[int]) -> list[str]:
        lines = self._lines[format_]
        return lines if len(which) == len(lines) else [lines[i] for i in which]


class TierWalk:
    """One tier's lists. Texts come out per format, a batch at a time."""

    def __init__(self, tier: Tier, formats: Mapping[str, ListFormat]) -> None:
        self._tier = tier
        self.formats = formats
        self.counts = {name: Counts() for name in formats}
        self._names = {name: each for name, each in formats.items() if isinstance(each, NamesFormat)}
        self._subtrees = {name: Subtrees(each, self.counts[name]) for name, each in formats.items() if isinstance(each, SubtreeFormat)}
        self._root = ""
        self._pierced = False
        # Within a subtree in which something is free: the names that were met on the way down, and what is below each.
        self._path: list[tuple[str, bool]] = []

    def batch(self, domains: Domains) -> dict[str, str]:
        """Texts of the formats for resolvers."""
        level, root, pierced = self._tier.level, self._root, self._pierced
        suffix = f".{root}"
        parts: dict[str, list[str]] = {name: [] for name in self._subtrees}
        alone: list[int] = []
        run: list[int] = []
        covered = subtrees = 0
        for i, (name, of, itself, below, excepted) in enumerate(domains.rows):
            if of < level:
                if not excepted:
                    continue
                itself = below = False
            if itself:
                alone.append(i)
                subtrees += below
            if root and name.endswith(suffix):
                if not pierced:
                    covered += itself or below
                    continue
            elif below:
                root, suffix, pierced = name, f".{name}", name in self._tier.holes
                if pierced:
                    self._path = []
            else:
                root = ""
            if root and pierced:
                self._flush(parts, domains, run, covered)
                run, covered = [], 0
                self._place(parts, domains.entries[i])
            elif itself:
                run.append(i)
        self._flush(parts, domains, run, covered)
        self._root, self._pierced = root, pierced
        texts = {name: "".join(each) for name, each in parts.items()}
        for name in self._names:
            texts[name] = "".join(domains.chosen(name, alone))
            self.counts[name].entries += len(alone)
            self.counts[name].narrowed += subtrees
        return texts

    def _flush(self, parts: dict[str, list[str]], domains: Domains, run: Sequence[int], covered: int) -> None:
        if run or covered:
            for name, each in self._subtrees.items():
                parts[name].append(each.lines(domains.chosen(name, run), covered))

    def _place(self, parts: dict[str, list[str]], row: Entry) -> None:
        path = self._path
        while path and not row.name.endswith(f".{path[-1][0]}"):
            path.pop()
        around = path[-1][1] if path else False
        said = row.said
        listed = said.level >= self._tier.level and said.listed
        own = Verdict(around or (listed and said.itself), around or (listed and said.below))
        verdict = self._tier.verdicts.get(row.name, own)
        path.append((row.name, verdict.below))
        holes = [hole.name for hole in self._tier.holes.get(row.name, ()) if hole.name != row.name]
        for name, each in self._subtrees.items():
            parts[name].append(each.place(row, listed, verdict, holes))


class Walk:
    """All tiers' lists: the texts of a batch by tier and format."""

    def __init__(self, tiers: Sequence[Tier], formats: Mapping[str, type[ListFormat]]) -> None:
        self._tiers = tiers
        self.walks = {tier.name: TierWalk(tier, {name: made() for name, made in formats.items()}) for tier in tiers}
        self._csv, self._stix = Csv(), Stix()
        self._resolvers = {name: each for name, made in formats.items() if isinstance(each := made(), NamesFormat | SubtreeFormat)}
        self._excepted = {tier.name: {each.name for each in tier.exceptions} for tier in tiers}

    def texts(self, rows: Iterable[Entry]) -> Iterator[dict[str, dict[str, str]]]:
        stream = iter(rows)
        while batch := list(islice(stream, BATCH)):
            yield self._texts(batch)

    def _texts(self, batch: Sequence[Entry]) -> dict[str, dict[str, str]]:
        # What says why an entry is listed is the same in every tier, but for what is free below it.
        levels = [said.level if said.listed else 0 for _, said in batch]
        csv = [self._csv.entry(each) if level else "" for each, level in zip(batch, levels, strict=True)]
        revoked = [said.revoked for _, said in batch]
        stix = [self._stix.entry(each) if level or gone else "" for each, level, gone in zip(batch, levels, revoked, strict=True)]
        domains = Domains(batch, self._resolvers)
        texts = {}
        for tier in self._tiers:
            walk = self.walks[tier.name]
            texts[tier.name] = walk.batch(domains)
            listed = [level >= tier.level for level in levels]
            count = sum(listed)
            for name, format_ in walk.formats.items():
                if isinstance(format_, Csv | Stix):
                    walk.counts[name].entries += count
                    said = self._csv_of(tier, csv, batch, listed) if isinstance(format_, Csv) else self._stix_of(tier, stix, batch, listed, revoked)
                    texts[tier.name][name] = said
        return texts

    def _stix_of(self, tier: Tier, lines: Sequence[str], batch: Sequence[Entry], listed: Sequence[bool], revoked: Sequence[bool]) -> str:
        if tier.holes:
            lines = [self._stix.entry(each, tier.holes[each.name]) if each.name in tier.holes else line for each, line in zip(batch, lines, strict=True)]
        return "".join(compress(lines, map(or_, listed, revoked)))

    def _csv_of(self, tier: Tier, lines: Sequence[str], batch: Sequence[Entry], listed: Sequence[bool]) -> str:
        if not tier.verdicts:
            return "".join(compress(lines, listed))
        texts = []
        for each, line, now in zip(batch, lines, listed, strict=True):
            if now:
                texts.append(line)
            verdict = tier.verdicts.get(each.name)
            if verdict and (each.name in self._excepted[tier.name] or (now and each.said.below and not verdict.itself)):
                texts.append(self._csv.exception(each.name, not verdict.below))
        return "".join(texts)
