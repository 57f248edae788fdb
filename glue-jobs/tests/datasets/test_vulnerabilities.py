"""gold.vulnerabilities and gold.vulnerabilities_by_vendor: what they say, whatever the batches."""

from __future__ import annotations

from datetime import date, timedelta

from cases import generated
from folding import CASES, assert_incremental_equals_full
from frames import START, frame, silver_of, table_named
from hypothesis import strategies as st

from datasets.vulnerabilities import COMPUTATIONS, FOLDS
from medallion.layers.facts import Facts
from medallion.layers.fold import recompute
from medallion.tables import schema_of

FOLD = FOLDS["vulnerabilities"]


def fact(cve_id, sequence, event="added", **said):
    return {
        "source": "kev",
        "cve_id": cve_id,
        "event": event,
        "sequence": sequence,
        "observed_at": START + timedelta(days=sequence),
        "vendor": "V",
        "product": "P",
        "date_added": date(2024, 1, 1),
        "date_due": date(2024, 1, 22),
        **said,
    }


facts = st.lists(
    st.builds(
        fact,
        st.sampled_from(["CVE-1900-10001", "CVE-1900-10002"]),
        st.integers(1, 6),
        st.sampled_from(["added", "changed", "gone"]),
        product=st.sampled_from(["P", "Q", None]),
        ransomware=st.sampled_from([True, False, None]),
    ),
    max_size=8,
)


def test_any_batches_equal_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(facts, st.lists(st.integers(0, 8), max_size=3)), CASES)
    assert_incremental_equals_full(spark, contracts, "vulnerabilities", FOLD, cases, apart="cve_id")


def test_a_row_says_what_changed_when(spark, contracts):
    silver = silver_of(contracts, "vulnerabilities")
    rows = [
        fact("CVE-1900-10001", 1, ransomware=False, weaknesses=["CWE-1"]),
        fact("CVE-1900-10001", 3, "changed", ransomware=True, weaknesses=["CWE-1"], notes="n"),
        fact("CVE-1900-10001", 4, "gone", ransomware=True, weaknesses=["CWE-1"], notes="n"),
        fact("CVE-1900-10001", 6, ransomware=True, product="Q"),
        fact("CVE-1900-10002", 2, "gone"),
    ]
    found = {
        row["cve_id"]: row
        for row in recompute(FOLD, frame(spark, silver, rows)).select(*schema_of(table_named(contracts, "vulnerabilities").ddl).names).collect()
    }
    one = found["CVE-1900-10001"]
    assert (one["is_listed"], one["product"], one["ransomware"], one["date_due"], one["weaknesses"], one["notes"]) == (
        True,
        "Q",
        True,
        date(2024, 1, 22),
        None,
        None,
    )
    assert (one["first_seen"].day, one["last_changed_at"].day) == (2, 7)
    assert [(change["event"], change["sequence"], change["fields"]) for change in one["changes"]] == [
        ("added", 1, []),
        ("changed", 3, ["ransomware", "notes"]),
        ("gone", 4, []),
        ("added", 6, []),
    ]
    assert not found["CVE-1900-10002"]["is_listed"]


def test_vendors_are_counted_by_what_the_catalogue_has_now(spark, contracts):
    silver, gold = silver_of(contracts, "vulnerabilities"), table_named(contracts, "vulnerabilities")
    rows = [
        fact("CVE-1900-10001", 1, ransomware=True),
        fact("CVE-1900-10002", 1, product="Q", date_added=date(2024, 2, 1), date_due=date(2024, 2, 8)),
        fact("CVE-1900-10003", 1, "gone"),
        fact("CVE-1900-10004", 1, vendor="W", date_due=None),
        fact("CVE-1900-10005", 1, vendor=None),
    ]
    table = spark.createDataFrame(recompute(FOLD, frame(spark, silver, rows)).select(*schema_of(gold.ddl).names).collect(), schema_of(gold.ddl))
    counted = (
        COMPUTATIONS["vulnerabilities_by_vendor"].recompute(Facts(frame(spark, silver, rows), {"gold.vulnerabilities": table})).orderBy("vendor").collect()
    )
    names = ("vendor", "vulnerabilities", "products", "ransomware", "first_added", "last_added", "median_days_to_due")
    assert [tuple(row[name] for name in names) for row in counted] == [
        ("V", 2, 2, 1, date(2024, 1, 1), date(2024, 2, 1), 14.0),
        ("W", 1, 1, 0, date(2024, 1, 1), date(2024, 1, 1), None),
    ]
