"""Arguments of a job: the same on Glue (its DefaultArguments) and on this machine (the front door passes them on)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from medallion.contracts import Dataset

LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class JobArguments:
    """Typed job arguments. Paths are roots without a trailing slash; durations are in the unit of their name."""

    job_name: str
    run_id: str
    layers: tuple[str, ...]
    lake: str
    checkpoints: str
    contracts: str
    bootstrap_servers: str
    kafka_auth: str
    state_table: str
    metrics_namespace: str
    database_prefix: str
    trigger_seconds: float | None
    bronze_trigger_seconds: float | None
    gold_trigger_seconds: float | None
    background_trigger_seconds: float | None
    periodic_seconds: float | None
    optimise_after_commits: int | None
    max_offsets_per_trigger: int
    lease_seconds: int


def layers_of(text: str) -> tuple[str, ...]:
    """Parses `bronze,silver`.

    Raises:
        argparse.ArgumentTypeError: a name is no layer.
    """
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in LAYERS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"unknown layer {unknown or text!r}: use a list of {', '.join(LAYERS)}")
    return names


def trigger_of(arguments: JobArguments, layer: str, dataset: Dataset) -> float:
    """Seconds between the starts of a layer's batches: the job's own where it is given any, else the contract's; what runs in the
    background has its own, so that what hurries the others does not hurry it."""
    if dataset.background:
        return arguments.background_trigger_seconds or dataset.trigger_seconds
    own = {"bronze": arguments.bronze_trigger_seconds, "gold": arguments.gold_trigger_seconds}.get(layer)
    return own or arguments.trigger_seconds or dataset.trigger_seconds


def parse_arguments(argv: Sequence[str], layers: Sequence[str]) -> JobArguments:
    """Parses the arguments of a job whose entry point runs `layers`. Arguments that are Glue's own are ignored."""
    parser = argparse.ArgumentParser(prog="medallion", allow_abbrev=False)
    parser.add_argument("--JOB_NAME", dest="job_name", required=True)
    parser.add_argument("--JOB_RUN_ID", dest="run_id", required=True)
    parser.add_argument("--layers", type=layers_of, default=tuple(layers))
    for name in ("lake", "checkpoints", "contracts", "bootstrap-servers", "state-table"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--kafka-auth", choices=("none", "iam"), default="iam")
    parser.add_argument("--metrics-namespace", default="Sluice")
    parser.add_argument("--database-prefix", default="")
    parser.add_argument("--trigger-seconds", type=float)
    parser.add_argument("--bronze-trigger-seconds", type=float)
    parser.add_argument("--gold-trigger-seconds", type=float)
    parser.add_argument("--background-trigger-seconds", type=float)
    parser.add_argument("--periodic-seconds", type=float)
    parser.add_argument("--optimise-after-commits", type=int)
    parser.add_argument("--max-offsets-per-trigger", type=int, default=500_000)
    parser.add_argument("--lease-seconds", type=int, default=60)
    known, _glue_own = parser.parse_known_args(list(argv))
    values = vars(known)
    return JobArguments(**{**values, "lake": known.lake.rstrip("/"), "checkpoints": known.checkpoints.rstrip("/")})
