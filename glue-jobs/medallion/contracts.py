"""Reads contracts.json, which the CDK app makes from contracts/ at synth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse


@dataclass(frozen=True)
class Table:
    """One Delta table of a contract."""

    layer: str
    name: str
    kind: str
    writer: str
    path: str
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    cluster_by: tuple[str, ...]
    every_seconds: float | None
    retention_days: int | None
    optimise_after_commits: int
    vacuum_every_hours: int
    keep_versions_hours: int
    reads: tuple[str, ...]
    description: str
    ddl: str

    @property
    def full_name(self) -> str:
        return f"{self.layer}.{self.name}"


@dataclass(frozen=True)
class Rule:
    """A row rule; `sql` is true where a row breaks it, never null."""

    name: str
    action: str
    sql: str
    field: str
    kind: str


@dataclass(frozen=True)
class Source:
    """A source of lists, as exports speak of it."""

    name: str
    category: str
    role: str
    licence: str
    homepage: str
    # Between two checks; None where nothing is fetched.
    cadence_seconds: float | None


@dataclass(frozen=True)
class Dataset:
    """One dataset: its topic, the shape of its records, its rules and tables."""

    name: str
    topic: str
    partitions: int
    record_ddl: str
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    trigger_seconds: float
    background: bool
    sources: tuple[Source, ...]
    tables: tuple[Table, ...]

    def table(self, layer: str) -> Table:
        """The table that every dataset has in `layer` (bronze, silver or quarantine)."""
        return next(table for table in self.tables if table.layer == layer and table.name == self.name)

    def gold_tables(self) -> tuple[Table, ...]:
        """What is computed from the dataset's Silver: its Gold tables, and of an operational dataset its `ops` ones."""
        return tuple(table for table in self.tables if table.layer in ("gold", "ops"))


@dataclass(frozen=True)
class MetricSpec:
    """What may be measured: the dimensions that it is told of, CloudWatch's unit, and above which value it is told where it is told only
    while something is wrong."""

    name: str
    of: tuple[str, ...]
    unit: str
    wrong_above: float | None


@dataclass(frozen=True)
class Contracts:
    """All that contracts.json says."""

    canary_source: str
    datasets: tuple[Dataset, ...]
    ledger: Table
    metrics: Mapping[str, MetricSpec]

    def dataset(self, name: str) -> Dataset:
        return next(dataset for dataset in self.datasets if dataset.name == name)

    def tables_of(self, writer: str) -> tuple[Table, ...]:
        """Tables that only `writer` may write."""
        every = [table for dataset in self.datasets for table in dataset.tables] + [self.ledger]
        return tuple(table for table in every if table.writer == writer)


def _table(raw: Mapping[str, Any]) -> Table:
    return Table(
        layer=raw["layer"],
        name=raw["name"],
        kind=raw["kind"],
        writer=raw["writer"],
        path=raw["path"],
        key=tuple(raw["key"]),
        partition_by=tuple(raw["partitionBy"]),
        cluster_by=tuple(raw["clusterBy"]),
        every_seconds=raw["everySeconds"],
        retention_days=raw["retentionDays"],
        optimise_after_commits=raw["optimiseAfterCommits"],
        vacuum_every_hours=raw["vacuumEveryHours"],
        keep_versions_hours=raw["keepVersionsHours"],
        reads=tuple(raw["reads"]),
        description=raw["description"],
        ddl=raw["ddl"],
    )


def _source(raw: Mapping[str, Any]) -> Source:
    return Source(raw["name"], raw["category"], raw["role"], raw["licence"], raw["homepage"], raw["cadenceSeconds"])


def parse_contracts(text: str) -> Contracts:
    """Parses the text of contracts.json.

    Raises:
        ValueError: the format is not the one this package was released with.
    """
    raw = json.loads(text)
    if raw.get("format") != 1:
        raise ValueError(f"contracts.json has format {raw.get('format')!r}, this release reads 1: deploy job and contracts together")
    return Contracts(
        canary_source=raw["canarySource"],
        datasets=tuple(
            Dataset(
                name=dataset["name"],
                topic=dataset["topic"]["name"],
                partitions=dataset["topic"]["partitions"],
                record_ddl=dataset["recordDdl"],
                key=tuple(dataset["key"]),
                rules=tuple(Rule(**rule) for rule in dataset["rules"]),
                trigger_seconds=dataset["triggerSeconds"],
                background=dataset["background"],
                sources=tuple(_source(source) for source in dataset["sources"]),
                tables=tuple(_table(table) for table in dataset["tables"]),
            )
            for dataset in raw["datasets"]
        ),
        ledger=_table(raw["ledger"]),
        metrics={each["name"]: MetricSpec(each["name"], tuple(each["of"]), each["unit"], each["wrongAbove"]) for each in raw["metrics"]},
    )


def load_contracts(location: str, s3_client: Any) -> Contracts:
    """Loads contracts.json from `s3://bucket/key` or a local path."""
    url = urlparse(location)
    if url.scheme in ("s3", "s3a"):
        body = s3_client.get_object(Bucket=url.netloc, Key=url.path.lstrip("/"))["Body"].read()
        return parse_contracts(body.decode("utf-8"))
    with open(location, encoding="utf-8") as file:
        return parse_contracts(file.read())
