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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import boto3
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from medallion.contracts import Source, load_contracts
from medallion.export.formats import FORMATS, Csv, Entry, Header, ListFormat
from medallion.export.tiers import TIERS, Exception_, as_of_table, confidence_at, listed, needed_exceptions, operator_exceptions, revoked
from medallion.generations import DynamoGenerations, at_their_generations
from medallion.gold_tables.harmful_domains import OPERATOR_CATEGORY
from medallion.runner import log_to_stderr, session
from medallion.tables import path_of

log = logging.getLogger("export")

EXPIRES_HOURS = 24
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
    stream: IO[str]
    entries: int = 0
    hash: Any = field(default_factory=hashlib.sha256)
    bytes: int = 0

    def write(self, text: str) -> None:
        self.stream.write(text)
        data = text.encode("utf-8")
        self.hash.update(data)
        self.bytes += len(data)


def utc(time: datetime | None) -> datetime | None:
    """PySpark gives times without a zone, in that of this machine."""
    return None if time is None else time.astimezone(UTC)


def entry_of(row: Row) -> Entry:
    return Entry(
        entry_type=row["entry_type"],
        name=row["name"],
        scope=row["scope"],
        confidence=row["confidence"],
        categories=tuple(row["categories"]),
        tags=tuple(row["tags"]),
        sources=tuple(row["source_names"]),
        first_seen=utc(row["first_seen"]),
        last_changed_at=utc(row["last_changed_at"]) or datetime.now(UTC),
        revoked=not row["is_active"],
    )


def write_lists(rows: Iterator[Row], files: Sequence[ListFile], headers: dict[str, Header], exceptions: dict[str, Sequence[Exception_]]) -> None:
    """Writes every list in one pass over the rows, which are sorted: a list holds its names in order."""
    for each in files:
        each.write(each.format.head(headers[each.tier]))
    for row in rows:
        entry = entry_of(row)
        for each in files:
            if entry.confidence < TIERS[each.tier] and not entry.revoked:
                continue
            if entry.entry_type not in each.format.types or (entry.revoked and not each.format.takes_revoked):
                continue
            each.write(each.format.entry(entry))
            each.entries += not entry.revoked
    for each in files:
        each.write(each.format.exceptions(exceptions[each.tier]))
        each.write(each.format.tail())
        each.stream.close()


def names_of_csv(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Entry type and name of each row of an exported CSV, in its order."""
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    next(rows, None)
    for row in rows:
        yield row[0], row[1]


def difference(before: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """How many were added and removed between two sorted sequences, walked once."""
    added = removed = 0
    old, new = iter(before), iter(now)
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


@dataclass(frozen=True)
class Plan:
    """What one export is to write."""

    as_of: datetime
    version: str
    delta_version: int
    sources: Sequence[Source]
    licences: Sequence[str] | None


def export(rows: DataFrame, exceptions: Sequence[Exception_], plan: Plan, lists: Lists, folder: Path) -> dict[str, Any]:
    """Writes lists and manifest. Versions first, `latest` after them, the manifest last: a reader sees whole lists at any time.

    Args:
        rows: Gold's rows with their confidence

    Returns:
        The manifest.
    """
    title = "Sluice" if plan.licences is None else f"Sluice ({', '.join(plan.licences)})"
    active = listed(rows, exceptions)
    columns = ("entry_type", "name", "scope", "confidence", "categories", "tags", "first_seen", "last_changed_at", "is_active")
    blocking = F.filter("sources", lambda s: s["current"] & (s["action"] == "block"))
    chosen = active.unionByName(revoked(rows, plan.as_of)).where(F.col("confidence") >= min(TIERS.values()))
    source_names = F.array_sort(F.array_distinct(F.transform(blocking, lambda s: s["source"])))
    sorted_rows = chosen.select(*columns, source_names.alias("source_names")).orderBy("entry_type", "name").persist()
    of_tier = {tier: sorted_rows.where(F.col("is_active") & (F.col("confidence") >= least)) for tier, least in TIERS.items()}
    try:
        # Sources that list nothing now have nothing to be attributed for.
        held = {row["source"] for row in sorted_rows.where("is_active").select(F.explode("source_names").alias("source")).distinct().collect()}
        sources = [source for source in plan.sources if source.name in held]
        licences = ", ".join(sorted({source.licence for source in sources}))
        headers = {tier: Header(f"{title} {tier}", plan.version, plan.as_of, EXPIRES_HOURS, of_tier[tier].count(), licences) for tier in TIERS}
        needed = {tier: needed_exceptions(of_tier[tier], exceptions) for tier in TIERS}
        files = []
        for tier in TIERS:
            for name, made in FORMATS.items():
                path = folder / f"{tier}.{made.extension}"
                files.append(ListFile(tier, name, made(), path, path.open("w", encoding="utf-8", newline="")))
        write_lists(sorted_rows.toLocalIterator(prefetchPartitions=True), files, headers, needed)
    finally:
        sorted_rows.unpersist()
    return publish(files, headers, needed, replace(plan, sources=sources), lists)


def publish(files: Sequence[ListFile], headers: dict[str, Header], exceptions: dict[str, Sequence[Exception_]], plan: Plan, lists: Lists) -> dict[str, Any]:
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
            "exceptions": [{"name": each.name, "below": each.below} for each in exceptions[tier]],
            "added": added,
            "removed": removed,
            "files": {
                each.name: {
                    "path": f"{lists.root}/{plan.version}/{each.path.name}",
                    "latest": f"{lists.root}/latest/{each.path.name}",
                    "entries": each.entries,
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
    known = {source.name for source in dataset.sources}
    rows = as_of_table(gold, as_of, contracts.canary_source, chosen)
    rows = confidence_at(rows, as_of, {row["source"]: utc(row["last_good_at"]) for row in status if row["source"] in known})
    plan = Plan(as_of, f"{as_of:%Y%m%dT%H%M%SZ}-v{delta_version}", delta_version, sources, arguments.licences)
    folder = Path(tempfile.mkdtemp(prefix="lists-"))
    try:
        rows = rows.persist()
        manifest = export(rows, operator_exceptions(rows), plan, Lists(client, arguments.lists_bucket, root_of(arguments.licences)), folder)
    finally:
        shutil.rmtree(folder)
    for tier, each in manifest["tiers"].items():
        log.info("%s: %d entries, %d added, %d removed", tier, each["entries"], each["added"], each["removed"])
    log.info("published version %s", plan.version)
    logging.shutdown()
    os._exit(0)
