"""Silver's transforms, each on a few rows, and its batch on real Delta tables."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from medallion.gold_tables import FOLDS
from medallion.silver import (
    CheckpointSetBack,
    HeldKeys,
    SilverBatch,
    bounded_fields,
    counts_of,
    mark_held,
    parse,
    quarantine_rows,
    silver_rows,
    summarise,
    with_outcome,
)
from medallion.state import recompute
from medallion.tables import ensure_table, path_of, schema_of

AT = datetime(2026, 1, 1, tzinfo=UTC)


def record(name="a.example", sequence=1, **changes):
    value = {
        "source": "s", "entry_type": "domain", "name": name, "scope": "exact", "action": "block", "event": "listed",
        "sequence": sequence, "category": "c", "observed_at": "2026-01-01T00:00:00.000Z", "line": 1,
    }  # fmt: skip
    return json.dumps({**value, **changes}).encode()


def bronze(spark, contracts, values, *, headers=None, first_offset=0):
    dataset = contracts.datasets[0]
    schema = schema_of(dataset.table("bronze").ddl)
    rows = [
        {
            "key": b"k", "value": value, "headers": headers or [{"key": "sluice-run", "value": b"run-1"}], "topic": dataset.topic,
            "partition": 0, "offset": first_offset + i, "kafka_timestamp": AT, "ingested_at": AT, "ingestion_date": date(2026, 1, 1),
        }
        for i, value in enumerate(values)
    ]  # fmt: skip
    return spark.createDataFrame([tuple(row[name] for name in schema.names) for row in rows], schema)


def outcomes_of(spark, contracts, values, held=()):
    dataset = contracts.datasets[0]
    outcomes = with_outcome(parse(bronze(spark, contracts, values), dataset), dataset.key)
    return mark_held(outcomes, parse(bronze(spark, contracts, list(held)), dataset), dataset.key) if held else outcomes


def summary_of(contracts, outcomes):
    dataset = contracts.datasets[0]
    return summarise(outcomes, bounded_fields(dataset.record_ddl, dataset.key), contracts.canary_source)


def shown(outcomes):
    rows = outcomes.orderBy("offset").collect()
    return [(row["_outcome"], [broken["rule"] for broken in row["_broken"]]) for row in rows]


BAD_RECORDS = [
    (b"", "malformed"),
    (None, "malformed"),
    (b"not json", "malformed"),
    (b"[1]", "malformed"),
    (b"null", "malformed"),
    (b'{"source": "s"', "malformed"),
    (record(sequence="many"), "malformed"),
    (record(sequence=1.5), "malformed"),
    (record(observed_at="yesterday"), "malformed"),
    (b'{"name": "\xff\xfe"}', "malformed"),
    (record(name=None), "key_missing"),
    (record(name="UPPER.example"), "name_characters"),
    (record(name="a" * 254), "name_characters"),
    (record(name=f"https://github.com/{'a' * 2048}"), "name_length"),
    (record(action="maybe"), "action_known"),
    (record(event="renamed"), "event_known"),
    (record(sequence=0), "sequence_not_zero"),
    (record(observed_at="2026-01-01T00:05:00.001Z"), "observed_in_the_past"),
]


def test_bad_records_are_quarantined_each_with_its_rule_and_their_neighbours_pass(spark, contracts):
    values = [item for i, (value, _rule) in enumerate(BAD_RECORDS) for item in (record(f"good{i}.example"), value)]
    outcomes = outcomes_of(spark, contracts, values).persist()
    results = shown(outcomes)
    assert results[::2] == [("inserted", [])] * len(BAD_RECORDS)
    kept = {row["offset"]: row for row in quarantine_rows(outcomes).orderBy("rule").collect()}
    outcomes.unpersist()
    assert len(kept) == len(BAD_RECORDS)
    for i, ((value, rule), (outcome, broken)) in enumerate(zip(BAD_RECORDS, results[1::2], strict=True)):
        row = kept[2 * i + 1]
        assert outcome == "quarantined", value
        assert rule in broken, value
        assert (bytes(row["value"]) if row["value"] is not None else None) == value
        assert row["reason"]


def test_of_records_with_one_key_the_first_is_inserted_and_held_keys_are_duplicates(spark, contracts):
    outcomes = outcomes_of(
        spark, contracts, [record("a.example"), record("a.example"), record("b.example"), record("a.example", 2)], held=[record("b.example")]
    )
    assert [outcome for outcome, _ in shown(outcomes)] == ["inserted", "duplicate", "duplicate", "inserted"]


def test_a_quarantined_record_does_not_take_the_place_of_a_good_one_with_its_key(spark, contracts):
    outcomes = outcomes_of(spark, contracts, [record("a.example", event="renamed"), record("a.example")])
    assert [outcome for outcome, _ in shown(outcomes)] == ["quarantined", "inserted"]


def test_counts_leave_canaries_out_and_add_up(spark, contracts):
    values = [record("a.example"), record("a.example"), b"bad", record("canary.example", source=contracts.canary_source)]
    counts = counts_of(summary_of(contracts, outcomes_of(spark, contracts, values)))
    assert (counts.read, counts.inserted, counts.duplicate, counts.quarantined, counts.dropped, counts.canaries, counts.residual) == (3, 1, 1, 1, 0, 1, 0)


def test_a_replayed_record_keeps_the_coordinates_it_first_had_and_the_ledger_where_it_was_read(spark, contracts):
    dataset = contracts.datasets[0]
    replay = [{"key": "sluice-origin", "value": b"old_topic/2/77"}, {"key": "sluice-run", "value": b"run-9"}]
    outcomes = with_outcome(parse(bronze(spark, contracts, [record()], headers=replay, first_offset=500), dataset), dataset.key)
    row = silver_rows(outcomes, schema_of(dataset.table("silver").ddl).names).first()
    assert (row["topic"], row["partition"], row["offset"], row["run_id"]) == ("old_topic", 2, 77, "run-9")
    (read,) = summary_of(contracts, outcomes)
    assert (read["topic"], read["partition"], read["first_offset"]) == (dataset.topic, 0, 500)


class Lake:
    def __init__(self, spark, contracts, folder):
        self.spark, self.contracts, self.path = spark, contracts, str(folder)
        self.dataset = contracts.datasets[0]
        for table in contracts.tables_of("silver"):
            ensure_table(spark, self.path, table)
        self.reported = []

    def batch(self, query_id="q1"):
        return SilverBatch(self.dataset, self.path, self.contracts.ledger, self.contracts.canary_source, lambda: query_id, lambda: None, self.report)

    def report(self, *told):
        self.reported.append(told)

    def counts(self):
        return [counts for counts, _offsets, _version in self.reported]

    def rows(self, table):
        return self.spark.read.format("delta").load(path_of(self.path, table))


@pytest.fixture
def lake(spark, contracts, tmp_path):
    return Lake(spark, contracts, tmp_path)


def in_batches(spark, contracts, lake, values, cuts, query_id="q1"):
    """Runs the records through Silver, cut into batches, as one query with a checkpoint of its own."""
    points = sorted({min(cut, len(values)) for cut in cuts} | {0, len(values)})
    batch = lake.batch(query_id)
    for number, (start, end) in enumerate(zip(points, points[1:], strict=False)):
        batch(bronze(spark, contracts, values[start:end], first_offset=start), number)


def records_of(lake, layer):
    """Rows without where and when they stood: what a record says."""
    place = ("topic", "partition", "offset", "kafka_timestamp", "ingested_at")
    rows = lake.rows(lake.dataset.table(layer))
    return sorted(json.dumps(row.asDict(True), default=str, sort_keys=True) for row in rows.drop(*place).collect())


events = st.lists(
    st.sampled_from([record(name, sequence) for name in ("a.example", "b.example") for sequence in (1, 2, 3)] + [b"bad", b"{"]), min_size=1, max_size=10
)
slow = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@slow
@given(values=events, order=st.randoms(use_true_random=False), cuts=st.lists(st.integers(0, 10), max_size=2))
def test_the_order_and_the_batches_of_records_change_nothing_in_silver_or_gold(spark, contracts, tmp_path_factory, values, order, cuts):
    shuffled = list(values)
    order.shuffle(shuffled)
    whole, pieces = (Lake(spark, contracts, tmp_path_factory.mktemp("lake")) for _ in range(2))
    in_batches(spark, contracts, whole, values, [])
    in_batches(spark, contracts, pieces, shuffled, cuts)
    assert records_of(pieces, "silver") == records_of(whole, "silver")
    gold = [FOLDS["harmful_domains"] for _ in range(2)]
    tables = [
        recompute(fold, lake.rows(lake.dataset.table("silver"))).orderBy("entry_type", "name").collect()
        for fold, lake in zip(gold, (whole, pieces), strict=True)
    ]
    assert tables[0] == tables[1]


@slow
@given(values=events, cuts=st.lists(st.integers(0, 10), max_size=2), again=st.lists(st.integers(0, 10), max_size=2))
def test_a_replay_of_everything_with_fresh_checkpoints_gives_identical_tables(spark, contracts, tmp_path_factory, values, cuts, again):
    lake = Lake(spark, contracts, tmp_path_factory.mktemp("lake"))
    in_batches(spark, contracts, lake, values, cuts)
    key = ("partition", "offset")
    before = [lake.rows(lake.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")]
    in_batches(spark, contracts, lake, values, again, query_id="q2")
    assert [lake.rows(lake.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")] == before
    fresh = Lake(spark, contracts, tmp_path_factory.mktemp("lake"))
    in_batches(spark, contracts, fresh, values, again)
    assert [fresh.rows(fresh.dataset.table(layer)).orderBy(*key).collect() for layer in ("silver", "quarantine")] == before


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
    # As on Glue: this machine's profile interprets, which is for batches of a few rows (docs/decisions/0003).
    with_codegen = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}
    before = {name: spark.conf.get(name) for name in with_codegen}
    try:
        for name, setting in with_codegen.items():
            spark.conf.set(name, setting)
        lake.batch()(rows, 0)
    finally:
        for name, setting in before.items():
            spark.conf.set(name, setting)
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
    import medallion.silver as module

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


def test_silver_is_read_only_where_it_may_hold_a_key_of_the_batch(spark, contracts, lake):
    silver = lake.rows(lake.dataset.table("silver"))
    bounded = bounded_fields(lake.dataset.record_ddl, lake.dataset.key)
    assert bounded == ("sequence",)
    held = HeldKeys(bounded, contracts.canary_source)
    first = summary_of(contracts, outcomes_of(spark, contracts, [record(sequence=5), record("b.example", 7), b"bad"]))
    assert held.may_match(first), "nothing is known yet"
    held.learn(silver)
    assert not held.may_match(first), "Silver is empty"
    held.add(first)
    assert held.may_match(summary_of(contracts, outcomes_of(spark, contracts, [record("c.example", 7)])))
    assert not held.may_match(summary_of(contracts, outcomes_of(spark, contracts, [record("c.example", 8)])))
    lake.batch()(bronze(spark, contracts, [record(sequence=9)]), 0)
    successor = HeldKeys(bounded, contracts.canary_source)
    successor.learn(lake.rows(lake.dataset.table("silver")))
    assert successor.may_match(summary_of(contracts, outcomes_of(spark, contracts, [record("c.example", 9)])))
    assert not successor.may_match(summary_of(contracts, outcomes_of(spark, contracts, [record("c.example", 10)])))
    unordered = HeldKeys((), contracts.canary_source)
    unordered.learn(lake.rows(lake.dataset.table("silver")))
    assert unordered.may_match(first)


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


def test_every_table_has_reader_version_1_and_no_reader_features(spark, contracts, tmp_path):
    for writer in ("bronze", "silver", "gold"):
        for table in contracts.tables_of(writer):
            ensure_table(spark, str(tmp_path), table)
            detail = spark.sql(f"DESCRIBE DETAIL delta.`{path_of(str(tmp_path), table)}`").first()
            assert detail["minReaderVersion"] == 1, table.full_name
            assert not {"deletionVectors", "columnMapping", "v2Checkpoint"} & set(detail["tableFeatures"])
            assert detail["partitionColumns"] == list(table.partition_by)


def test_a_table_gains_the_columns_that_its_contract_gained_and_refuses_another_type(spark, contracts, tmp_path):
    from dataclasses import replace

    table = contracts.ledger
    ensure_table(spark, str(tmp_path), table)
    ensure_table(spark, str(tmp_path), replace(table, ddl=f"{table.ddl}, `extra` string"))
    assert spark.read.format("delta").load(path_of(str(tmp_path), table)).schema.names[-1] == "extra"
    with pytest.raises(ValueError, match="ops.ledger.read is bigint .* the contract says string"):
        ensure_table(spark, str(tmp_path), replace(table, ddl=table.ddl.replace("`read` bigint", "`read` string")))
