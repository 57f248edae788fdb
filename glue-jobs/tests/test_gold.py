"""Gold: whatever the order, the splits and the repeats, the incremental table equals a full recompute."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medallion.generations import path_at
from medallion.gold_tables import COMPUTATIONS, FOLDS, fold_of
from medallion.periodic import Facts, PeriodicBatch, counted_by, facts_of
from medallion.state import StateBatch, advance, recompute
from medallion.tables import appends_of, ensure_tables, last_transaction, newest_version, path_of, schema_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def table_named(contracts, name):
    return next(table for dataset in contracts.datasets for table in dataset.gold_tables() if table.name == name)


def silver_of(contracts, name):
    return next(dataset for dataset in contracts.datasets if any(table.name == name for table in dataset.gold_tables())).table("silver")


def frame(spark, table, rows):
    schema = schema_of(table.ddl)
    return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


# A fact is decided by (source, name, action, sequence), as in Silver.
listing = st.builds(
    lambda name, source, action, scope, sequence: {
        "entry_type": "domain",
        "name": name,
        "scope": scope,
        "public_suffix": "example",
        "origin": "both" if source == "s2" else None,
        "reliability": {"s1": 0.5, "s2": 0.8}[source],
        "tags": ["t2", source] if sequence % 2 else None,
        "reason": "r" if action == "allow" else None,
        "source": source,
        "action": action,
        "category": f"category-{source}",
        "event": "listed" if (sequence + len(name)) % 2 == 0 else "delisted",
        "sequence": sequence,
        "observed_at": START + timedelta(hours=sequence),
    },  # fmt: skip
    st.sampled_from(["a.example", "bb.example"]),
    st.sampled_from(["s1", "s2"]),
    st.sampled_from(["block", "block", "allow", "popular"]),
    st.sampled_from(["exact", "subtree"]),
    st.integers(1, 5),
)
check = st.builds(
    lambda source, hour, outcome, entries: {"source": source, "run_id": f"{source}-{hour}", "started_at": START + timedelta(hours=hour), "outcome": outcome, "entries": entries, "sequence": hour},
    st.sampled_from(["s1", "s2"]),
    st.integers(0, 5),
    st.sampled_from(["changed", "failed"]),
    st.none() | st.just(7),
)  # fmt: skip


def test_a_commit_says_how_many_records_it_was_made_of_canaries_not_counted(spark, contracts, tmp_path):
    table, silver = table_named(contracts, "harmful_domains"), silver_of(contracts, "harmful_domains")
    dataset = contracts.dataset("harmful_domains")
    ensure_tables(spark, str(tmp_path), (table,))
    batch = StateBatch(dataset, table, fold_of(table.name), str(tmp_path), contracts.canary_source, lambda: "query", lambda: None)
    fact = {
        "entry_type": "domain", "name": "a.example", "scope": "exact", "action": "block", "category": "c", "reliability": 0.5, "event": "listed",
        "sequence": 1, "observed_at": START, "topic": "t", "partition": 0, "offset": 1, "kafka_timestamp": START,
    }  # fmt: skip
    canary = {**fact, "name": "canary.invalid", "source": contracts.canary_source, "offset": 2}
    for number, facts in enumerate(([canary], [{**fact, "source": "s1"}, canary], [canary])):
        batch(frame(spark, silver, facts), number)
    history = DeltaTable.forPath(spark, path_of(str(tmp_path), table)).history().orderBy("version").collect()
    told = [json.loads(row["userMetadata"])["records"] for row in history if row["operation"] == "MERGE"]
    assert told == [0, 1, 0]


def one_per_key(rows, key):
    return list({tuple(row[name] for name in key): row for row in rows}.values())


def assert_incremental_equals_full(spark, contracts, name, rows, cuts):
    table, silver, fold = table_named(contracts, name), silver_of(contracts, name), FOLDS[name]
    facts = one_per_key(rows, silver.key)
    names = schema_of(table.ddl).names
    full = recompute(fold, frame(spark, silver, facts)).select(*names).orderBy(*table.key).collect()
    state = frame(spark, table, [])
    points = sorted({min(cut, len(facts)) for cut in cuts} | {0, len(facts)})
    # The last slice is given twice: foreachBatch is at least once.
    slices = [facts[a:b] for a, b in zip(points, points[1:], strict=False)]
    for part in [*slices, *slices[-1:]]:
        new = advance(fold, state, frame(spark, silver, part), table.key).select(*names)
        merged = state.join(new.select(*table.key), list(table.key), "left_anti").unionByName(new)
        state = spark.createDataFrame(merged.collect(), schema_of(table.ddl))
    assert state.orderBy(*table.key).collect() == full


slow = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@slow
@given(rows=st.lists(listing, min_size=1, max_size=12), cuts=st.lists(st.integers(0, 12), max_size=3))
def test_harmful_domains_folded_in_any_order_and_splits_equals_a_full_recompute(spark, contracts, rows, cuts):
    assert_incremental_equals_full(spark, contracts, "harmful_domains", rows, cuts)


@slow
@given(rows=st.lists(check, min_size=1, max_size=10), cuts=st.lists(st.integers(0, 10), max_size=3))
def test_source_status_folded_in_any_order_and_splits_equals_a_full_recompute(spark, contracts, rows, cuts):
    assert_incremental_equals_full(spark, contracts, "source_status", rows, cuts)


def test_a_name_says_who_lists_it_since_when_and_whether_anybody_still_does(spark, contracts):
    fold, silver = FOLDS["harmful_domains"], silver_of(contracts, "harmful_domains")
    base = {"entry_type": "domain", "name": "a.example", "scope": "exact", "action": "block"}
    facts = [
        {**base, "source": "s1", "category": "ads", "event": "listed", "sequence": 1, "observed_at": START},
        {**base, "source": "s1", "category": "ads", "event": "delisted", "sequence": 3, "observed_at": START + timedelta(days=2)},
        {**base, "source": "s2", "category": "malware", "event": "listed", "sequence": 1, "observed_at": START + timedelta(days=1)},
    ]
    row = recompute(fold, frame(spark, silver, facts)).first()
    assert [(s["source"], s["current"], s["sequence"]) for s in row["sources"]] == [("s1", False, 3), ("s2", True, 1)]
    assert (row["categories"], row["source_count"], row["is_active"], row["delisted_at"]) == (["malware"], 1, True, None)
    gone = recompute(fold, frame(spark, silver, facts[:2])).first()
    assert (gone["is_active"], gone["source_count"], gone["categories"]) == (False, 0, [])
    assert gone["delisted_at"].replace(tzinfo=UTC) == START + timedelta(days=2)
    assert gone["first_seen"].replace(tzinfo=UTC) == START


BASE = {
    "entry_type": "domain",
    "name": "a.example",
    "scope": "exact",
    "action": "block",
    "event": "listed",
    "sequence": 1,
    "observed_at": START,
    "reliability": 0.5,
}


def folded(spark, contracts, *facts):
    fold, silver = FOLDS["harmful_domains"], silver_of(contracts, "harmful_domains")
    return recompute(fold, frame(spark, silver, [{**BASE, **fact} for fact in facts])).first()


def test_a_lists_exception_cancels_its_own_block_and_no_other(spark, contracts):
    allow = {"source": "s1", "action": "allow", "scope": "subtree"}
    block = {"source": "s2", "category": "ads", "observed_at": START + timedelta(days=1)}
    alone = folded(spark, contracts, allow)
    assert (alone["is_active"], alone["source_count"], alone["first_seen"], alone["delisted_at"], alone["confidence_base"]) == (False, 0, None, None, None)
    assert [(a["source"], a["scope"]) for a in alone["allowed"]] == [("s1", "subtree")]
    both = folded(spark, contracts, allow, block)
    assert (both["is_active"], both["source_count"], both["categories"], both["scope"]) == (True, 1, ["ads"], "exact")
    assert both["first_seen"].replace(tzinfo=UTC) == START + timedelta(days=1)
    subtree = {"source": "s1", "scope": "subtree"}
    own = folded(spark, contracts, allow, subtree)
    assert (own["is_active"], own["source_count"]) == (False, 0)
    ended = folded(spark, contracts, allow, {**allow, "event": "delisted", "sequence": 2}, subtree)
    assert (ended["is_active"], ended["allowed"]) == (True, [])


def test_a_lists_exception_is_of_the_scope_that_it_has(spark, contracts):
    """What one rule of a list does to another was decided where the list was read: both stand, so both are meant."""
    exact, subtree = {"source": "s1"}, {"source": "s1", "scope": "subtree"}
    alone = folded(spark, contracts, exact, {**subtree, "action": "allow"})
    assert (alone["is_active"], alone["scope"]) == (True, "exact")
    below = folded(spark, contracts, subtree, {**exact, "action": "allow"})
    assert (below["is_active"], below["scope"], below["source_count"], below["delisted_at"]) == (False, "subtree", 1, None)


def test_all_below_a_widely_used_name_needs_two_origins_that_mean_it(spark, contracts):
    popular = {"source": "majestic", "action": "popular", "category": "popular"}
    one = folded(spark, contracts, popular, {"source": "s1"}, {"source": "s2", "scope": "subtree"})
    assert (one["is_active"], one["scope"]) == (True, "exact")
    two = folded(spark, contracts, popular, {"source": "s1", "scope": "subtree"}, {"source": "s2", "scope": "subtree"})
    assert (two["is_active"], two["scope"]) == (True, "subtree")


def test_the_operators_word_overrides_feeds_and_says_why(spark, contracts):
    operator = {"source": "operator", "category": "operator", "reason": "our own host", "reliability": 1.0}
    allowed = folded(spark, contracts, {"source": "s1"}, {"source": "s2"}, {**operator, "action": "allow", "valid_until": START + timedelta(days=9)})
    assert (allowed["is_active"], allowed["source_count"], [a["reason"] for a in allowed["allowed"]]) == (False, 2, ["our own host"])
    assert allowed["allowed"][0]["valid_until"].replace(tzinfo=UTC) == START + timedelta(days=9)
    denied = folded(spark, contracts, operator, {"source": "majestic", "action": "popular"})
    assert (denied["is_active"], denied["confidence_base"], denied["widely_used"]) == (True, 1.0, True)


def test_a_widely_used_name_needs_two_origins(spark, contracts):
    popular = {"source": "majestic", "action": "popular", "category": "popular", "reliability": 1.0}
    urlhaus = [{"source": "urlhaus_csv", "origin": "urlhaus"}, {"source": "urlhaus_hosts", "origin": "urlhaus"}]
    one = folded(spark, contracts, popular, *urlhaus)
    assert (one["is_active"], one["source_count"], one["origin_count"], one["widely_used"]) == (False, 2, 1, True)
    two = folded(spark, contracts, popular, *urlhaus, {"source": "s1"})
    assert (two["is_active"], two["origin_count"]) == (True, 2)
    no_longer = folded(spark, contracts, popular, {**popular, "event": "delisted", "sequence": 2}, *urlhaus)
    assert (no_longer["is_active"], no_longer["widely_used"]) == (True, False)
    assert folded(spark, contracts, popular)["is_active"] is False


def test_confidence_grows_with_origins_and_rests_on_the_newest_listing(spark, contracts):
    s1, s2 = {"source": "s1", "reliability": 0.5}, {"source": "s2", "origin": "x", "reliability": 0.8, "observed_at": START + timedelta(days=3)}
    assert folded(spark, contracts, s1)["confidence_base"] == 0.5
    row = folded(spark, contracts, s1, s2, {"source": "s3", "origin": "x", "reliability": 0.6})
    assert row["confidence_base"] == 0.9
    assert row["confidence_at"].replace(tzinfo=UTC) == START + timedelta(days=3)
    gone = folded(spark, contracts, s1, {**s1, "event": "delisted", "sequence": 2, "observed_at": START + timedelta(days=5)})
    assert (gone["confidence_base"], gone["is_active"]) == (0.5, False)
    assert gone["confidence_at"].replace(tzinfo=UTC) == gone["delisted_at"].replace(tzinfo=UTC) == START + timedelta(days=5)


def test_one_source_that_means_all_below_makes_the_scope_subtree(spark, contracts):
    assert folded(spark, contracts, {"source": "s1"}, {"source": "s2", "scope": "subtree", "tags": ["b", "a"]})["scope"] == "subtree"
    row = folded(spark, contracts, {"source": "s1", "tags": ["c"]}, {"source": "s2", "scope": "subtree", "event": "delisted", "tags": ["z"]})
    assert (row["scope"], row["tags"]) == ("exact", ["c"])


# --- periodic tables


def history(*events, name="a.example", source="s1", **more):
    """A name's events in turn, (event, day); sequences count up."""
    return [
        {
            **BASE,
            "name": name,
            "source": source,
            "category": "ads",
            "event": event,
            "sequence": i + 1,
            "observed_at": START + timedelta(days=day, hours=i),
            **more,
        }
        for i, (event, day) in enumerate(events)
    ]


