"""State tables whose rows are marked as deleted: that every way to read and to keep them stays right."""

from __future__ import annotations

import pytest
from delta.tables import DeltaTable
from numbers_lake import NumbersLake, names

from medallion.layers import folded
from medallion.layout import gather_small_files, write_in_order
from medallion.settings import settings
from medallion.tables import changes_of

# VACUUM and RESTORE list in as many tasks as Spark would discover partitions: 10,000, each for nothing.
FEW_TASKS = {"spark.sql.sources.parallelPartitionDiscovery.parallelism": "2"}


@pytest.fixture
def lake(spark, contracts, tmp_path, monkeypatch):
    """A table that is taken for a large one."""
    monkeypatch.setattr(folded, "SMALL_TABLE", 0)
    return NumbersLake(spark, contracts, tmp_path)


def test_a_table_with_deleted_rows_is_read_right_through_order_optimize_restore_and_vacuum(spark, lake):
    lake.say(names(30), 1)
    lake.say(names(30)[:2], 2)
    held = {1: lake.read(1), 2: lake.read(2)}
    assert (len(held[1]), held[2], lake.layout().deleted) == (30, lake.full(), 2)
    DeltaTable.forPath(spark, lake.path).optimize().executeCompaction()
    assert lake.layout().deleted == 0, "somebody's own OPTIMIZE takes them out"
    write_in_order(spark, lake.path, lake.table)
    assert (lake.layout().files, lake.layout().rows, lake.read()) == (1, 30, lake.full())
    assert {version: lake.read(version) for version in held} == held
    with settings(spark, {"spark.databricks.delta.retentionDurationCheck.enabled": "false", **FEW_TASKS}):
        DeltaTable.forPath(spark, lake.path).restoreToVersion(2)
        DeltaTable.forPath(spark, lake.path).vacuum(0.0)
    assert (lake.read(), lake.layout().deleted) == (held[2], 2)


def test_who_reads_a_table_with_deleted_rows_as_a_stream_or_by_a_change_feed_is_told_of_each_change_and_of_no_order(spark, lake):
    lake.say(names(30), 1)
    seen = []

    def streamed():
        stream = changes_of(spark, lake.lake, lake.table).writeStream.foreachBatch(lambda rows, _: seen.extend(rows.collect()))
        stream.option("checkpointLocation", f"{lake.lake}/checkpoint").trigger(availableNow=True).start().awaitTermination()
        return len(seen)

    assert streamed() == 30
    # No table of Gold has a change feed; somebody who wants one has it.
    spark.sql(f"ALTER TABLE delta.`{lake.path}` SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")
    before = lake.version()
    lake.say([*names(30)[:2], "new.example"], 2)
    assert streamed() == 30 + 28 + 3, "what is left of a file with marks, and what was written"
    assert dict(lake.full()).items() <= {(row["name"], row["number"]) for row in seen}
    write_in_order(spark, lake.path, lake.table)
    assert streamed() == 61, "order is no news"
    feed = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", before + 1).load(lake.path)
    changes = sorted((row["_change_type"], row["name"], row["number"]) for row in feed.collect())
    added = sorted([*names(2), "new.example"])
    assert changes == [*(("delete", name, 1) for name in names(2)), *(("insert", name, 2) for name in added)]


def test_a_table_is_in_order_until_a_tenth_of_it_is_not(spark, lake):
    lake.hold(100)
    assert lake.layout().is_in_order
    spark.sql(f"DELETE FROM delta.`{lake.path}` WHERE name < '1'")
    marked = lake.layout().deleted
    assert 0 < marked < 10
    lake.append(names(1))
    lake.append(names(10 - marked)[1:])
    assert (lake.layout().files, lake.layout().is_in_order) == (3, True)
    gather_small_files(spark, lake.path, lake.layout())
    assert (lake.layout().files, lake.layout().deleted) == (2, marked), "the large file keeps its place and its deleted rows"
    lake.append(names(12)[10 - marked :])
    assert not lake.layout().is_in_order
    write_in_order(spark, lake.path, lake.table)
    assert (lake.layout().files, lake.layout().deleted, lake.layout().is_in_order) == (1, 0, True)
    assert len(lake.read()) == 100 - marked + 12
