"""One Spark session for all tests, with the jars that ./sluice installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from medallion.session import find_names_first

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".sluice" / "tools"
JARS = TOOLS / "jars" / "spark"
# What a driver of the lake here loads faster, too (localstack/front-door/spark-profile.ts). With the first compiler alone the JVM would
# keep 48 MB of compiled code, of which Spark makes more: what it throws away is interpreted again.
SHARED_CLASSES = TOOLS / "classes" / "spark.jsa"
JAVA_OPTIONS = f'"-XX:SharedArchiveFile={SHARED_CLASSES}" -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC'


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    work = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[2]")
        .appName("tests")
        .config("spark.driver.extraClassPath", f"{JARS}/*")
        .config("spark.driver.bindAddress", "127.0.0.1")
        # One test holds a million records; the default of a gigabyte is full of what hundreds of tests before it left to be collected.
        .config("spark.driver.memory", "3g")
        .config("spark.driver.extraJavaOptions", f'{JAVA_OPTIONS} "-Dderby.system.home={work}"')
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", str(work))
        .config("spark.sql.warehouse.dir", str(work / "warehouse"))
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .getOrCreate()
    )
    find_names_first(session)
    yield session
    session.stop()


@pytest.fixture(scope="module", autouse=True)
def forget_tables():
    """What Delta remembers of hundreds of tables that no test reads any more fills the heap: a sixth of the run's time went to collecting it."""
    yield
    session = SparkSession.getActiveSession()
    if session is not None:
        session._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()


@pytest.fixture(scope="session")
def contracts():
    from medallion.contracts import parse_contracts

    return parse_contracts(Path(os.environ["SLUICE_CONTRACTS"]).read_text(encoding="utf-8"))