histories = st.lists(st.tuples(st.sampled_from(["s1", "s2"]), st.lists(st.integers(0, 3), min_size=1, max_size=4)), min_size=1, max_size=4)


def facts_of_histories(names):
    return [
        fact
        for i, (source, days) in enumerate(names)
        for fact in history(
            *zip(["listed", "delisted"] * 2, sorted(days), strict=False), name=f"n{i % 3}.example", source=source, scope="exact" if i % 2 else "subtree"
        )
    ]


@slow
@given(names=histories, cuts=st.lists(st.integers(0, 12), max_size=2), name=st.sampled_from(sorted(COMPUTATIONS)))
def test_a_periodic_table_by_any_batches_equals_a_full_recompute(spark, contracts, names, cuts, name):
    table, silver, computation = table_named(contracts, name), silver_of(contracts, name), COMPUTATIONS[name]
    others = {"source_checks": frame(spark, contracts.dataset("source_checks").table("silver"), [])}
    facts = facts_of_histories(names)
    columns = schema_of(table.ddl).names
    full = computation.recompute(Facts(frame(spark, silver, facts), others)).select(*columns).orderBy(*table.key).collect()
    state = frame(spark, table, [])
    points = sorted({min(cut, len(facts)) for cut in cuts} | {0, len(facts)})
    for start, end in zip(points, points[1:], strict=False):
        known = Facts(frame(spark, silver, facts[:end]), others)
        new = computation.advance(state, frame(spark, silver, facts[start:end]), known).select(*columns)
        state = spark.createDataFrame(state.join(new, list(table.key), "left_anti").unionByName(new).collect(), schema_of(table.ddl))
    assert state.orderBy(*table.key).collect() == full


