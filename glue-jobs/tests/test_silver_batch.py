"""A batch of Silver on real Delta tables: exactly once, whatever dies, and every record accounted for."""

from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import functions as F
from silver_rows import AT, Lake, bronze, outcomes_of, record, summary_of

from medallion.layers.silver.batch import SilverBatch
from medallion.layers.silver.held import HeldKeys
from medallion.layers.silver.writes import CheckpointSetBack
from medallion.sizing import by_size
from medallion.tables import schema_of


@pytest.fixture
def lake(spark, contracts, tmp_path):
    return Lake(spark, contracts, tmp_path)


def test_one_poison_record_in_a_million_is_set_aside_and_the_others_pass_in_the_same_batch(spark, contracts, lake):
    million, poison = 1_000_000, 271_828
    bad = b'{"source": "s", "name": "\xff'
    value = F.concat(F.lit(record("NAME", 1).decode().split("NAME")[0] + "n"), F.col("id"), F.lit(".example" + record("NAME", 1).decode().split("NAME")[1]))
    schema = schema_of(lake.dataset.table("bronze").ddl)
    columns = {
        "value": F.when(F.col("id") == poison, F.lit(bytearray(bad))).otherwise(F.encode(value, "UTF-8")),
        "headers": F.array().cast(schema["headers"].dataType),
        "topic": F.lit(lake.dataset.topic),
        "partition": F.lit(0),
        "offset": F.col("id"),
        "kafka_timestamp": F.lit(AT),
        "ingested_at": F.lit(AT),
        "ingestion_date": F.lit(date(2026, 1, 1)),
        "key": F.lit(None),
    }
    rows = spark.range(0, million, 1, 2).select(*[columns[field.name].cast(field.dataType).alias(field.name) for field in schema.fields])
    by_size(lake.batch())(rows, 0)
    (counts,) = lake.counts()
    assert (counts.read, counts.inserted, counts.quarantined, counts.residual) == (million, million - 1, 1, 0)
    assert lake.rows(lake.dataset.table("silver")).count() == million - 1
    (aside,) = lake.rows(lake.dataset.table("quarantine")).collect()
    assert (bytes(aside["value"]), aside["offset"], aside["rule"]) == (bad, poison, "malformed")
    assert aside["reason"].startswith("not a JSON object of harmful_domains's shape")


def test_a_batch_that_is_seen_twice_changes_nothing_and_keeps_its_counts(spark, contracts, lake):
    values = [record("a.example"), record("a.example"), b"bad"]
    lake.batch()(bronze(spark, contracts, values), 0)
    first = lake.rows(lake.contracts.ledger).drop("committed_at").collect()
    # The process died before Spark wrote its commit: a new one sees the batch again.
    lake.batch()(bronze(spark, contracts, values), 0)
    assert lake.rows(lake.dataset.table("silver")).count() == 1
    assert lake.rows(lake.dataset.table("quarantine")).count() == 1
    assert lake.rows(lake.contracts.ledger).drop("committed_at").collect() == first
    assert (lake.counts()[1].inserted, lake.counts()[1].duplicate) == (1, 1)


@pytest.mark.parametrize("dies_after", ["quarantine", "silver"])
def test_a_batch_that_died_half_way_is_completed_with_the_counts_of_its_first_try(spark, contracts, lake, monkeypatch, dies_after):
    import medallion.layers.silver.batch as module

    values = [record("a.example"), b"bad", record("b.example")]
    with monkeypatch.context() as patch:
        what = {"quarantine": "append_once", "silver": "ledger_row"}[dies_after]

        def die(*_args, **_kwargs):
            raise RuntimeError("killed")

        patch.setattr(module, what, die)
        with pytest.raises(RuntimeError, match="killed"):
            lake.batch()(bronze(spark, contracts, values), 0)
    lake.batch()(bronze(spark, contracts, values), 0)
    (row,) = lake.rows(lake.contracts.ledger).collect()
    assert (row["read"], row["inserted"], row["duplicate"], row["quarantined"], row["residual"]) == (3, 2, 0, 1, 0)
    assert lake.rows(lake.dataset.table("silver")).count() == 2
    assert lake.rows(lake.dataset.table("quarantine")).count() == 1


