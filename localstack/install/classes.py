"""Makes an archive of the classes that a driver loads (JDK class data sharing): a JVM that maps it starts in about half the time.

    classes.py ARCHIVE JARS

Does once what a driver does: Delta tables, streams, MERGE, JSON, and the clients of Kafka and S3, without a server. The JVM writes the
archive when it ends. Nothing else depends on it: a JVM that cannot make or take one goes without.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile

archive, jars = sys.argv[1:]
work = tempfile.mkdtemp()
CONF = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.local.dir": work,
    "spark.sql.warehouse.dir": f"{work}/warehouse",
    "spark.driver.extraClassPath": f"{jars}/spark/*",
    "spark.driver.extraJavaOptions": f'-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable -Xlog:all=off "-XX:ArchiveClassesAtExit={archive}.new"',
    "spark.ui.port": "0",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:9",
    "spark.hadoop.fs.s3a.access.key": "none",
    "spark.hadoop.fs.s3a.secret.key": "none",
    "spark.hadoop.fs.s3a.attempts.maximum": "1",
    "spark.hadoop.fs.s3a.retry.limit": "1",
    "spark.hadoop.fs.s3a.retry.interval": "1ms",
}
os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join([*[f"--conf '{name}={value}'" for name, value in CONF.items()], "pyspark-shell"])
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"

from delta.tables import DeltaTable  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

spark = SparkSession.builder.appName("classes").getOrCreate()
spark.sparkContext.setLogLevel("OFF")
jvm = spark.sparkContext._jvm
facts, state = f"{work}/facts", f"{work}/state"
for path in (facts, state):
    builder = DeltaTable.createIfNotExists(spark).location(path).addColumns(spark.createDataFrame([], "id bigint, at timestamp, text string, day date").schema)
    builder.property("delta.enableDeletionVectors", "false").partitionedBy("day").execute()
row = F.struct(F.col("id"), F.current_timestamp().alias("at"))
rows = spark.range(20).select(F.to_json(row).alias("text")).withColumn("record", F.from_json("text", "id bigint, at timestamp"))
rows = rows.select("record.id", "record.at", "text", F.to_date(F.lit("2026-01-01")).alias("day"))
rows.write.format("delta").mode("append").option("txnAppId", "x").option("txnVersion", "1").save(facts)


def batch(new, _batch_id):
    new = new.persist()
    newest = new.groupBy("id").agg(F.max(F.struct("at", "text")).alias("newest"), F.first("day").alias("day"))
    merged = newest.select("id", "newest.at", "newest.text", "day")
    table = DeltaTable.forPath(spark, state)
    table.alias("held").merge(merged.alias("new"), "held.id = new.id").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    new.unpersist()


def run(stream, name):
    stream.option("checkpointLocation", f"{work}/{name}").trigger(availableNow=True).start().awaitTermination()


run(spark.readStream.format("delta").load(facts).writeStream.foreachBatch(batch), "batches")
run(spark.readStream.format("delta").load(facts).writeStream.format("delta").option("path", f"{work}/copy"), "native")
DeltaTable.forPath(spark, state).history(5).collect()
# What speaks to a server is made, and not answered.
servers = jvm.java.util.Properties()
for name, value in {"bootstrap.servers": "127.0.0.1:9", "group.id": "x"}.items():
    servers.put(name, value)
for kind in ("consumer.KafkaConsumer", "producer.KafkaProducer"):
    of = kind.split(".")[0]
    form = "Deserializer" if of == "consumer" else "Serializer"
    for part in ("key", "value"):
        servers.put(f"{part}.{form.lower()}", f"org.apache.kafka.common.serialization.ByteArray{form}")
    with contextlib.suppress(Exception):
        getattr(getattr(jvm.org.apache.kafka.clients, of), kind.split(".")[1])(servers).close(jvm.java.time.Duration.ofMillis(1))
with contextlib.suppress(Exception):
    spark.read.format("kafka").option("kafka.bootstrap.servers", "127.0.0.1:9").option("subscribe", "x").load().schema.simpleString()
with contextlib.suppress(Exception):
    jvm.org.apache.kafka.clients.admin.Admin.create(servers).close(jvm.java.time.Duration.ofMillis(1))
with contextlib.suppress(Exception):
    DeltaTable.isDeltaTable(spark, "s3a://none/none")
driver = spark.sparkContext._gateway.proc
spark.stop()
# The JVM ends when nobody speaks to it any more, and writes the archive then.
driver.stdin.close()
driver.wait()
os.replace(f"{archive}.new", archive)
shutil.rmtree(work, ignore_errors=True)