@slow
@given(names=histories)
def test_source_quality_equals_what_sets_of_names_say(spark, contracts, names):
    silver, quality = silver_of(contracts, "source_quality"), COMPUTATIONS["source_quality"]
    facts = facts_of_histories(names)
    checks = frame(spark, contracts.dataset("source_checks").table("silver"), [])
    last = {(f["source"], f["name"], f["scope"]): f["event"] for f in sorted(facts, key=lambda f: f["sequence"])}
    held = {source: {name for (of, name, _), event in last.items() if of == source and event == "listed"} for source, *_ in last}
    found = {row["source"]: row for row in quality.recompute(Facts(frame(spark, silver, facts), {"source_checks": checks})).collect()}
    assert found.keys() == held.keys()
    for source, mine in held.items():
        others = {other: theirs for other, theirs in held.items() if other != source and mine & theirs}
        assert found[source]["entries"] == len(mine)
        assert found[source]["unique_entries"] == len(mine - set().union(*others.values()))
        assert [(o["source"], o["shared"], o["share"]) for o in found[source]["overlaps"]] == [
            (other, len(mine & theirs), len(mine & theirs) / len(mine)) for other, theirs in sorted(others.items())
        ]
        assert found[source]["added_30_days"] == sum(1 for f in facts if f["source"] == source and f["event"] == "listed")
        assert found[source]["removed_30_days"] == sum(1 for f in facts if f["source"] == source and f["event"] == "delisted")


