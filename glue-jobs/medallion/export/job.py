"""The export job: one Delta version in, three tiers in nine formats and a manifest out."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import boto3
from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from medallion.contracts import Source, load_contracts
from medallion.export.evidence import Csv, Entry
from medallion.export.formats import Header, ListFormat
from medallion.export.registry import FORMATS
from medallion.export.scopes import Exception_, Statement, holes, in_order, needed_exceptions, verdicts
from medallion.export.tiers import (
    TIERS,
    as_of_table,
    believed,
    confidence_at,
    confirmed_until,
    entries_of,
    operator_allowed_below,
    prepared,
    statements_near_exceptions,
)
from medallion.export.walk import Counts, Tier, Walk
from medallion.generations import DynamoGenerations, at_their_generations, generation_of
from medallion.gold_tables.harmful_domains import OPERATOR_CATEGORY
from medallion.runner import log_to_stderr, session
from medallion.tables import path_of

log = logging.getLogger("export")

EXPIRES_HOURS = 24
WRITERS = 2
CACHE_CONTROL = "public, max-age=900"
PREFIX = "lists"


def comma_list(text: str) -> tuple[str, ...]:
    """Parses `a,b`. Licences may hold blanks."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{text!r} is no instant: use for example 2026-11-01T00:00:00Z") from wrong


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="export", allow_abbrev=False)
    for name in ("JOB_NAME", "lake", "contracts", "state-table", "lists-bucket"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--as-of", type=instant, default=None)
    parser.add_argument("--licences", type=comma_list, default=None)
    known, _glue_own = parser.parse_known_args(list(argv))
    return known


def sources_of(sources: Sequence[Source], licences: Sequence[str] | None) -> list[Source]:
    """Sources whose names the lists hold: those under one of the licences, and the operator's own.

    Raises:
        ValueError: no source has one of the licences; the known ones are named.
    """
    blocking = [source for source in sources if source.role == "block"]
    if licences is None:
        return blocking
    known = {source.licence for source in blocking}
    unknown = [licence for licence in licences if licence not in known]
    if unknown or not licences:
        raise ValueError(f"no source is under {', '.join(unknown) or 'no licence'}; known: {', '.join(sorted(known))}")
    return [source for source in blocking if source.licence in licences or source.category == OPERATOR_CATEGORY]


def root_of(licences: Sequence[str] | None) -> str:
    """Where lists are published: lists of some licences have paths of their own, as stable as the others."""
    if licences is None:
        return PREFIX
    slug = "+".join(sorted(re.sub(r"[^a-z0-9.-]+", "-", licence.lower()).strip("-") for licence in licences))
    return f"{PREFIX}/licences/{slug}"


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


def utc(time: datetime | None) -> datetime | None:
    """PySpark gives times without a zone, in that of this machine."""
    return None if time is None else time.astimezone(UTC)


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
    old, new = map(place_of, before), map(place_of, now)
    a, b = next(old, None), next(new, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a < b):
            removed += 1
            a = next(old, None)
        elif a is None or b < a:
            added += 1
            b = next(new, None)
        else:
            a, b = next(old, None), next(new, None)
    return added, removed


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


def next_limit(gold: DataFrame, as_of: datetime) -> datetime | None:
    """When the next time limit of the operator ends: from then on the lists are others, though nothing was written."""
    limits = gold.select(F.explode("sources.valid_until").alias("until")).where(F.col("until") > F.lit(as_of))
    return utc(limits.agg(F.min("until")).first()[0])


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


def export(rows: DataFrame, plan: Plan, lists: Lists, folder: Path) -> dict[str, Any]:
    """Writes lists and manifest. Versions first, `latest` after them, the manifest last: a reader sees whole lists at any time.

    Args:
        rows: Gold's rows with their confidence

    Returns:
        The manifest.
    """
    title = "Sluice" if plan.licences is None else f"Sluice ({', '.join(plan.licences)})"
    all_rows = prepared(rows, plan.as_of).persist()
    try:
        stream = believed(all_rows, operator_allowed_below(all_rows))
        statements = statements_near_exceptions(stream)
        tiers = [tier_of(name, len(TIERS) - i, least, statements) for i, (name, least) in enumerate(TIERS.items())]
        listed = stream.where("level > 0 AND (itself OR below)")
        # Sources that list nothing now have nothing to be attributed for.
        held = {row["source"] for row in listed.select(F.explode(F.split("sources", ";")).alias("source")).distinct().collect()}
        sources = [source for source in plan.sources if source.name in held]
        licences = ", ".join(sorted({source.licence for source in sources}))
        entries = {row["level"]: row["count"] for row in listed.groupBy("level").count().collect()}
        headers = {
            tier.name: Header(
                f"{title} {tier.name}", plan.version, plan.as_of, EXPIRES_HOURS, sum(n for level, n in entries.items() if level >= tier.level), licences
            )
            for tier in tiers
        }
        files = write_lists(map(Entry._make, entries_of(stream).toLocalIterator(prefetchPartitions=True)), tiers, headers, folder)
    finally:
        all_rows.unpersist()
    return publish(files, headers, {tier.name: tier.exceptions for tier in tiers}, replace(plan, sources=sources), lists)


def tier_of(name: str, level: int, least: float, statements: Mapping[str, Statement]) -> Tier:
    found = verdicts(statements, least)
    free = holes(statements, found, least)
    return Tier(name, level, found, free, needed_exceptions(found, free))


def publish(
    files: Sequence[ListFile], headers: Mapping[str, Header], exceptions: Mapping[str, Sequence[Exception_]], plan: Plan, lists: Lists
) -> dict[str, Any]:
    before = lists.manifest()
    tiers: dict[str, Any] = {}
    for tier in TIERS:
        own = [each for each in files if each.tier == tier]
        csv_file = next(each for each in own if isinstance(each.format, Csv))
        last = (before or {}).get("tiers", {}).get(tier, {}).get("files", {}).get("csv")
        old = names_of_csv(lists.lines(last["path"])) if last else iter(())
        with csv_file.path.open(encoding="utf-8") as stream:
            added, removed = difference(old, names_of_csv(stream))
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


def run(argv: Sequence[str]) -> None:
    """Entry point of the job."""
    log_to_stderr()
    arguments = parse_arguments(argv)
    client = boto3.client("s3")
    contracts = at_their_generations(load_contracts(arguments.contracts, client), DynamoGenerations(boto3.client("dynamodb"), arguments.state_table).get)
    dataset = contracts.dataset("harmful_domains")
    sources = sources_of(dataset.sources, arguments.licences)
    spark = session(arguments.JOB_NAME)
    spark.sparkContext.setLogLevel("WARN")
    tables = {table.name: path_of(arguments.lake.rstrip("/"), table) for each in contracts.datasets for table in each.gold_tables()}
    delta_version = DeltaTable.forPath(spark, tables["harmful_domains"]).history(1).first()["version"]
    gold = spark.read.format("delta").option("versionAsOf", delta_version).load(tables["harmful_domains"])
    status = spark.read.format("delta").load(tables["source_status"]).where(F.col("last_good_at").isNotNull()).select("source", "last_good_at").collect()
    as_of = arguments.as_of or datetime.now(UTC).replace(microsecond=0)
    chosen = None if arguments.licences is None else [source.name for source in sources]
    rows = as_of_table(gold, as_of, contracts.canary_source, chosen)
    rows = confidence_at(rows, as_of, confirmed_until({row["source"]: utc(row["last_good_at"]) for row in status}, dataset.sources))
    generation = generation_of(next(table for table in dataset.gold_tables() if table.name == "harmful_domains"))
    version = f"{as_of:%Y%m%dT%H%M%SZ}-v{delta_version}"
    plan = Plan(as_of, version, delta_version, sources, arguments.licences, generation, next_limit(gold, as_of))
    folder = Path(tempfile.mkdtemp(prefix="lists-"))
    try:
        rows = rows.persist()
        manifest = export(rows, plan, Lists(client, arguments.lists_bucket, root_of(arguments.licences)), folder)
    finally:
        shutil.rmtree(folder)
    for tier, each in manifest["tiers"].items():
        log.info("%s: %d entries, %d added, %d removed", tier, each["entries"], each["added"], each["removed"])
    log.info("published version %s", plan.version)
    logging.shutdown()
    os._exit(0)
