"""gold.harmful_domain_daily and gold.source_quality: what they say, and that batches change nothing in it."""

from __future__ import annotations

from datetime import timedelta

from cases import assert_each_equal, by_case, generated
from folding import CASES, side_by_side, slices_of
from frames import START, frame, silver_of, table_named
from hypothesis import strategies as st
from listings import facts_of_histories, histories, history

from datasets.harmful_domains import COMPUTATIONS
from medallion.layers.facts import Facts
from medallion.tables import schema_of


def apart(facts, case):
    """The facts of a case, of sources and names that no other has."""
    return [{**fact, "source": f"{case}|{fact['source']}", "name": f"{case}|{fact['name']}"} for fact in facts]


def of_source(row):
    return int(row["source"].split("|")[0])


def test_a_periodic_table_by_any_batches_equals_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(histories, st.lists(st.integers(0, 12), max_size=2)), CASES)
    of_cases = [slices_of(apart(facts_of_histories(names), i), cuts) for i, (names, cuts) in enumerate(cases)]
    batches = [side_by_side(of_cases, number) for number in range(max(map(len, of_cases)))]
    others = {"source_checks": frame(spark, contracts.dataset("source_checks").table("silver"), [])}
    for name, computation in COMPUTATIONS.items():
        table, silver = table_named(contracts, name), silver_of(contracts, name)
        columns = schema_of(table.ddl).names
        every = frame(spark, silver, [fact for batch in batches for fact in batch])
        full = computation.recompute(Facts(every, others)).select(*columns).orderBy(*table.key).collect()
        state, known = frame(spark, table, []), []
        for batch in batches:
            known += batch
            new = computation.advance(state, frame(spark, silver, batch), Facts(frame(spark, silver, known), others)).select(*columns)
            state = spark.createDataFrame(state.join(new, list(table.key), "left_anti").unionByName(new).collect(), schema_of(table.ddl))
        assert_each_equal(cases, by_case(state.orderBy(*table.key).collect(), of_source), by_case(full, of_source))


def qualities(facts):
    """What sets of names say of each source: its names, those that it alone holds, how many it shares with whom, and what came and went."""
    last = {(f["source"], f["name"], f["scope"]): f["event"] for f in sorted(facts, key=lambda f: f["sequence"])}
    held = {source: {name for (of, name, _), event in last.items() if of == source and event == "listed"} for source, *_ in last}
    for source, mine in sorted(held.items()):
        others = {other: theirs for other, theirs in held.items() if other != source and mine & theirs}
        shared = [(other, len(mine & theirs), len(mine & theirs) / len(mine)) for other, theirs in sorted(others.items())]
        changes = [sum(1 for f in facts if f["source"] == source and f["event"] == event) for event in ("listed", "delisted")]
        yield (source, len(mine), len(mine - set().union(*others.values())), shared, *changes)


def test_source_quality_equals_what_sets_of_names_say(spark, contracts):
    silver, quality = silver_of(contracts, "source_quality"), COMPUTATIONS["source_quality"]
    cases = [apart(facts_of_histories(names), i) for i, names in enumerate(generated(histories, CASES))]
    checks = frame(spark, contracts.dataset("source_checks").table("silver"), [])
    facts = Facts(frame(spark, silver, [fact for case in cases for fact in case]), {"source_checks": checks})
    found = by_case(quality.recompute(facts).orderBy("source").collect(), of_source)
    shown = {
        case: [
            (
                *(row[name] for name in ("source", "entries", "unique_entries")),
                [(other["source"], other["shared"], other["share"]) for other in row["overlaps"]],
                *(row[name] for name in ("added_30_days", "removed_30_days")),
            )
            for row in rows
        ]
        for case, rows in found.items()
    }
    assert_each_equal(cases, shown, {i: list(qualities(case)) for i, case in enumerate(cases)})


def test_daily_counts_say_what_came_went_and_stayed(spark, contracts):
    silver, daily = silver_of(contracts, "harmful_domain_daily"), COMPUTATIONS["harmful_domain_daily"]
    facts = [*history(("listed", 0), ("delisted", 2)), *history(("listed", 0), name="b.example"), *history(("listed", 0), name="c.example", action="allow")]
    rows = daily.recompute(Facts(frame(spark, silver, facts), {})).orderBy("date").collect()
    assert [(row["date"].day, row["source"], row["category"], row["added"], row["removed"], row["active"]) for row in rows] == [
        (1, "s1", "ads", 2, 0, 2),
        (3, "s1", "ads", 0, 1, 1),
    ]


def test_other_words_for_a_name_add_none_and_move_it_where_they_say_another_category(spark, contracts):
    silver, daily, quality = silver_of(contracts, "harmful_domain_daily"), COMPUTATIONS["harmful_domain_daily"], COMPUTATIONS["source_quality"]
    first, other_words, other_category, gone = history(("listed", 0), ("listed", 1), ("listed", 2), ("delisted", 4))
    facts = [
        first,
        {**other_words, "restated": True},
        {**other_category, "restated": True, "category": "malware", "category_before": "ads"},
        {**gone, "restated": False, "category": "malware"},
    ]
    rows = daily.recompute(Facts(frame(spark, silver, facts), {})).orderBy("date", "category").collect()
    assert [(row["date"].day, row["category"], row["added"], row["removed"], row["active"]) for row in rows] == [
        (1, "ads", 1, 0, 1),
        (3, "ads", 0, 1, 0),
        (3, "malware", 1, 0, 1),
        (5, "malware", 0, 1, 0),
    ]
    checks = frame(spark, contracts.dataset("source_checks").table("silver"), [])
    [source] = quality.recompute(Facts(frame(spark, silver, facts), {"source_checks": checks})).collect()
    assert (source["added_30_days"], source["removed_30_days"]) == (1, 1)


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


def test_source_quality_goes_on_as_its_window_leaves_facts_behind_and_late_ones_come(spark, contracts, monkeypatch):
    table, silver, quality = table_named(contracts, "source_quality"), silver_of(contracts, "source_quality"), COMPUTATIONS["source_quality"]
    others = {"source_checks": frame(spark, contracts.dataset("source_checks").table("silver"), [])}
    batches = [
        [*history(("listed", 0), name="both.example"), *history(("listed", 1), name="both.example", source="s2"), *history(("listed", 0), name="mine.example")],
        # The window has left behind what came above; a name goes, and one comes late, from between the window's two beginnings.
        [*history(("listed", 0), ("delisted", 31), name="both.example")[1:], *history(("listed", 0), name="late.example", source="s3")],
        [*history(("listed", 45), name="mine.example", source="s2", scope="subtree")],
    ]
    columns = schema_of(table.ddl).names
    all_facts = []
    state = quality.recompute(Facts(frame(spark, silver, batches[0]), others)).select(*columns).collect()
    all_facts.extend(batches[0])
    monkeypatch.setattr(quality, "recompute", None)
    full = type(quality)().recompute
    for batch in batches[1:]:
        all_facts.extend(batch)
        facts = Facts(frame(spark, silver, all_facts), others)
        held = spark.createDataFrame(state, schema_of(table.ddl))
        state = quality.advance(held, frame(spark, silver, batch), facts).select(*columns).orderBy("source").collect()
        assert state == full(facts).select(*columns).orderBy("source").collect()
    assert [(row["source"], row["entries"], row["added_30_days"], row["removed_30_days"]) for row in state] == [
        ("s1", 1, 0, 1),
        ("s2", 2, 1, 0),
        ("s3", 1, 0, 0),
    ]