class PeriodicLake:
    """A periodic table and the Silver tables that it reads, in a folder; `wake` is a batch of its query."""

    def __init__(self, spark, contracts, name, folder):
        dataset = next(dataset for dataset in contracts.datasets if any(table.name == name for table in dataset.gold_tables()))
        self.spark, self.contracts, self.lake, self.name = spark, contracts, str(folder), name
        self.table, self.own = table_named(contracts, name), dataset.table("silver")
        self.others = {other: contracts.dataset(other).table("silver") for other in self.table.reads}
        self.batches = 0
        ensure_tables(spark, self.lake, [self.table, self.own, *self.others.values()])

    def append(self, rows, table=None):
        table = table or self.own
        partitions = [{"topic": table.name, "partition": 0, "offset": i, "kafka_timestamp": START, **row} for i, row in enumerate(rows)]
        frame(self.spark, table, partitions).write.format("delta").mode("append").save(path_of(self.lake, table))

    def wake(self, before_write=lambda: None, computation=None):
        computation = computation or COMPUTATIONS[self.name]
        batch = PeriodicBatch(self.table, computation, self.lake, self.own, self.others, self.contracts.canary_source, lambda: "q", before_write)
        self.batches += 1
        batch(self.read(self.own), self.batches)

    def read(self, table):
        return self.spark.read.format("delta").load(path_of(self.lake, table))

    def rows(self):
        names = schema_of(self.table.ddl).names
        return self.read(self.table).select(*names).orderBy(*self.table.key).collect()

    def full(self):
        facts = facts_of(self.read, self.own, self.others, self.contracts.canary_source)
        return COMPUTATIONS[self.name].recompute(facts).select(*schema_of(self.table.ddl).names).orderBy(*self.table.key).collect()


