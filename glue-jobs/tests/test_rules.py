"""The rules' Spark SQL decides as their TypeScript does: one file of vectors, run through both."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pyspark.sql import functions as F

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "contracts" / "rule-vectors.json").read_text(encoding="utf-8"))
SQL = json.loads(Path(os.environ["SLUICE_RULE_SQL"]).read_text(encoding="utf-8"))


@pytest.mark.parametrize("index", range(len(VECTORS)), ids=[f"{v['rule']['kind']}-{i}" for i, v in enumerate(VECTORS)])
def test_rule_decides_as_in_typescript(spark, index):
    vector = VECTORS[index]
    rows = [(None if value is None else str(value), broken) for value, broken in vector["cases"]]
    values = spark.createDataFrame(rows, "raw string, expected boolean").select(F.col("raw").cast(vector["type"]).alias("v"), "expected")
    decided = values.withColumn("kafka_timestamp", F.lit("2026-01-01T00:00:00Z").cast("timestamp")).withColumn("broken", F.expr(SQL[index])).collect()
    assert [row["broken"] for row in decided] == [row["expected"] for row in decided]
