#!/bin/sh
# Delta Lake's cleanup of its log, on a table that is written rarely.
#
# Versions: delta-spark 3.3.2 (what Glue 5.1 brings) beside 3.3.3, with PySpark 3.5.7.
# Expected: with delta.logRetentionDuration of 30 days, a version that was written today can be read by time travel.
# Seen, 3.3.2: a table has six versions of 40 days ago and gets four more today. The tenth makes the first checkpoint, and the
#   cleanup that follows takes the six old commits, since a checkpoint now stands behind them. Versions 6 to 9 of today lie
#   before that checkpoint and are made of those commits: they are in the log and can no longer be read.
# Seen, 3.3.3: all of today's versions can be read (delta-io/delta 7056).
# Needs: Python 3.11, Java 17, and the network for PyPI and Maven's packages.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cat >"$work/table.py" <<'PY'
import os
import sys
from pathlib import Path

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

builder = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
)
spark = configure_spark_with_delta_pip(builder).getOrCreate()
spark.sparkContext.setLogLevel("OFF")
path = sys.argv[1]
spark.sql(f"CREATE TABLE delta.`{path}` (id BIGINT) USING delta TBLPROPERTIES ('delta.logRetentionDuration' = 'interval 30 days', 'delta.checkpointInterval' = '10')")


def append(times):
    for _ in range(times):
        spark.range(1).write.format("delta").mode("append").save(path)


append(5)
# The first six versions become forty days old, in their order.
for file in (Path(path) / "_delta_log").iterdir():
    then = file.stat().st_mtime - 40 * 86_400
    os.utime(file, (then, then))
append(5)
readable = []
for version in range(6, 11):
    try:
        spark.read.format("delta").option("versionAsOf", version).load(path).count()
        readable.append(version)
    except Exception:
        pass
print("versions of today that can be read:", readable)
PY
seen() {
  python3.11 -m venv "$work/$1"
  "$work/$1/bin/python" -m pip install --disable-pip-version-check --quiet pyspark==3.5.7 "delta-spark==$1"
  (cd "$work" && "$work/$1/bin/python" table.py "$work/table-$1" 2>"$work/$1.log" | grep '^versions') || { tail -n 5 "$work/$1.log" >&2; exit 2; }
}
old=$(seen 3.3.2)
new=$(seen 3.3.3)
echo "delta-spark 3.3.2: $old"
echo "delta-spark 3.3.3: $new"
[ "$old" = 'versions of today that can be read: [10]' ] && [ "$new" = 'versions of today that can be read: [6, 7, 8, 9, 10]' ] || {
  echo 'this is not what was seen when the finding was written' >&2
  exit 1
}
