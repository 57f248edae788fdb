"""Metrics by PutMetricData. Spark's Kafka source commits no offsets to Kafka, so lag is known only from query progress."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

log = logging.getLogger(__name__)

# Alarms and dashboards name the same metrics.
INPUT_ROWS = "InputRows"
BATCH_DURATION = "BatchDuration"
OFFSET_LAG = "OffsetLag"
LEDGER_RESIDUAL = "LedgerResidual"
QUARANTINED = "QuarantinedRecords"
QUARANTINE_PERCENT = "QuarantinePercent"
READ_DURATION = "ReadDuration"
WRITE_DURATION = "WriteDuration"
COMMIT_DURATION = "CommitDuration"
WORKERS_ALIVE = "WorkersAlive"
CORES = "Cores"
MAINTENANCE_DURATION = "MaintenanceDuration"


@dataclass(frozen=True)
class Metric:
    """One value: `unit` is CloudWatch's (Count, Milliseconds)."""

    name: str
    value: float
    unit: str


class Metrics:
    """Publishes metrics of one job. A metric that cannot be sent is logged; it never stops the data."""

    def __init__(self, client: Any, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def put(self, dataset: str, layer: str, metrics: Iterable[Metric]) -> None:
        self._put({"Dataset": dataset, "Layer": layer}, metrics)

    def put_job(self, job: str, metrics: Iterable[Metric]) -> None:
        self._put({"Job": job}, metrics)

    def _put(self, of: Mapping[str, str], metrics: Iterable[Metric]) -> None:
        dimensions = [{"Name": name, "Value": value} for name, value in of.items()]
        data = [{"MetricName": m.name, "Value": m.value, "Unit": m.unit, "Dimensions": dimensions} for m in metrics]
        try:
            self._client.put_metric_data(Namespace=self._namespace, MetricData=data)
        except Exception:
            log.exception("metrics of %s could not be published", ".".join(reversed(of.values())))


def lag_of(progress: Mapping[str, Any]) -> int | None:
    """Records that Kafka holds and the query has not read: end minus latest offset, over all partitions of its sources.

    None where no source of the query is Kafka's.
    """
    lag: int | None = None
    for source in progress.get("sources", []):
        latest, end = _offsets(source.get("latestOffset")), _offsets(source.get("endOffset"))
        if latest is None or end is None:
            continue
        behind = sum(max(0, offset - end.get(topic, {}).get(partition, 0)) for topic, parts in latest.items() for partition, offset in parts.items())
        lag = (lag or 0) + behind
    return lag


def _offsets(raw: Any) -> dict[str, dict[str, int]] | None:
    value = json.loads(raw) if isinstance(raw, str) and raw.startswith("{") else raw
    if not isinstance(value, dict) or not all(isinstance(parts, dict) for parts in value.values()):
        return None
    return value


def metrics_of(progress: Mapping[str, Any]) -> list[Metric]:
    """What a query's progress says, as metrics."""
    durations = progress.get("durationMs", {})

    def took(name: str, *phases: str) -> Metric:
        return Metric(name, float(sum(durations.get(phase, 0) for phase in phases)), "Milliseconds")

    metrics = [
        Metric(INPUT_ROWS, float(progress.get("numInputRows", 0)), "Count"),
        took(BATCH_DURATION, "triggerExecution"),
        took(READ_DURATION, "latestOffset", "getBatch", "queryPlanning"),
        took(WRITE_DURATION, "addBatch"),
        took(COMMIT_DURATION, "walCommit", "commitOffsets"),
    ]
    lag = lag_of(progress)
    return metrics if lag is None else [*metrics, Metric(OFFSET_LAG, float(lag), "Count")]


def workers_of(spark: SparkSession) -> list[Metric]:
    """The driver and its executors, and the cores that tasks have: what of the workers a run really got."""
    alive = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size()
    return [Metric(WORKERS_ALIVE, float(alive), "Count"), Metric(CORES, float(spark.sparkContext.defaultParallelism), "Count")]


class ProgressListener:
    """Publishes the progress of queries named `LAYER.DATASET`, and notes how far they have come.

    The Java interface itself, called by Py4J: PySpark's StreamingQueryListener takes each event apart by dozens of calls into the JVM,
    a twentieth of a small driver's time; this one asks for the progress as JSON, which is one.
    """

    def __init__(self, metrics: Metrics, note: Callable[[Mapping[str, Any]], None] = lambda _progress: None) -> None:
        self._metrics = metrics
        self._note = note
        self._names: dict[str, str] = {}

    def add_to(self, spark: SparkSession) -> None:
        ensure_callback_server_started(spark.sparkContext._gateway)
        wrapper = spark.sparkContext._jvm.org.apache.spark.sql.streaming.PythonStreamingQueryListenerWrapper(self)
        spark.streams._jsqm.addListener(wrapper)

    def onQueryStarted(self, event: Any) -> None:
        log.info("query %s started, checkpoint id %s", event.name(), event.id().toString())
        self._names[event.id().toString()] = str(event.name())

    def onQueryProgress(self, event: Any) -> None:
        progress = json.loads(event.progress().json())
        layer, _, dataset = (progress.get("name") or "").partition(".")
        if progress.get("numInputRows", 0) > 0:
            log.info("%s batch %s: %s rows, milliseconds %s", progress["name"], progress["batchId"], progress["numInputRows"], progress["durationMs"])
        self._note(progress)
        self._metrics.put(dataset, layer, metrics_of(progress))

    def onQueryIdle(self, event: Any) -> None:
        """A query without work lives: that is noted, and is no metric."""
        self._note({"name": self._names.get(event.id().toString())})

    def onQueryTerminated(self, event: Any) -> None:
        log.info("query %s terminated", event.id().toString())

    class Java:
        implements = ("org.apache.spark.sql.streaming.PythonStreamingQueryListener",)