def test_batches_after_each_other_insert_each_key_once_and_the_ledger_knows_every_offset(spark, contracts, lake):
    batch = lake.batch()
    batch(bronze(spark, contracts, [record("a.example"), record("b.example")]), 0)
    batch(bronze(spark, contracts, [record("b.example"), record("a.example", 2)], first_offset=2), 1)
    rows = lake.rows(lake.contracts.ledger).orderBy("batch_id").collect()
    assert [(row["inserted"], row["duplicate"], row["residual"]) for row in rows] == [(2, 0, 0), (1, 1, 0)]
    assert [(r["first_offset"], r["last_offset"], r["records"]) for row in rows for r in row["offsets"]] == [(0, 1, 2), (2, 3, 2)]
    silver = lake.rows(lake.dataset.table("silver")).orderBy("offset").collect()
    assert [(row["name"], row["sequence"], row["offset"]) for row in silver] == [("a.example", 1, 0), ("b.example", 1, 1), ("a.example", 2, 3)]


def test_a_canary_is_inserted_once_and_its_number_hides_no_record(spark, contracts, lake):
    canary = record("canary.invalid", 29_000_000, source=contracts.canary_source)
    batch = lake.batch()
    batch(bronze(spark, contracts, [record(sequence=5), canary]), 0)
    batch(bronze(spark, contracts, [canary], first_offset=10), 1)
    batch(bronze(spark, contracts, [record("b.example", 6), record(sequence=5), canary], first_offset=20), 2)
    silver = lake.rows(lake.dataset.table("silver")).orderBy("sequence").collect()
    assert [(row["name"], row["sequence"]) for row in silver] == [("a.example", 5), ("b.example", 6), ("canary.invalid", 29_000_000)]
    assert [(c.inserted, c.duplicate, c.canaries, c.canaries_inserted, c.residual) for c in lake.counts()] == [
        (1, 0, 1, 1, 0),
        (0, 0, 1, 0, 0),
        (1, 1, 1, 0, 0),
    ]
    held = HeldKeys(("sequence",), contracts.canary_source)
    held.learn(lake.rows(lake.dataset.table("silver")))
    assert not held.may_match(summary_of(contracts, outcomes_of(spark, contracts, [record("c.example", 7)])))


def test_a_checkpoint_that_was_set_back_is_refused_loudly(spark, contracts, lake):
    batch = lake.batch()
    batch(bronze(spark, contracts, [record(sequence=5)]), 0)
    batch(bronze(spark, contracts, [record("b.example", 6)], first_offset=1), 1)
    # The same checkpoint id, its batches counted from 0 again: other records under a number that Delta knows.
    with pytest.raises(CheckpointSetBack, match=r"silver.harmful_domains holds batch 1 of this checkpoint, and batch 0 has other records"):
        lake.batch()(bronze(spark, contracts, [record("c.example", 7)], first_offset=2), 0)
    assert [row["name"] for row in lake.rows(lake.dataset.table("silver")).orderBy("sequence").collect()] == ["a.example", "b.example"]
    # A new checkpoint takes a new id, and nothing is lost.
    lake.batch("q2")(bronze(spark, contracts, [record("c.example", 7)], first_offset=2), 0)
    assert lake.rows(lake.dataset.table("silver")).count() == 3


def test_a_batch_tells_how_far_it_came_and_which_commit_it_made(spark, contracts, lake):
    batch = lake.batch()
    batch(bronze(spark, contracts, [record(sequence=5)]), 0)
    batch(bronze(spark, contracts, [record(sequence=5)], first_offset=7), 1)
    (_, first, made), (_, second, none) = lake.reported
    assert (first, second) == ({"0": 1}, {"0": 8})
    assert made == 1
    assert none is None, "a batch of repeats commits nothing"


def test_nothing_is_written_once_the_lease_is_lost(spark, contracts, lake):
    def lost():
        raise RuntimeError("lease lost")

    batch = SilverBatch(lake.dataset, lake.path, contracts.ledger, contracts.canary_source, lambda: "q", lost, lambda *_told: None)
    with pytest.raises(RuntimeError, match="lease lost"):
        batch(bronze(spark, contracts, [record(), b"bad"]), 0)
    for table in contracts.tables_of("silver"):
        assert lake.rows(table).count() == 0
