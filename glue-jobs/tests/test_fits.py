"""Every dataset's own code gives the columns that its contract declares: else a driver finds it, and leaves the dataset out."""

from __future__ import annotations

from medallion.modules import module_of
from medallion.starting import assert_fits_contract


def test_every_datasets_code_gives_the_columns_of_its_tables(spark, contracts):
    for dataset in contracts.datasets:
        assert_fits_contract(spark, contracts, dataset, module_of(dataset))
