"""Delta tables as the rails make and grow them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from delta.tables import DeltaTable
from empty_tables import empty_tables
from pyspark.errors import AnalysisException

from medallion.tables import ensure_table, make, newest_version, path_of, property_of, schema_of

READER_FEATURES = {"deletionVectors", "columnMapping", "timestampNtz", "v2Checkpoint", "typeWidening", "vacuumProtocolCheck"}


def detail_of(spark, lake, table):
    return spark.sql(f"DESCRIBE DETAIL delta.`{path_of(lake, table)}`").first()


def test_state_tables_alone_have_a_reader_feature_and_it_is_deletion_vectors(spark, contracts, tmp_path):
    tables = [table for writer in ("bronze", "silver", "gold") for table in contracts.tables_of(writer)]
    empty_tables(spark, tmp_path, tables)
    for table in tables:
        detail = detail_of(spark, str(tmp_path), table)
        features = {"deletionVectors"} if table.kind == "state" else set()
        assert (detail["minReaderVersion"], READER_FEATURES & set(detail["tableFeatures"])) == (3 if features else 1, features), table.full_name
        assert detail["partitionColumns"] == list(table.partition_by)


def test_a_state_table_of_an_older_release_goes_on_with_its_rows_and_gains_deletion_vectors(spark, contracts, tmp_path):
    lake, table = str(tmp_path), next(each for each in contracts.tables_of("gold") if each.full_name == "gold.source_status")
    path = path_of(lake, table)
    builder = DeltaTable.createIfNotExists(spark).location(path).addColumns(schema_of(table.ddl)).property("delta.enableDeletionVectors", "false")
    make(builder)
    spark.sql(f"INSERT INTO delta.`{path}` (source) VALUES ('a'), ('b')")
    assert detail_of(spark, lake, table)["minReaderVersion"] == 1
    ensure_table(spark, lake, table)
    assert "deletionVectors" in detail_of(spark, lake, table)["tableFeatures"]
    before = property_of(spark, path, "delta.enableDeletionVectors"), newest_version(spark, path)
    ensure_table(spark, lake, table)
    assert (property_of(spark, path, "delta.enableDeletionVectors"), newest_version(spark, path)) == before == ("true", before[1])
    assert sorted(row["source"] for row in spark.read.format("delta").load(path).collect()) == ["a", "b"]


def test_a_table_gains_the_columns_that_its_contract_gained_and_refuses_another_type(spark, contracts, tmp_path):
    table = contracts.ledger
    ensure_table(spark, str(tmp_path), table)
    ensure_table(spark, str(tmp_path), replace(table, ddl=f"{table.ddl}, `extra` string"))
    assert spark.read.format("delta").load(path_of(str(tmp_path), table)).schema.names[-1] == "extra"
    with pytest.raises(ValueError, match="ops.ledger.read is bigint .* the contract says string"):
        ensure_table(spark, str(tmp_path), replace(table, ddl=table.ddl.replace("`read` bigint", "`read` string")))


class Builder:
    """A table that is made at the third try, or never."""

    def __init__(self, failures, message):
        self.failures = failures
        self.message = message
        self.tries = 0

    def execute(self):
        self.tries += 1
        if self.tries <= self.failures:
            raise AnalysisException(self.message)


def test_a_table_that_delta_does_not_find_while_it_makes_it_is_made_at_another_try():
    lost = "[DELTA_TABLE_NOT_FOUND] Delta table doesn't exist."
    flaky, never, other = Builder(2, lost), Builder(9, lost), Builder(1, "[SCHEMA] no")
    make(flaky)
    assert flaky.tries == 3
    with pytest.raises(AnalysisException, match="DELTA_TABLE_NOT_FOUND"):
        make(never)
    with pytest.raises(AnalysisException, match="SCHEMA"):
        make(other)
    assert (never.tries, other.tries) == (3, 1)
