"""The driver of bench/export: makes Gold of N names that three sources list, then exports it as the job does, without the upload.

SLUICE_CONTRACTS=… python export_lists.py FOLDER N
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from datasets.harmful_domains import FOLDS
from datasets.harmful_domains.lists.job import export, sources_of
from datasets.harmful_domains.lists.publishing import Plan
from datasets.harmful_domains.lists.tiers import as_of_table, confidence_at
from medallion.contracts import parse_contracts
from medallion.layers.fold import recompute
from medallion.session import session
from medallion.tables import schema_of
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

AS_OF = datetime(2026, 1, 2, tzinfo=UTC)
TOPS = "array('com', 'net', 'org', 'info', 'ru', 'top', 'xyz')"
# One of ten stands below the one before it, one of a thousand is an exception there.
BELOW = f"concat('ads.n', lower(hex(xxhash64(id - 1))), '.', element_at({TOPS}, cast((id - 1) % 7 + 1 as int)))"
NAME = f"CASE WHEN id % 10 = 9 THEN {BELOW} ELSE concat('n', lower(hex(xxhash64(id))), '.', element_at({TOPS}, cast(id % 7 + 1 as int))) END"
SOURCES = {"stevenblack": 0.95, "hagezi_pro": 0.8, "oisd_small": 0.5}


class Nowhere:
    """A bucket that takes everything and keeps nothing."""

    root = "lists"

    def manifest(self) -> None:
        return None

    def put(self, _key: str, _body: object, _content_type: str) -> None:
        return None


def facts(spark: SparkSession, silver: StructType, count: int) -> DataFrame:
    ids = spark.range(count, numPartitions=8)
    given = {
        "entry_type": F.lit("domain"),
        "name": F.expr(NAME),
        "scope": F.expr("IF(id % 3 = 0 OR id % 10 = 8, 'subtree', 'exact')"),
        "action": F.lit("block"),
        "event": F.lit("listed"),
        "sequence": F.lit(1).cast("bigint"),
        "observed_at": F.lit(datetime(2026, 1, 1, tzinfo=UTC)),
        "category": F.lit("malware"),
        "tags": F.expr("IF(id % 5 = 0, array('elf', 'mirai'), null)"),
    }

    def rows(chosen: Column, source: str, **own: Column) -> DataFrame:
        values = {**given, "source": F.lit(source), "reliability": F.lit(SOURCES[source]), **own}
        return ids.where(chosen).select(*[values.get(each.name, F.lit(None)).cast(each.dataType).alias(each.name) for each in silver.fields])

    listed = [rows((F.col("id") % 3 == i) | (F.col("id") % 7 == i), source) for i, source in enumerate(SOURCES)]
    excepted = rows(F.col("id") % 1000 == 18, "stevenblack", action=F.lit("allow"), name=F.expr(f"concat('ok.', {NAME})"))
    return reduce(DataFrame.unionByName, [*listed, excepted])


def main(folder: Path, count: int) -> None:
    contracts = parse_contracts(Path(os.environ["SLUICE_CONTRACTS"]).read_text(encoding="utf-8"))
    dataset = contracts.dataset("harmful_domains")
    spark = session("bench-export")
    spark.sparkContext.setLogLevel("ERROR")
    gold = str(folder / "gold")
    recompute(FOLDS["harmful_domains"], facts(spark, schema_of(dataset.table("silver").ddl), count)).write.parquet(gold)
    lists = folder / "lists"
    lists.mkdir()
    began = time.perf_counter()
    rows = as_of_table(spark.read.parquet(gold), AS_OF, contracts.canary_source, None)
    rows = confidence_at(rows, AS_OF, dict.fromkeys(SOURCES, AS_OF))
    manifest = export(rows, Plan(AS_OF, "bench", 1, sources_of(dataset.sources, None), None), Nowhere(), lists)
    seconds = time.perf_counter() - began
    files = [each for tier in manifest["tiers"].values() for each in tier["files"].values()]
    strict = manifest["tiers"]["strict"]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "names": strict["entries"],
                "lists": len(files),
                "entries": sum(each["entries"] + each["left_out"]["covered"] for each in files),
                "bytes": sum(each["bytes"] for each in files),
                "exceptions": len(strict["exceptions"]),
            }
        )
    )
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
