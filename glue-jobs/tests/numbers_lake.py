"""A state table of two columns, in a folder: the rails' own ways with state tables, at the cost of no wide fold."""

from __future__ import annotations

from dataclasses import replace

from empty_tables import empty_tables
from frames import table_named
from pyspark.sql import functions as F

from medallion.layers.folded import fold_into
from medallion.layout import in_order, layout_of
from medallion.settings import settings
from medallion.tables import newest_version, path_of, snapshot_of

DDL = "`name` string, `number` bigint"


class Highest:
    """The highest number that was said of a name."""

    def partial(self, facts):
        return facts

    def explode(self, table):
        return table

    def finish(self, partials):
        return partials.groupBy("name").agg(F.max("number").alias("number"))


class NumbersLake:
    """What was said, and what the table holds of it."""

    def __init__(self, spark, contracts, folder, fold=None):
        self.spark, self.lake, self.fold, self.said = spark, str(folder), fold or Highest(), {}
        self.table = replace(table_named(contracts, "source_status"), name="numbers", path="gold/numbers", key=("name",), ddl=DDL)
        self.path = path_of(self.lake, self.table)
        empty_tables(spark, self.lake, (self.table,))

    def say(self, names, number):
        self.said |= {name: max(number, self.said.get(name, number)) for name in names}
        facts = self.spark.createDataFrame([(name, number) for name in names], DDL).coalesce(1).persist()
        fold_into(self.spark, self.path, self.table, self.fold, facts, facts.count(), lambda: None)
        facts.unpersist()

    def hold(self, count, files=1, page_rows=100):
        """Names without a common beginning, as maintenance leaves them: in order, in so many files."""
        with settings(self.spark, {"parquet.page.row.count.limit": str(page_rows), "spark.sql.files.maxRecordsPerFile": str(count // files)}):
            rows = self.spark.range(count).select(F.md5(F.col("id").cast("string")).alias("name"), F.col("id").alias("number"))
            in_order(rows, self.table).write.format("delta").mode("append").save(self.path)

    def append(self, names):
        """A small file, as a change leaves one."""
        self.spark.createDataFrame([(name, 1) for name in names], DDL).coalesce(1).write.format("delta").mode("append").save(self.path)

    def read(self, version=None):
        reader = self.spark.read.format("delta")
        rows = (reader if version is None else reader.option("versionAsOf", version)).load(self.path)
        return sorted((row["name"], row["number"]) for row in rows.collect())

    def in_its_files(self):
        """The names as a table of one file has them."""
        return [row["name"] for row in self.spark.read.format("delta").load(self.path).collect()]

    def full(self):
        return sorted(self.said.items())

    def layout(self):
        return layout_of(self.spark, self.path)

    def bytes(self):
        return int(snapshot_of(self.spark, self.path).sizeInBytes())

    def version(self):
        return newest_version(self.spark, self.path)


def names(count):
    return [f"n{i:05}.example" for i in range(count)]
