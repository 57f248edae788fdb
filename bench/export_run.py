"""What the drivers of bench/export have in common: a bucket that keeps nothing, what an export cost, and what it made."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

AS_OF = datetime(2026, 1, 2, tzinfo=UTC)
SOURCES = ("stevenblack", "hagezi_pro", "oisd_small")


class Nowhere:
    """A bucket that takes everything and keeps nothing."""

    root = "lists"

    def manifest(self) -> None:
        return None

    def put(self, _key: str, _body: object, _content_type: str) -> None:
        return None


def _processor_seconds(spark: SparkSession) -> tuple[float, float]:
    """Of the JVM, and of this process."""
    pid = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    user, system = (
        Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    )
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), time.process_time()


def measure(spark: SparkSession, export: Callable[[], dict[str, Any]]) -> None:
    """Prints an export's cost and counts as JSON, and ends the process.

    Args:
        export: gives the manifest
    """
    began, (of_java, of_python) = time.perf_counter(), _processor_seconds(spark)
    manifest = export()
    seconds, (of_java_now, of_python_now) = (
        time.perf_counter() - began,
        _processor_seconds(spark),
    )
    files = [
        each for tier in manifest["tiers"].values() for each in tier["files"].values()
    ]
    strict = manifest["tiers"]["strict"]
    made = {
        "seconds": seconds,
        "javaProcessorSeconds": of_java_now - of_java,
        "pythonProcessorSeconds": of_python_now - of_python,
        "names": strict["entries"],
        "lists": len(files),
        # Releases before did not count what a name above covers.
        "entries": sum(
            each["entries"] + each.get("left_out", {}).get("covered", 0)
            for each in files
        ),
        "bytes": sum(each["bytes"] for each in files),
        "exceptions": len(strict["exceptions"]),
    }
    print(json.dumps(made))
    sys.stdout.flush()
    os._exit(0)
