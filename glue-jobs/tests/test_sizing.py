"""Settings by the size of a batch: the plans of a large and a small one, and that a batch leaves nothing behind."""

from __future__ import annotations

import pytest
from numbers_lake import Highest, NumbersLake
from pyspark.sql import functions as F

from medallion import sizing
from medallion.layers import folded
from medallion.layers.folded import fold_into
from medallion.sizing import BYTES_OF_ROW, LARGE_ROWS, PARTITIONS, ROWS_OF_PARTITION, by_size, records_within, rows_of, settings_of, sized


def plan_of(frame):
    return frame._jdf.queryExecution().executedPlan()


def counted(spark):
    return spark.range(100).groupBy((F.col("id") % 7).alias("k")).agg(F.count(F.lit(1)).alias("n"))


@pytest.mark.parametrize(("rows", "compiled"), [(LARGE_ROWS - 1, False), (LARGE_ROWS, True)])
def test_a_large_batch_is_compiled_and_spread_over_the_cores_and_a_small_one_is_not(spark, rows, compiled):
    with sized(spark, rows):
        frame = counted(spark)
        assert ("*(" in plan_of(frame).toString()) == compiled
        assert frame.rdd.getNumPartitions() == (spark.sparkContext.defaultParallelism if compiled else 1)


def test_a_batch_has_a_partition_for_so_many_rows_as_a_task_can_sort():
    partitions = [int(settings_of(rows, 2)[PARTITIONS]) for rows in (1, LARGE_ROWS, 2 * ROWS_OF_PARTITION + 1, 10 * ROWS_OF_PARTITION)]
    assert partitions == [1, 2, 3, 10]
    assert int(settings_of(LARGE_ROWS, 16)[PARTITIONS]) == 16


def test_a_batch_is_as_large_as_the_heap_lets_it_be_and_never_of_none():
    assert [records_within(heap, 100_000) for heap in (1, 256 << 20, 1400 << 20, 16 << 30)] == [1, 26_843, 100_000, 100_000]


def test_a_session_is_as_it_was_after_a_batch_and_after_one_that_failed(spark):
    names = list(settings_of(1, 2))
    before = {name: spark.conf.get(name) for name in names}
    with sized(spark, LARGE_ROWS):
        assert {name: spark.conf.get(name) for name in names} != before
    assert {name: spark.conf.get(name) for name in names} == before
    with pytest.raises(RuntimeError, match="killed"), sized(spark, LARGE_ROWS):
        raise RuntimeError("killed")
    assert {name: spark.conf.get(name) for name in names} == before


def test_a_streaming_batch_is_sized_by_the_rows_that_it_holds(spark, tmp_path):
    seen = []
    source, checkpoint = tmp_path / "table", tmp_path / "checkpoint"

    def batch(rows, _batch_id):
        seen.append((rows.sparkSession.conf.get(PARTITIONS), "*(" in plan_of(rows.groupBy("id").count()).toString()))

    for rows in (10, 2 * LARGE_ROWS):
        text = F.sha2(F.col("id").cast("string"), 256).alias("text")
        spark.range(rows).select("id", text).write.format("delta").mode("append").save(str(source))
        stream = spark.readStream.format("delta").load(str(source)).writeStream.foreachBatch(by_size(batch))
        stream.option("checkpointLocation", str(checkpoint)).trigger(availableNow=True).start().awaitTermination()
    assert seen == [("1", False), ("2", True)]


class Watched(Highest):
    """Remembers the plan of what a batch folds, and of what it read of its table."""

    def explode(self, table):
        self.read = table._jdf.queryExecution().executedPlan().collectLeaves().apply(0).relation().cachedPlan()
        return super().explode(table)

    def finish(self, partials):
        self.rows = super().finish(partials)
        return self.rows

    def plans(self):
        """Whether the fold is compiled, its partitions, and how many files of the table were read for it."""
        folds = plan_of(self.rows)
        self.rows.count()
        leaves = [self.read.collectLeaves().apply(i).metrics() for i in range(self.read.collectLeaves().size())]
        files = sum(metrics.apply("numFiles").value() for metrics in leaves if metrics.contains("numFiles"))
        return "*(" in folds.toString(), folds.execute().getNumPartitions(), files


def test_a_small_batch_reads_the_files_of_its_keys_interpreted_in_one_partition_and_a_large_one_all_files_compiled(spark, contracts, tmp_path, monkeypatch):
    monkeypatch.setattr(folded, "SMALL_TABLE", 0)
    monkeypatch.setattr(sizing, "LARGE_ROWS", 2_000)
    fold, seen = Watched(), []
    lake = NumbersLake(spark, contracts, tmp_path, fold)
    lake.hold(2_000, files=4)

    def planned():
        seen.append(fold.plans())
        raise InterruptedError

    def batch(facts, _batch_id):
        with pytest.raises(InterruptedError):
            fold_into(spark, lake.path, lake.table, fold, facts.persist(), facts.count(), planned)

    first = spark.read.format("delta").load(lake.path).where("name < '2'").select("name", (F.col("number") + 1).alias("number"))
    every = spark.range(2_000).select(F.md5(F.col("id").cast("string")).alias("name"), (F.col("id") + 1).alias("number"))
    for facts in (first, every):
        by_size(batch)(facts, 0)
    assert seen == [(False, 1, 1), (True, 2, 4)]


def test_what_is_small_in_bytes_is_not_counted_and_what_is_not_is(spark, tmp_path):
    spark.range(100).write.format("delta").save(str(tmp_path / "small"))
    spark.range(LARGE_ROWS * BYTES_OF_ROW).write.format("delta").save(str(tmp_path / "large"))
    sizes = [rows_of(spark.read.format("delta").load(str(tmp_path / name))) for name in ("small", "large")]
    assert sizes == [0, LARGE_ROWS * BYTES_OF_ROW]
