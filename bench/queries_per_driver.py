"""bench/queries-per-driver: streaming queries from Delta to Delta in one driver, with the settings of this machine's profile.

For 1, 5, 10, 20 and 40 queries: the CPU that they take when nothing comes, and the time from a row's commit to its batch's commit where
one query is active and the others idle. Prints a line per number of queries.

    bench/queries-per-driver.ts runs it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

IDLE_SECONDS = 15.0
ROWS = 25
TRIGGER = "2 seconds"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(spark: SparkSession, folder: str, count: int) -> dict[str, float]:
    sources = [f"{folder}/{count}/source-{i}" for i in range(count)]
    sinks = [f"{folder}/{count}/sink-{i}" for i in range(count)]
    for path in (*sources, *sinks):
        DeltaTable.createIfNotExists(spark).location(path).addColumn(
            "id", "bigint"
        ).execute()

    def write_to(sink):
        return lambda rows, _batch: rows.write.format("delta").mode("append").save(sink)

    queries = [
        spark.readStream.format("delta")
        .load(source)
        .writeStream.foreachBatch(write_to(sink))
        .option("checkpointLocation", f"{sink}-checkpoint")
        .trigger(processingTime=TRIGGER)
        .start()
        for source, sink in zip(sources, sinks, strict=True)
    ]
    jvm = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    try:
        time.sleep(10.0)
        before, began = cpu_seconds(jvm), time.monotonic()
        time.sleep(IDLE_SECONDS)
        idle = (cpu_seconds(jvm) - before) / (time.monotonic() - began)
        taken = []
        for row in range(ROWS):
            spark.range(row, row + 1).write.format("delta").mode("append").save(
                sources[0]
            )
            committed = time.monotonic()
            log = Path(f"{sinks[0]}/_delta_log/{row + 1:020d}.json")
            while not log.exists():
                if time.monotonic() - committed > 120:
                    raise TimeoutError(f"{count} queries: row {row} did not arrive")
                time.sleep(0.02)
            taken.append(time.monotonic() - committed)
        taken.sort()
        return {
            "queries": count,
            "idle_cores": idle,
            "p50_s": taken[len(taken) // 2],
            "p99_s": taken[-1],
        }
    finally:
        for query in queries:
            query.stop()


spark = SparkSession.builder.appName("queries-per-driver").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
for number in (1, 5, 10, 20, 40):
    print(json.dumps(measure(spark, sys.argv[1], number)), flush=True)
