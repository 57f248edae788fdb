"""Silver's transforms, each on a few rows."""

from __future__ import annotations

from silver_rows import Lake, bronze, outcomes_of, record, shown, summary_of

from medallion.layers.silver.counts import bounded_fields, counts_of
from medallion.layers.silver.held import HeldKeys
from medallion.layers.silver.outcomes import quarantine_rows, silver_rows, with_outcome
from medallion.layers.silver.parse import parse
from medallion.tables import schema_of

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


def test_silver_is_read_only_where_it_may_hold_a_key_of_the_batch(spark, contracts, tmp_path):
    lake = Lake(spark, contracts, tmp_path)
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
