"""The peers of bench/catch-up: a plain PySpark program with Spark's defaults that appends, merges by key and merges the fold, and DuckDB
where Python has it.

python catch_up.py BROKERS S3_ENDPOINT FOLDER WORK JARS
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

BROKERS, ENDPOINT, FOLDER, WORK, JARS = sys.argv[1:]
RECORD = (
    "source string, entry_type string, name string, scope string, action string, event string, restated boolean, category_before string, "
    "sequence bigint, category string, reliability double, origin string, observed_at timestamp, line bigint, options string, "
    "listed_at timestamp, tags array<string>, reason string, valid_until timestamp, public_suffix string, registrable_domain string, "
    "unicode_name string, mixed_script boolean, confusable boolean"
)
KEY = ("source", "entry_type", "name", "scope", "action", "sequence")
COORDINATES = ("topic", "partition", "offset")


def plain_session() -> SparkSession:
    """Spark as it comes, but for what it needs to reach the tables."""
    settings = {
        "spark.driver.extraClassPath": f"{JARS}/*",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.local.dir": WORK,
        "spark.sql.warehouse.dir": f"{WORK}/warehouse",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.hadoop.fs.s3a.endpoint": ENDPOINT,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.access.key": "test",
        "spark.hadoop.fs.s3a.secret.key": "test",
    }
    builder = SparkSession.builder.master("local[*]").appName("plain")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def upsert(
    spark: SparkSession,
    path: str,
    rows: DataFrame,
    key: tuple[str, ...],
    *,
    update: bool,
) -> None:
    if not DeltaTable.isDeltaTable(spark, path):
        rows.limit(0).write.format("delta").save(path)
    on = " AND ".join(f"held.{name} = new.{name}" for name in key)
    merge = DeltaTable.forPath(spark, path).alias("held").merge(rows.alias("new"), on)
    (merge.whenMatchedUpdateAll() if update else merge).whenNotMatchedInsertAll().execute()


def folded(facts: DataFrame) -> DataFrame:
    """A row per name: the newest record of each listing, and whether any of them blocks."""
    newest = F.max_by(
        F.struct("category", "origin", "reliability", "event", "line", "sequence"),
        "sequence",
    ).alias("newest")
    listings = facts.groupBy("entry_type", "name", "source", "action", "scope").agg(F.min("observed_at").alias("first_seen"), newest)
    each = F.struct("source", "action", "scope", "first_seen", "newest")
    rows = listings.groupBy("entry_type", "name").agg(
        F.sort_array(F.collect_list(each)).alias("sources"),
        F.min("first_seen").alias("first_seen"),
    )
    blocks = F.exists(
        "sources",
        lambda each: (each["action"] == "block") & (each["newest"]["event"] == "listed"),
    )
    return rows.withColumn("is_active", blocks).withColumn(
        "categories",
        F.array_distinct(F.transform("sources", lambda each: each["newest"]["category"])),
    )


def plain() -> dict[str, float]:
    """Seconds from the program's start until each layer held all."""
    began, seconds = time.monotonic(), {}
    spark = plain_session()
    kafka = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", BROKERS)
        .option("subscribe", "harmful_domains")
        .option("startingOffsets", "earliest")
    )
    raw = kafka.load().select(
        "key",
        "value",
        *COORDINATES,
        "timestamp",
        F.current_timestamp().alias("ingested_at"),
    )
    raw.write.format("delta").mode("append").save(f"{FOLDER}/bronze")
    seconds["bronze"] = time.monotonic() - began
    bronze = spark.read.format("delta").load(f"{FOLDER}/bronze")
    parsed = bronze.select(
        F.from_json(F.col("value").cast("string"), RECORD).alias("record"),
        *COORDINATES,
        "timestamp",
    )
    rows = parsed.where(F.col("record.name").isNotNull()).select("record.*", *COORDINATES, "timestamp").dropDuplicates(list(KEY))
    upsert(spark, f"{FOLDER}/silver", rows, KEY, update=False)
    seconds["silver"] = time.monotonic() - began
    upsert(
        spark,
        f"{FOLDER}/gold",
        folded(spark.read.format("delta").load(f"{FOLDER}/silver")),
        ("entry_type", "name"),
        update=True,
    )
    seconds["gold"] = time.monotonic() - began
    bronze.select(F.col("value").cast("string")).write.text(f"{WORK}/records")
    spark.stop()
    return seconds


def duckdb() -> dict[str, float]:
    """Seconds that DuckDB takes from the records as files of JSON lines to Parquet."""
    module = importlib.import_module("duckdb")
    began = time.monotonic()
    module.sql(f"COPY (SELECT * FROM read_json('{WORK}/records/*.txt', format = 'newline_delimited')) TO '{WORK}/records.parquet' (FORMAT parquet)")
    return {"parquet": time.monotonic() - began}


os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
found = {"plain": {"seconds": plain()}}
if importlib.util.find_spec("duckdb") is not None:
    found["duckdb"] = {"seconds": duckdb()}
for file in Path(WORK, "records").glob("*"):
    file.unlink()
print(json.dumps(found), flush=True)
