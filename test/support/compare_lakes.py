"""Compares the tables of two lakes row by row, coordinates included; prints one JSON line per table.

usage: compare_lakes.py CONTRACTS_JSON LAKE REFERENCE
Left out: when Bronze read a record (ingested_at and its partition), which no two runs share.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession

CLOCKS = ("ingested_at", "ingestion_date")

contracts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
spark = SparkSession.builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def rows(lake: str, path: str):
    table = spark.read.format("delta").load(f"{lake}/{path}")
    return table.drop(*CLOCKS).selectExpr("sha2(to_json(struct(*)), 256) AS row")


for table in [table for dataset in contracts["datasets"] for table in dataset["tables"]]:
    left, right = rows(sys.argv[2], table["path"]), rows(sys.argv[3], table["path"])
    result = {
        "table": f"{table['layer']}.{table['name']}",
        "rows": left.count(),
        "missing": right.exceptAll(left).count(),
        "surplus": left.exceptAll(right).count(),
    }
    print(json.dumps(result), flush=True)
