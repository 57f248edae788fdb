"""Reads contracts.json, which the CDK app makes from contracts/ at synth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

FORMAT = 2


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
    every_seconds: float | None
    retention_days: int | None
    optimise_after_commits: int
    vacuum_every_hours: int
    keep_versions_hours: int
    reads: tuple[str, ...]
    # Of a state table: true of a canary's row, which one made by an older release may hold.
    canary_sql: str | None
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
    """One dataset: what feeds it, the shape of its records, its rules and tables."""

    name: str
    # Empty where the dataset is derived from another.
    topic: str
    partitions: int
    derived_from: str | None
    record_ddl: str
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    trigger_seconds: float
    background: bool
    sources: tuple[Source, ...]
    tables: tuple[Table, ...]
    # How a canary looks in Silver; None where the dataset is derived.
    canary: Mapping[str, Any] | None = field(default=None, compare=False)

    def table(self, layer: str) -> Table:
        """The table that a dataset has in `layer` (bronze, silver or quarantine). A derived one has no Bronze."""
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
    canaries: Table
    metrics: Mapping[str, MetricSpec]

    def dataset(self, name: str) -> Dataset:
        return next(dataset for dataset in self.datasets if dataset.name == name)

    def tables_of(self, writer: str) -> tuple[Table, ...]:
        """Tables that only `writer` may write."""
        every = [table for dataset in self.datasets for table in dataset.tables] + [self.ledger, self.canaries]
        return tuple(table for table in every if table.writer == writer)

    def parent_of(self, dataset: Dataset) -> Table:
        """What a dataset's Silver is made of: its own Bronze, or the Silver that it is derived from."""
        return dataset.table("bronze") if dataset.derived_from is None else self.dataset(dataset.derived_from).table("silver")

    def others_of(self, table: Table) -> dict[str, Table]:
        """What a periodic table reads beside its own Silver, as its contract names it: `dataset`, for its Silver, or `layer.name`."""
        named = {each.full_name: each for dataset in self.datasets for each in dataset.tables}
        return {read: named[read if "." in read else f"silver.{read}"] for read in table.reads}

    def read_by(self, table: Table) -> tuple[Table, ...]:
        """The tables whose queries stream from a Silver or Gold table."""
        found = []
        for dataset in self.datasets:
            for each in dataset.tables:
                own = each.layer in ("gold", "ops") and table == dataset.table("silver")
                parent = each.layer == "silver" and table == self.parent_of(dataset)
                if own or parent or table in self.others_of(each).values():
                    found.append(each)
        return tuple(found)


def _table(raw: Mapping[str, Any]) -> Table:
    return Table(
        layer=raw["layer"],
        name=raw["name"],
        kind=raw["kind"],
        writer=raw["writer"],
        path=raw["path"],
        key=tuple(raw["key"]),
        partition_by=tuple(raw["partitionBy"]),
        every_seconds=raw["everySeconds"],
        retention_days=raw["retentionDays"],
        optimise_after_commits=raw["optimiseAfterCommits"],
        vacuum_every_hours=raw["vacuumEveryHours"],
        keep_versions_hours=raw["keepVersionsHours"],
        reads=tuple(raw["reads"]),
        canary_sql=raw["canarySql"],
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
    if raw.get("format") != FORMAT:
        raise ValueError(f"contracts.json has format {raw.get('format')!r}, this release reads {FORMAT}: deploy job and contracts together")
    return Contracts(
        canary_source=raw["canarySource"],
        datasets=tuple(
            Dataset(
                name=dataset["name"],
                topic=(dataset["topic"] or {}).get("name", ""),
                partitions=(dataset["topic"] or {}).get("partitions", 0),
                derived_from=dataset["derivedFrom"],
                record_ddl=dataset["recordDdl"],
                key=tuple(dataset["key"]),
                rules=tuple(Rule(**rule) for rule in dataset["rules"]),
                trigger_seconds=dataset["triggerSeconds"],
                background=dataset["background"],
                sources=tuple(_source(source) for source in dataset["sources"]),
                tables=tuple(_table(table) for table in dataset["tables"]),
                canary=dataset["canary"],
            )
            for dataset in raw["datasets"]
        ),
        ledger=_table(raw["ledger"]),
        canaries=_table(raw["canaries"]),
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