class NeverRecomputed:
    """A computation that may go on from what the table holds, and from nothing else."""

    def __init__(self, name):
        self.advance = COMPUTATIONS[name].advance

    def recompute(self, _facts):
        raise AssertionError("computed from all facts")


@pytest.mark.parametrize("name", sorted(COMPUTATIONS))
def test_a_periodic_table_counts_every_fact_once_whatever_woke_it_and_however_often(spark, contracts, tmp_path, name):
    lake = PeriodicLake(spark, contracts, name, tmp_path)
    lake.append(history(("listed", 0), ("delisted", 2)))
    lake.wake()
    assert lake.rows() == lake.full() != []

    # A batch that is repeated, and one that was killed between its commit and the end of the batch while Silver went on.
    once = NeverRecomputed(name)
    lake.wake(computation=once)
    lake.append(history(("listed", 1), name="b.example"))
    lake.wake(computation=once)
    lake.append(history(("listed", 0), name="c.example", source="s2"))
    lake.append([{**history(("listed", 1), name="canary.invalid")[0], "source": contracts.canary_source}])
    lake.wake(computation=once)
    lake.wake(computation=once)
    assert lake.rows() == lake.full()
    assert contracts.canary_source not in {row["source"] for row in lake.rows()}

    # One that dies before its commit leaves nothing behind.
    lake.append(history(("listed", 3), name="d.example"))

    def killed():
        raise KeyboardInterrupt

    before = lake.rows()
    with pytest.raises(KeyboardInterrupt):
        lake.wake(before_write=killed)
    assert lake.rows() == before
    # Compaction and what retention takes away are no facts.
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).optimize().executeCompaction()
    lake.wake(computation=once)
    assert lake.rows() == lake.full() != before
    held = lake.rows()
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).delete("name = 'd.example'")
    if name == "harmful_domain_daily":
        lake.wake(computation=once)
        assert lake.rows() == held


def test_a_table_that_does_not_say_what_it_counts_is_computed_from_all_facts(spark, contracts, tmp_path):
    """As rebuild leaves one, and as drivers of before made them."""
    lake = PeriodicLake(spark, contracts, "harmful_domain_daily", tmp_path)
    lake.append(history(("listed", 0), ("delisted", 2)))
    frame(spark, lake.table, [row.asDict() for row in lake.full()]).write.format("delta").mode("append").save(path_of(lake.lake, lake.table))
    lake.append(history(("listed", 1), name="b.example"))
    lake.wake()
    assert lake.rows() == lake.full()
    lake.append(history(("listed", 3), name="c.example"))
    lake.wake(computation=NeverRecomputed("harmful_domain_daily"))
    assert lake.rows() == lake.full()
    # Another generation of Silver counts from its own beginning.
    lake.own = replace(lake.own, path=path_at(lake.own, 1))
    ensure_tables(spark, lake.lake, [lake.own])
    lake.append(history(("listed", 0), ("delisted", 2), ("listed", 3)))
    lake.wake()
    by_key = {(row["date"], row["source"], row["category"]): row for row in lake.rows()}
    assert all(by_key[row["date"], row["source"], row["category"]] == row for row in lake.full())


def take_file_out(lake):
    """Somebody takes a file out of a Silver table's log, as writers may: with no more than its path."""
    path = path_of(lake.lake, lake.own)
    file = Path(lake.read(lake.own).inputFiles()[0]).name
    commit = Path(path) / "_delta_log" / f"{newest_version(lake.spark, path) + 1:020}.json"
    commit.write_text(json.dumps({"remove": {"path": file, "deletionTimestamp": 1, "dataChange": True}}), encoding="utf-8")


