"""bench/change: what a change of 200 names costs the driver of Gold where the table holds many.

    python change.py FOLDER CONTRACTS NAMES [CHANGES]

with the `glue-jobs` of the build that is measured on PYTHONPATH. The table is made once per build and number of names, below FOLDER, and
gone on with. Each change is a batch of 200 facts, 100 names gone and 100 new, given to the build's own batch function; the next begins
when it is done. Prints a line of JSON per change: seconds, CPU seconds, and bytes that Hadoop's file systems read and wrote.

    bench/change.ts runs it.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from delta.tables import DeltaTable
from medallion.contracts import parse_contracts
from medallion.tables import ensure_table, path_of, schema_of
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

try:
    from medallion.layers.fold import recompute
    from medallion.layers.state import StateBatch

    from datasets.harmful_domains import FOLDS

    HAS_CANARIES = True
except ImportError:
    # Of cd86e88.
    from medallion.gold_tables import FOLDS
    from medallion.state import StateBatch, recompute

    HAS_CANARIES = False
try:
    from medallion.layout import SMALL_PAGES, in_order, settings

    IS_FORMER = False
except ImportError:
    IS_FORMER = True

GONE = NEW = 100
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
FOLD = FOLDS["harmful_domains"]


def fact(name: str, sequence: int, event: str) -> dict:
    return {
        "source": "large_list", "entry_type": "domain", "name": name, "scope": "exact", "action": "block", "event": event, "restated": False,
        "sequence": sequence, "category": "phishing", "reliability": 0.7, "origin": "large_list", "observed_at": BEGAN, "line": sequence,
        "public_suffix": "com", "registrable_domain": name, "mixed_script": False, "confusable": False,
        "topic": "harmful-domains", "partition": 0, "offset": sequence, "kafka_timestamp": BEGAN,
    }  # fmt: skip


def name_sql(number: str) -> str:
    return f"concat(substr(md5(cast({number} as string)), 1, 8 + cast({number} % 9 as int)), '.com')"


def make(spark, silver, gold, path: str, names: int) -> None:
    """A Gold table as the driver and its maintenance leave it: the row of one fact, for each name."""
    facts = spark.createDataFrame(
        [
            tuple(
                fact("a.com", 1, "listed").get(field.name)
                for field in schema_of(silver.ddl).fields
            )
        ],
        schema_of(silver.ddl),
    )
    row = recompute(FOLD, facts).select(*schema_of(gold.ddl).names)
    many = (
        spark.range(names)
        .crossJoin(F.broadcast(row.drop("name", "registrable_domain")))
        .withColumn("name", F.expr(name_sql("id")))
    )
    many = many.withColumn(
        "sources",
        F.transform("sources", lambda each: each.withField("line", F.col("id"))),
    )
    rows = many.withColumn("registrable_domain", F.col("name")).select(
        *schema_of(gold.ddl).names
    )
    if IS_FORMER:
        # As its maintenance leaves one: one file, in no order.
        rows.repartition(1, F.hash("name")).write.format("delta").mode("append").save(
            path
        )
    else:
        with settings(spark, SMALL_PAGES):
            in_order(rows, gold).write.format("delta").mode("append").save(path)


def counters(spark) -> tuple[int, int]:
    statistics = (
        spark.sparkContext._jvm.org.apache.hadoop.fs.FileSystem.getAllStatistics()
    )
    return sum(each.getBytesRead() for each in statistics), sum(
        each.getBytesWritten() for each in statistics
    )


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(folder: str, contracts_path: str, names: int, changes: int) -> None:
    contracts = parse_contracts(Path(contracts_path).read_text())
    dataset = contracts.dataset("harmful_domains")
    silver, gold = (
        dataset.table("silver"),
        next(each for each in dataset.gold_tables() if each.kind == "state"),
    )
    spark = (
        SparkSession.builder.appName("change")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    jvm = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    path = path_of(folder, gold)
    made = Path(f"{folder}/made")
    for table in (gold, contracts.canaries) if HAS_CANARIES else (gold,):
        ensure_table(spark, folder, table)
    if not made.exists():
        began = time.monotonic()
        make(spark, silver, gold, path, names)
        made.touch()
        print(
            f"made {names} names in {time.monotonic() - began:.0f} s", file=sys.stderr
        )
    canaries = (contracts.canaries, contracts.canary_source) if HAS_CANARIES else ()
    batch = StateBatch(
        dataset, gold, FOLD, folder, *canaries, lambda: "bench", lambda: None
    )
    begun = int(DeltaTable.forPath(spark, path).history(1).collect()[0]["version"])
    chance = random.Random(begun)
    fields = schema_of(silver.ddl).fields
    for change in range(changes):
        sequence = begun + change + 2
        numbers = ", ".join(f"({chance.randrange(names)}L)" for _ in range(GONE))
        known = {
            row[0]
            for row in spark.sql(
                f"SELECT {name_sql('id')} FROM VALUES {numbers} AS t(id)"
            ).collect()
        }
        said = [fact(name, sequence, "delisted") for name in known]
        said += [
            fact(f"new-{sequence}-{i}.com", sequence, "listed") for i in range(NEW)
        ]
        facts = spark.createDataFrame(
            [tuple(each.get(field.name) for field in fields) for each in said],
            schema_of(silver.ddl),
        )
        (read, written), cpu, began = (
            counters(spark),
            cpu_seconds(jvm),
            time.monotonic(),
        )
        batch(facts, sequence)
        seconds, used, (read_after, written_after) = (
            time.monotonic() - began,
            cpu_seconds(jvm) - cpu,
            counters(spark),
        )
        told = {
            "names": names,
            "seconds": seconds,
            "cpu": used,
            "read": read_after - read,
            "written": written_after - written,
        }
        print(json.dumps(told), flush=True)
    spark.stop()


main(
    sys.argv[1],
    sys.argv[2],
    int(sys.argv[3]),
    int(sys.argv[4]) if len(sys.argv) > 4 else 5,
)
