"""The export job: one Delta version in, three tiers in nine formats and a manifest out."""

from __future__ import annotations

import argparse
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from datasets.harmful_domains.lists.formats import Header
from datasets.harmful_domains.lists.handover import entries_of, with_texts
from datasets.harmful_domains.lists.publishing import EXPIRES_HOURS, Lists, Plan, publish
from datasets.harmful_domains.lists.scopes import Statement, holes, needed_exceptions, verdicts
from datasets.harmful_domains.lists.tiers import (
    TIERS,
    as_of_table,
    believed,
    confidence_at,
    confirmed_until,
    operator_allowed_below,
    prepared,
    statements_near_exceptions,
)
from datasets.harmful_domains.lists.walk import Tier
from datasets.harmful_domains.lists.writing import write_lists
from datasets.harmful_domains.names import OPERATOR_CATEGORY
from medallion.contracts import Source, load_contracts
from medallion.generations import DynamoGenerations, at_their_generations, generation_of
from medallion.session import log_to_stderr, session
from medallion.tables import path_of

log = logging.getLogger("export")

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


def utc(time: datetime | None) -> datetime | None:
    """PySpark gives times without a zone, in that of this machine."""
    return None if time is None else time.astimezone(UTC)


def next_limit(gold: DataFrame, as_of: datetime) -> datetime | None:
    """When the next time limit of the operator ends: from then on the lists are others, though nothing was written."""
    limited = gold.where(F.array_max("sources.valid_until") > F.lit(as_of))
    limits = limited.select(F.explode("sources.valid_until").alias("until")).where(F.col("until") > F.lit(as_of))
    return utc(limits.agg(F.min("until")).first()[0])


def export(rows: DataFrame, plan: Plan, lists: Lists, folder: Path) -> dict[str, Any]:
    """Writes lists and manifest. Versions first, `latest` after them, the manifest last: a reader sees whole lists at any time.

    Args:
        rows: Gold's rows with their confidence

    Returns:
        The manifest.
    """
    title = "Sluice" if plan.licences is None else f"Sluice ({', '.join(plan.licences)})"
    held = with_texts(prepared(rows, plan.as_of)).persist()
    try:
        allowed = operator_allowed_below(held)
        stream = believed(held, allowed)
        statements = statements_near_exceptions(stream)
        tiers = [tier_of(name, len(TIERS) - i, least, statements) for i, (name, least) in enumerate(TIERS.items())]
        counts = counted(stream)
        # Sources that list nothing now have nothing to be attributed for.
        naming = {source for row in counts for source in row["sources"]}
        sources = [source for source in plan.sources if source.name in naming]
        licences = ", ".join(sorted({source.licence for source in sources}))
        headers = {
            tier.name: Header(
                *(f"{title} {tier.name}", plan.version, plan.as_of, EXPIRES_HOURS),
                sum(row["entries"] for row in counts if row["level"] >= tier.level),
                licences,
            )
            for tier in tiers
        }
        files = write_lists(entries_of(stream, sum(row["entries"] for row in counts)), tiers, headers, folder)
    finally:
        held.unpersist()
    return publish(files, headers, {tier.name: tier.exceptions for tier in tiers}, replace(plan, sources=sources), lists)


def counted(rows: DataFrame) -> Sequence[Row]:
    """Of each level, how many entries it has, and which sources list them."""
    said_alike = rows.where("level > 0 AND (itself OR below)").groupBy("level", "sources").agg(F.count("*").alias("entries"))
    sources = F.array_distinct(F.flatten(F.collect_set(F.split("sources", ";")))).alias("sources")
    return said_alike.groupBy("level").agg(F.sum("entries").alias("entries"), sources).collect()


def tier_of(name: str, level: int, least: float, statements: Mapping[str, Statement]) -> Tier:
    found = verdicts(statements, least)
    free = holes(statements, found, least)
    return Tier(name, level, found, free, needed_exceptions(found, free))


def for_whole_tables(spark: SparkSession) -> None:
    """Sets a session to read all of a table once: there code is worth its generating, whatever the settings of small batches are."""
    spark.conf.set("spark.sql.codegen.wholeStage", "true")
    spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")


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
    for_whole_tables(spark)
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
        manifest = export(rows, plan, Lists(client, arguments.lists_bucket, root_of(arguments.licences)), folder)
    finally:
        shutil.rmtree(folder)
    for tier, each in manifest["tiers"].items():
        log.info("%s: %d entries, %d added, %d removed", tier, each["entries"], each["added"], each["removed"])
    log.info("published version %s", plan.version)
    logging.shutdown()
    os._exit(0)
