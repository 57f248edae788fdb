"""The progress of queries: told in the log, counted by the minute. Spark's Kafka source commits no offsets to Kafka, so lag is known from it alone."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

from medallion.metrics import BATCH_DURATION, INPUT_ROWS, WORKERS_ALIVE

log = logging.getLogger(__name__)


class Minute:
    """What the queries of a job did since it was last asked: rows, and the longest batch. Each batch has a line in the log."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows = 0
        self._longest = 0

    def add(self, progress: Mapping[str, Any]) -> None:
        with self._lock:
            self._rows += progress.get("numInputRows", 0)
            self._longest = max(self._longest, progress.get("durationMs", {}).get("triggerExecution", 0))

    def take(self) -> dict[str, float]:
        with self._lock:
            taken = {INPUT_ROWS: float(self._rows), BATCH_DURATION: float(self._longest)}
            self._rows = self._longest = 0
        return taken


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


def phases_of(progress: Mapping[str, Any]) -> dict[str, int]:
    """How long the parts of a batch took, in milliseconds: finding and planning what to read, writing it, Spark's own log of it."""
    durations = progress.get("durationMs", {})

    def took(*phases: str) -> int:
        return sum(durations.get(phase, 0) for phase in phases)

    return {
        "batch": took("triggerExecution"),
        "read": took("latestOffset", "getBatch", "queryPlanning"),
        "write": took("addBatch"),
        "commit": took("walCommit", "commitOffsets"),
    }


def workers_of(spark: SparkSession) -> dict[str, float]:
    """The driver and its executors: what of the workers a run really got."""
    return {WORKERS_ALIVE: float(spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size())}


class ProgressListener:
    """Logs the progress of queries named `LAYER.DATASET`, counts it for the minute, and notes how far they have come.

    The Java interface itself, called by Py4J: PySpark's StreamingQueryListener takes each event apart by dozens of calls into the JVM,
    a twentieth of a small driver's time; this one asks for the progress as JSON, which is one.
    """

    def __init__(self, minute: Minute, note: Callable[[Mapping[str, Any]], None] = lambda _progress: None) -> None:
        self._minute = minute
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
        if progress.get("numInputRows", 0) > 0:
            told = {"rows": progress["numInputRows"], "lag": lag_of(progress), **phases_of(progress)}
            log.info("%s batch %s: %s", progress["name"], progress["batchId"], json.dumps(told))
        self._note(progress)
        self._minute.add(progress)

    def onQueryIdle(self, event: Any) -> None:
        """A query without work lives: that is noted, and is no metric."""
        self._note({"name": self._names.get(event.id().toString())})

    def onQueryTerminated(self, event: Any) -> None:
        log.info("query %s terminated", event.id().toString())

    class Java:
        implements = ("org.apache.spark.sql.streaming.PythonStreamingQueryListener",)
