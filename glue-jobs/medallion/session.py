"""The Spark session of a job, and how jobs log."""

from __future__ import annotations

import logging
import sys

from pyspark.sql import SparkSession

# What PySpark asks the JVM for by these names, hundreds of times a batch.
JVM_NAMES = ("functions", "PythonUtils", "Column", "SparkSession", "PythonRDD", "SerDeUtil", "org", "py4j")


def log_to_stderr() -> None:
    """How every job logs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("py4j").setLevel(logging.WARNING)


def find_names_first(spark: SparkSession) -> None:
    """Py4J looks a name up anew each time, package by package through every jar of the class path: a tenth of a small driver's time went
    there. An attribute of the view is found first."""
    jvm = spark.sparkContext._jvm
    for name in JVM_NAMES:
        setattr(jvm, name, getattr(jvm, name))


def session(job_name: str) -> SparkSession:
    """The session; everything that differs between Glue and here comes in as --conf."""
    spark = SparkSession.builder.appName(job_name).config("spark.sql.session.timeZone", "UTC").getOrCreate()
    find_names_first(spark)
    return spark
