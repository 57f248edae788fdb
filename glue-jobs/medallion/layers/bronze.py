"""Bronze: what Kafka held, as bytes with their coordinates, appended by the native Delta sink exactly once."""

from __future__ import annotations

import json
import threading
import time

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming import DataStreamWriter

from medallion.arguments import trigger_of
from medallion.contracts import Dataset
from medallion.driver import Driver
from medallion.kafka import kafka_options
from medallion.sizing import heap_of, records_within
from medallion.tables import path_of

MAINTENANCE_SECONDS = 60.0


def has_offsets(spark: SparkSession, checkpoint: str) -> bool:
    """Whether a query has planned a batch with this checkpoint. Spark makes the folder before: one that died then has begun nowhere."""
    planned = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(f"{checkpoint}/offsets/[0-9]*")
    found = planned.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()).globStatus(planned)
    return found is not None and len(found) > 0


def starting_offsets(spark: SparkSession, path: str, topic: str, partitions: int) -> str:
    """Where a query without a checkpoint starts: behind the highest offset that the table holds, else at the earliest.

    Returns:
        The JSON that Spark's `startingOffsets` takes; -2 stands for the earliest offset.
    """
    held = DeltaTable.forPath(spark, path).toDF().where(F.col("topic") == topic).groupBy("partition").agg(F.max("offset").alias("last"))
    last = {row["partition"]: row["last"] for row in held.collect()}
    return json.dumps({topic: {str(partition): last[partition] + 1 if partition in last else -2 for partition in range(partitions)}})


def to_bronze(kafka: DataFrame, now: Column | None = None) -> DataFrame:
    """Kafka's columns as Bronze keeps them, ingested `now`, or when the rows are written."""
    now = F.current_timestamp() if now is None else now
    return kafka.select(
        "key",
        "value",
        F.coalesce("headers", F.array().cast("array<struct<key:string,value:binary>>")).alias("headers"),
        "topic",
        "partition",
        "offset",
        F.col("timestamp").alias("kafka_timestamp"),
        now.alias("ingested_at"),
        F.to_date(now).alias("ingestion_date"),
    )


def kafka_source(spark: SparkSession, dataset: Dataset, bootstrap_servers: str, auth: str, offsets: str, max_offsets: int) -> DataFrame:
    """The dataset's topic as a stream. It dies, loudly, where Kafka no longer holds what it has not read."""
    options = {
        **kafka_options(bootstrap_servers, auth),
        "subscribe": dataset.topic,
        "startingOffsets": offsets,
        "failOnDataLoss": "true",
        "includeHeaders": "true",
        "maxOffsetsPerTrigger": str(max_offsets),
    }
    return spark.readStream.format("kafka").options(**options).load()


def bronze_writer(rows: DataFrame, lake: str, dataset: Dataset) -> DataStreamWriter:
    return rows.writeStream.format("delta").outputMode("append").option("path", path_of(lake, dataset.table("bronze")))


def stream_of(driver: Driver, dataset: Dataset) -> DataFrame:
    """What the dataset's topic holds that Bronze does not. A restored table takes no offset twice: it is read on behind the highest that it
    holds."""
    arguments, spark = driver.arguments, driver.spark
    table = dataset.table("bronze")
    # Only a query without a checkpoint asks where it begins; to find out, the whole table is read.
    offsets = "earliest"
    if not has_offsets(spark, driver.checkpoint("bronze", dataset.name, table)):
        offsets = starting_offsets(spark, path_of(arguments.lake, table), dataset.topic, dataset.partitions)
    most = records_within(heap_of(spark), arguments.max_offsets_per_trigger)
    return kafka_source(spark, dataset, arguments.bootstrap_servers, arguments.kafka_auth, offsets, most)


def start(driver: Driver, dataset: Dataset) -> None:
    table = dataset.table("bronze")
    writer = bronze_writer(to_bronze(stream_of(driver, dataset)), driver.arguments.lake, dataset)
    driver.start("bronze", dataset.name, trigger_of(driver.arguments, "bronze", dataset), writer, reads=(table,))
    keep_beside(driver, dataset)


def keep_beside(driver: Driver, dataset: Dataset) -> None:
    """Maintains the table in a thread beside the query: the native sink has no place for it. Appends and compaction of what is there do not
    conflict."""
    maintenance = driver.maintenance("bronze", (dataset.table("bronze"),))

    def keep() -> None:
        while True:
            time.sleep(MAINTENANCE_SECONDS)
            maintenance.after_batch(driver.spark)

    threading.Thread(target=keep, name=f"maintenance-{dataset.name}", daemon=True).start()
