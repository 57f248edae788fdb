"""Delta tables as the rails make and grow them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from empty_tables import empty_tables
from pyspark.errors import AnalysisException

from medallion.tables import ensure_table, make, path_of


def test_every_table_has_reader_version_1_and_no_reader_features(spark, contracts, tmp_path):
    tables = [table for writer in ("bronze", "silver", "gold") for table in contracts.tables_of(writer)]
    empty_tables(spark, tmp_path, tables)
    for table in tables:
        detail = spark.sql(f"DESCRIBE DETAIL delta.`{path_of(str(tmp_path), table)}`").first()
        assert detail["minReaderVersion"] == 1, table.full_name
        assert not {"deletionVectors", "columnMapping", "v2Checkpoint"} & set(detail["tableFeatures"])
        assert detail["partitionColumns"] == list(table.partition_by)


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
