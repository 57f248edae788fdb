"""Gold of N names that three sources list, as Parquet: the builds of bench/export all read it.

SLUICE_CONTRACTS=... python export_gold.py FOLDER N
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from medallion.contracts import parse_contracts
from medallion.layers.fold import recompute
from medallion.session import session
from medallion.tables import schema_of
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from datasets.harmful_domains import FOLDS

TOPS = "array('com', 'net', 'org', 'info', 'ru', 'top', 'xyz')"
# One of ten stands below the one before it, one of a thousand is an exception there.
BELOW = f"concat('ads.n', lower(hex(xxhash64(id - 1))), '.', element_at({TOPS}, cast((id - 1) % 7 + 1 as int)))"
NAME = f"CASE WHEN id % 10 = 9 THEN {BELOW} ELSE concat('n', lower(hex(xxhash64(id))), '.', element_at({TOPS}, cast(id % 7 + 1 as int))) END"
SOURCES = {"stevenblack": 0.95, "hagezi_pro": 0.8, "oisd_small": 0.5}


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
        values = {
            **given,
            "source": F.lit(source),
            "reliability": F.lit(SOURCES[source]),
            **own,
        }
        return ids.where(chosen).select(
            *[
                values.get(each.name, F.lit(None)).cast(each.dataType).alias(each.name)
                for each in silver.fields
            ]
        )

    listed = [
        rows((F.col("id") % 3 == i) | (F.col("id") % 7 == i), source)
        for i, source in enumerate(SOURCES)
    ]
    excepted = rows(
        F.col("id") % 1000 == 18,
        "stevenblack",
        action=F.lit("allow"),
        name=F.expr(f"concat('ok.', {NAME})"),
    )
    return reduce(DataFrame.unionByName, [*listed, excepted])


def main(folder: Path, count: int) -> None:
    dataset = parse_contracts(
        Path(os.environ["SLUICE_CONTRACTS"]).read_text(encoding="utf-8")
    ).dataset("harmful_domains")
    spark = session("bench-export-gold")
    spark.sparkContext.setLogLevel("ERROR")
    recompute(
        FOLDS["harmful_domains"],
        facts(spark, schema_of(dataset.table("silver").ddl), count),
    ).write.parquet(str(folder))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
