"""A canary follows the chain: of a dataset's canary every dataset that is derived of it makes rows, and they are sound."""

from __future__ import annotations

from derivations import DERIVE, with_derived
from frames import START, frame

from medallion.layers.derived import derived_rows
from medallion.layers.silver.outcomes import INSERTED, silver_rows, with_outcome
from medallion.modules import module_of
from medallion.tables import schema_of


def silver_canaries(spark, contracts, dataset, derive_of):
    """What Silver holds of a canary of the dataset, or of that which it is derived from in the end."""
    silver = dataset.table("silver")
    if dataset.derived_from is None:
        types = {field.name: field.dataType.typeName() for field in schema_of(silver.ddl).fields}
        # contracts.json has times and dates as text.
        times = {name: START if kind == "timestamp" else START.date() for name, kind in types.items() if kind in ("timestamp", "date")}
        return frame(spark, silver, [{**dataset.canary, **times, "topic": dataset.topic, "partition": 0, "offset": 0}])
    parent = silver_canaries(spark, contracts, contracts.dataset(dataset.derived_from), derive_of)
    outcomes = with_outcome(derived_rows(parent, dataset, derive_of(dataset)), silver.key)
    refused = [(row["_outcome"], [broken["rule"] for broken in row["_broken"]]) for row in outcomes.collect() if row["_outcome"] != INSERTED]
    assert refused == [], f"a canary in {dataset.name} breaks its rules"
    return silver_rows(outcomes, schema_of(silver.ddl).names)


def assert_canaries_arrive(spark, contracts, derive_of):
    for dataset in contracts.datasets:
        sources = {row["source"] for row in silver_canaries(spark, contracts, dataset, derive_of).collect()}
        assert sources == {contracts.canary_source}, f"no canary comes through to silver.{dataset.name}"


def test_a_canary_of_each_dataset_is_a_row_of_all_that_is_derived_of_it(spark, contracts):
    assert_canaries_arrive(spark, contracts, lambda dataset: module_of(dataset).derive)


def test_and_is_one_through_two_derivations(spark, contracts):
    assert_canaries_arrive(spark, with_derived(contracts), lambda dataset: DERIVE.get(dataset.name) or module_of(dataset).derive)
