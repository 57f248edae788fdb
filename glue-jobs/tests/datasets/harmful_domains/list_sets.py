"""Sets of entries and exceptions, and the lists that the export writes of them, without Spark.

    PYTHONPATH=glue-jobs python list_sets.py FOLDER SEED

writes the lists of a generated set, and what the model says of the names around it: the tests load them into real resolvers.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from list_model import OPERATOR, READERS, Model, Said, above

from datasets.harmful_domains.lists import entries
from datasets.harmful_domains.lists.entries import Entry
from datasets.harmful_domains.lists.formats import Header
from datasets.harmful_domains.lists.job import tier_of
from datasets.harmful_domains.lists.registry import FORMATS
from datasets.harmful_domains.lists.scopes import Blocker, Statement, in_order
from datasets.harmful_domains.lists.tiers import TIERS
from datasets.harmful_domains.lists.walk import Tier, Walk

INSTANT = "2026-01-01T00:00:00.000Z"


def rows_of(model: Model) -> list[Entry]:
    """What tiers.entries_of gives of the same facts, which test_export.py holds against it."""
    rows = []
    for name in sorted({each.name for each in model.said}, key=in_order):
        if any(OPERATOR in model._sources(each, "allow", "subtree") for each in above(name)):
            continue
        confidence = model.confidence[name]
        excepted = any(each.name == name and each.action == "allow" for each in model.said)
        level = sum(confidence >= least for least in TIERS.values())
        said = entries.Said("domain", level, model.itself(name), model.below(name), excepted, confidence, "malware", "", "s", None, INSTANT, False)
        rows.append(Entry(name, said))
    return rows


def statements_of(model: Model) -> dict[str, Statement]:
    """What tiers.statements_near_exceptions gives, and more: names far from exceptions, which change nothing."""
    found = {}
    for row in rows_of(model):
        allows = {scope: model._sources(row.name, "allow", scope) for scope in ("exact", "subtree")}
        covering = model._sources(row.name, "block", "subtree") - allows["subtree"] if OPERATOR not in allows["exact"] | allows["subtree"] else set()
        found[row.name] = Statement(
            row.name,
            row.said.confidence,
            row.said.itself,
            tuple(Blocker(each, each, each == OPERATOR) for each in sorted(covering)),
            row.name in model.widely_used,
            frozenset(allows["exact"] | allows["subtree"]),
            frozenset(allows["subtree"]),
            OPERATOR in allows["exact"] | allows["subtree"],
            OPERATOR in allows["subtree"],
        )
    return found


@dataclass
class Written:
    tier: Tier
    least: float
    texts: dict[str, str]
    counts: dict


def written(model: Model, batch: int | None = None) -> list[Written]:
    statements = statements_of(model)
    tiers = [tier_of(name, len(TIERS) - i, least, statements) for i, (name, least) in enumerate(TIERS.items())]
    walk = Walk(tiers, FORMATS)
    texts = {tier.name: dict.fromkeys(FORMATS, "") for tier in tiers}
    rows = rows_of(model)
    # Batches end anywhere.
    for start in range(0, len(rows), batch or len(rows) or 1):
        for part in walk.texts(rows[start : start + (batch or len(rows))]):
            for tier, of_tier in part.items():
                for name, text in of_tier.items():
                    texts[tier][name] += text
    for of_tier in texts.values():
        of_tier["stix"] = f'{{"objects":[{of_tier["stix"].lstrip(",")}]}}'
        of_tier["csv"] = f"{','.join(FORMATS['csv'].COLUMNS)}\n{of_tier['csv']}"
    return [Written(tier, TIERS[tier.name], texts[tier.name], walk.walks[tier.name].counts) for tier in tiers]


def probes(model: Model) -> list[str]:
    """The names themselves, those above, below, beside, and far below."""
    named = {each.name for each in model.said}
    around = {*named, *(each for name in named for each in above(name))}
    return sorted({*around, *(f"{label}.{name}" for name in around for label in ("a", "q", "q.q", "a.b"))})


def model_of(said, confidence, widely_used=()):
    return Model(said, {**{each.name: 0.95 for each in said}, **confidence}, widely_used)


def generated(seed: int, domains: int) -> Model:
    """A set of what three sources and the operator say, four labels deep below some domains of a reserved name."""
    chosen = random.Random(seed)
    said, widely_used = [], []
    for i in range(domains):
        names = [".".join([*chosen.choices(["a", "b", "a-b", "a_0"], k=chosen.choice([0, 0, 1, 2, 2, 3, 4])), f"d{i}.example"]) for _ in range(5)]
        widely_used.append(chosen.choice(names))
        said += [
            Said(chosen.choice(["s1", "s1", "s2", "s3", OPERATOR]), chosen.choice(["block", "block", "allow"]), chosen.choice(["exact", "subtree"]), name)
            for name in chosen.choices(names, k=9)
        ]
    return model_of(said, {}, widely_used)


def main(folder: Path, seed: int) -> None:
    """Writes one tier's lists, and what the model says of the names around: true, false, or null where the format frees more (counted `narrowed`)."""
    model = generated(seed, 100)
    lists = written(model)[0]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    names = probes(model)
    for name, made in FORMATS.items():
        header = Header("generated", "v1", at, 24, len(names), "own")
        (folder / f"generated.{made.extension}").write_text(made().head(header) + lists.texts[name] + made().tail(), encoding="utf-8")
    verdicts = {
        name: {format_: (None if blocked and not blocks(name) else blocked) for format_, blocks in readers.items()}
        for readers in [{name: READERS[name](lists.texts[name]) for name in ("dnsmasq", "unbound", "rpz", "adblock")}]
        for name in names
        for blocked in [model.blocked(name, lists.least)]
    }
    (folder / "verdicts.json").write_text(json.dumps(verdicts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