def compact_and_vacuum(lake):
    """What VACUUM must not take, and took: files that compaction has replaced, with facts that nobody has counted."""
    path = path_of(lake.lake, lake.own)
    replaced = lake.read(lake.own).inputFiles()
    DeltaTable.forPath(lake.spark, path).optimize().executeCompaction()
    for file in replaced:
        (Path(path) / Path(file).name).unlink()


@pytest.mark.parametrize(
    ("accident", "told"), [(take_file_out, "DELTA_REMOVE_FILE_CDC_MISSING_EXTENDED_METADATA"), (compact_and_vacuum, "FileNotFoundException")]
)
@pytest.mark.parametrize("name", sorted(COMPUTATIONS))
def test_where_silvers_change_feed_cannot_be_read_the_table_is_computed_from_all_facts(spark, contracts, tmp_path, caplog, name, accident, told):
    lake = PeriodicLake(spark, contracts, name, tmp_path)
    lake.append(history(("listed", 0)))
    lake.wake()
    lake.append(history(("listed", 0), name="b.example"))
    lake.append(history(("listed", 0), name="c.example"))
    accident(lake)
    lake.wake()
    assert told in caplog.text
    assert lake.rows() == lake.full() != []
    # Once: then it goes on from what the table holds.
    lake.append(history(("listed", 0), name="d.example"))
    lake.wake(computation=NeverRecomputed(name))
    assert lake.rows() == lake.full()


def test_a_stream_of_facts_goes_on_over_what_is_deleted_and_gives_every_later_fact(spark, contracts, tmp_path):
    """Retention and people delete rows, of files that hold others too; a stream that stopped there would never go on."""
    lake = PeriodicLake(spark, contracts, "harmful_domain_daily", tmp_path / "lake")
    seen = []

    def read_on():
        facts = appends_of(spark, lake.lake, lake.own)
        keep = facts.writeStream.foreachBatch(lambda rows, _: seen.extend(row["name"] for row in rows.collect()))
        keep.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start().awaitTermination()

    lake.append([*history(("listed", 0), name="a.example"), *history(("listed", 0), name="b.example")])
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).optimize().executeCompaction()
    read_on()
    DeltaTable.forPath(spark, path_of(lake.lake, lake.own)).delete("name = 'a.example'")
    lake.append(history(("listed", 0), name="c.example"))
    read_on()
    take_file_out(lake)
    lake.append(history(("listed", 0), name="d.example"))
    read_on()
    assert sorted(seen) == ["a.example", "b.example", "c.example", "d.example"]


def test_facts_that_change_no_row_are_not_read_again(spark, contracts, tmp_path):
    lake = PeriodicLake(spark, contracts, "harmful_domain_daily", tmp_path)
    silver = path_of(lake.lake, lake.own)
    for batch in range(2):
        lake.append(history(("listed", 0), name=f"{batch}.example", action="allow"))
        lake.wake(computation=COMPUTATIONS[lake.name] if batch == 0 else NeverRecomputed(lake.name))
        assert last_transaction(spark, path_of(lake.lake, lake.table), counted_by(lake.own)) == newest_version(spark, silver)
    assert lake.rows() == []


def test_a_source_that_was_only_checked_has_its_figures_renewed(spark, contracts, tmp_path):
    lake = PeriodicLake(spark, contracts, "source_quality", tmp_path)
    lake.append(history(("listed", 0)))
    lake.wake()
    checks = lake.others["source_checks"]
    for hour, lines in enumerate([90, 100]):
        lake.append([{"source": "s1", "run_id": f"r{hour}", "started_at": START + timedelta(hours=hour), "lines": lines, "rejects": 1}], checks)
        lake.wake(computation=NeverRecomputed("source_quality"))
        assert [(row["source"], row["lines"]) for row in lake.rows()] == [("s1", lines)]


def test_daily_counts_say_what_came_went_and_stayed(spark, contracts):
    silver, daily = silver_of(contracts, "harmful_domain_daily"), COMPUTATIONS["harmful_domain_daily"]
    facts = [*history(("listed", 0), ("delisted", 2)), *history(("listed", 0), name="b.example"), *history(("listed", 0), name="c.example", action="allow")]
    rows = daily.recompute(Facts(frame(spark, silver, facts), {})).orderBy("date").collect()
    assert [(row["date"].day, row["source"], row["category"], row["added"], row["removed"], row["active"]) for row in rows] == [
        (1, "s1", "ads", 2, 0, 2),
        (3, "s1", "ads", 0, 1, 1),
    ]


