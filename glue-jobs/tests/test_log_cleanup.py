"""What Delta's own cleanup of the log leaves: every version within the retention (docs/decisions/0013).

Delta 3.3.2 fails here: it takes each old commit that a newer checkpoint stands behind, also those that the kept versions before that
checkpoint are made of (delta-io/delta 7056).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from medallion.tables import PROPERTIES, ensure_table, path_of, version_of

OLD_DAYS = 40
CHECKPOINT_EVERY = 10


@pytest.fixture
def silver(contracts):
    return contracts.dataset("source_checks").table("silver")


def append(spark, path, until):
    """Commits one row a version, up to version `until`."""
    while (version := version_of(spark, path)) < until:
        spark.range(1).select(F.lit(f"source {version + 1}").alias("source")).write.format("delta").mode("append").save(path)


def grow_old(path):
    """Makes the log's files older than what it keeps. Each later than the one before, as they were: Delta goes by that."""
    for file in (Path(path) / "_delta_log").iterdir():
        then = file.stat().st_mtime - OLD_DAYS * 86_400
        os.utime(file, (then, then))


def commits(path):
    return sorted(int(file.stem) for file in (Path(path) / "_delta_log").glob("*.json"))


def test_versions_within_the_retention_can_be_read_on_a_table_with_rare_commits(spark, silver, tmp_path):
    assert PROPERTIES["delta.logRetentionDuration"] == "interval 30 days"
    ensure_table(spark, str(tmp_path), silver)
    path = path_of(str(tmp_path), silver)
    append(spark, path, 5)
    grow_old(path)
    # The commit of the tenth version makes the first checkpoint, and cleans up.
    append(spark, path, CHECKPOINT_EVERY)
    assert list((Path(path) / "_delta_log").glob(f"{CHECKPOINT_EVERY:020d}.checkpoint*.parquet"))
    for version in range(6, CHECKPOINT_EVERY + 1):
        assert spark.read.format("delta").option("versionAsOf", version).load(path).count() == version
    feed = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", 6).load(path)
    assert feed.count() == CHECKPOINT_EVERY - 5


def test_what_no_kept_version_needs_is_still_taken(spark, silver, tmp_path):
    ensure_table(spark, str(tmp_path), silver)
    path = path_of(str(tmp_path), silver)
    append(spark, path, CHECKPOINT_EVERY + 1)
    grow_old(path)
    append(spark, path, 2 * CHECKPOINT_EVERY)
    # The checkpoint that the versions behind it begin with, and what came after it, stay.
    assert commits(path) == list(range(CHECKPOINT_EVERY, 2 * CHECKPOINT_EVERY + 1))
    assert spark.read.format("delta").option("versionAsOf", CHECKPOINT_EVERY + 2).load(path).count() == CHECKPOINT_EVERY + 2
