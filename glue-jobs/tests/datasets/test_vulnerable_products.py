"""vulnerable_products: products one by one, and what names each now."""

from __future__ import annotations

from datetime import timedelta

from cases import generated
from folding import CASES, assert_incremental_equals_full
from frames import START, frame
from hypothesis import strategies as st

from datasets.vulnerable_products import FOLDS, derive
from medallion.layers.derived import assert_derives, derived_rows
from medallion.layers.fold import recompute

FOLD = FOLDS["vulnerable_products"]


def parent(offset, product, **said):
    place = {"topic": "vulnerabilities", "partition": 0, "offset": offset, "kafka_timestamp": START, "run_id": "r"}
    return {"source": "kev", "cve_id": f"CVE-1900-{offset:05}", "vendor": "V", "product": product, "event": "added", "sequence": 1, **place, **said}


def named(product, cve, sequence, event="added"):
    place = {"topic": "vulnerabilities", "partition": 0, "offset": sequence, "ordinal": cve, "kafka_timestamp": START + timedelta(hours=sequence)}
    return {"source": "kev", "vendor": "V", "product": product, "cve_id": f"CVE-1900-{cve:05}", "event": event, "sequence": sequence, **place}


facts = st.builds(named, st.sampled_from(["P", "Q"]), st.integers(1, 2), st.integers(1, 5), st.sampled_from(["added", "changed", "gone"]))


def test_products_folded_in_any_order_and_splits_equal_a_full_recompute(spark, contracts):
    cases = generated(st.tuples(st.lists(facts, min_size=1, max_size=8), st.lists(st.integers(0, 8), max_size=3)), CASES)
    assert_incremental_equals_full(spark, contracts, "vulnerable_products", FOLD, cases, apart="product")


def test_a_text_that_names_several_products_makes_a_row_of_each(spark, contracts):
    dataset, silver = contracts.dataset("vulnerable_products"), contracts.dataset("vulnerabilities").table("silver")
    texts = ["Log4j2", "Chrome and Edge", "A, B, and C", "Windows,  Windows", None, " ", "Android"]
    made = derived_rows(frame(spark, silver, [parent(i, text) for i, text in enumerate(texts)]), dataset, derive)
    assert sorted((row["offset"], row["product"]) for row in made.select("offset", "product").collect()) == [
        (0, "Log4j2"),
        (1, "Chrome"),
        (1, "Edge"),
        (2, "A"),
        (2, "B"),
        (2, "C"),
        (3, "Windows"),
        (6, "Android"),
    ]


def test_a_product_says_what_names_it_now(spark, contracts):
    silver = contracts.dataset("vulnerable_products").table("silver")
    rows = [named("P", 1, 1), named("P", 2, 1), named("P", 2, 3, "gone"), named("Q", 1, 2, "changed")]
    found = {row["product"]: [tuple(each) for each in row["named"]] for row in recompute(FOLD, frame(spark, silver, rows)).collect()}
    assert found == {"P": [("CVE-1900-00001", 1, True), ("CVE-1900-00002", 3, False)], "Q": [("CVE-1900-00001", 2, True)]}


def test_what_is_derived_is_what_the_contract_declares(spark, contracts):
    assert_derives(spark, contracts.dataset("vulnerable_products"), contracts.dataset("vulnerabilities").table("silver"), derive)