def test_source_quality_says_what_only_one_has_and_how_they_overlap(spark, contracts):
    silver, quality = silver_of(contracts, "source_quality"), COMPUTATIONS["source_quality"]
    facts = [
        *history(("listed", 0), name="both.example"),
        *history(("listed", 0), name="mine.example"),
        *history(("listed", 0), ("delisted", 40), name="gone.example"),
        *history(("listed", 40), name="both.example", source="s2", scope="subtree"),
        *history(("listed", 0), name="kept.example", source="s2", action="popular"),
        *history(("listed", 0), ("delisted", 1), name="old.example", source="s3"),
    ]
    checks = frame(
        spark,
        contracts.dataset("source_checks").table("silver"),
        [
            {"source": "s1", "run_id": f"r{i}", "started_at": START + timedelta(hours=i), "lines": lines, "rejects": 2}
            for i, lines in enumerate([90, 100, None])
        ],
    )
    rows = {row["source"]: row for row in quality.recompute(Facts(frame(spark, silver, facts), {"source_checks": checks})).collect()}
    s1, s2, s3 = rows["s1"], rows["s2"], rows["s3"]
    assert (s1["entries"], s1["unique_entries"], s1["unique_share"], s1["lines"], s1["rejects"]) == (2, 1, 0.5, 100, 2)
    assert [(o["source"], o["shared"], o["share"]) for o in s1["overlaps"]] == [("s2", 1, 0.5)]
    assert (s1["added_30_days"], s1["removed_30_days"], s1["churn"]) == (0, 1, 0.5)
    assert (s2["entries"], s2["unique_entries"], s2["added_30_days"], [o["share"] for o in s2["overlaps"]]) == (1, 0, 1, [1.0])
    assert (s3["entries"], s3["unique_share"], s3["churn"], s3["overlaps"]) == (0, None, None, [])


def test_every_gold_table_of_the_contracts_has_what_computes_it(contracts):
    kinds = {table.name: table.kind for dataset in contracts.datasets for table in dataset.gold_tables()}
    assert {name for name, kind in kinds.items() if kind == "state"} == set(FOLDS)
    assert {name for name, kind in kinds.items() if kind == "periodic"} == set(COMPUTATIONS)


def test_operations_keep_the_record_that_ended_last_per_subject_and_run(spark, contracts):
    dataset = contracts.dataset("operations")
    silver = dataset.table("silver")
    names = schema_of(silver.ddl).names
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def fact(kind, run, state, minutes):
        values = {"kind": kind, "subject": "kafka", "run_id": run, "source": "monitor", "started_at": at, "finished_at": at + timedelta(minutes=minutes)}
        return tuple({**values, "state": state, "summary": state, "details": "{}"}.get(name) for name in names)

    facts = [fact("check", "r1", "failed", 1), fact("check", "r1", "ok", 2), fact("check", "r2", "ok", 3), fact("run", "r1", "ok", 9)]
    frames = [spark.createDataFrame(part, schema_of(silver.ddl)) for part in (facts[:2], facts[2:])]
    fold, table = fold_of("checks"), next(table for table in dataset.gold_tables() if table.name == "checks")
    state = spark.createDataFrame([], schema_of(table.ddl))
    for frame in frames:
        new = advance(fold, state, frame, table.key)
        kept = state.join(new.select(*table.key), list(table.key), "left_anti")
        state = kept.unionByName(new)
    rows = [(row["subject"], row["run_id"], row["state"]) for row in state.orderBy("run_id").collect()]
    assert rows == [("kafka", "r1", "ok"), ("kafka", "r2", "ok")]
    full = recompute(fold, frames[0].unionByName(frames[1])).select(*schema_of(table.ddl).names)
    assert sorted(map(tuple, full.collect())) == sorted(map(tuple, state.select(*full.columns).collect()))


def test_canaries_are_in_no_table_that_counts(spark, contracts):
    silver = contracts.dataset("harmful_domains").table("silver")
    rows = spark.createDataFrame([("a",), (contracts.canary_source,)], "source string")
    facts = facts_of(lambda _table: rows, silver, {"source_checks": contracts.dataset("source_checks").table("silver")}, contracts.canary_source)
    assert [row["source"] for row in facts.own.collect()] == ["a"]
    assert [row["source"] for row in facts.others["source_checks"].collect()] == ["a"]
