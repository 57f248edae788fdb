"""As export_lists.py, for commit cd86e88, whose modules have other names.

SLUICE_CONTRACTS=... python export_former.py GOLD LISTS
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from export_run import AS_OF, SOURCES, Nowhere, measure
from medallion.contracts import parse_contracts
from medallion.export.job import Plan, export, sources_of
from medallion.export.tiers import as_of_table, confidence_at, operator_exceptions
from pyspark.sql import SparkSession


def main(gold: str, lists: Path) -> None:
    contracts = parse_contracts(
        Path(os.environ["SLUICE_CONTRACTS"]).read_text(encoding="utf-8")
    )
    spark = (
        SparkSession.builder.appName("bench-export")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")

    def exported() -> dict[str, Any]:
        rows = as_of_table(
            spark.read.parquet(gold), AS_OF, contracts.canary_source, None
        )
        rows = confidence_at(rows, AS_OF, dict.fromkeys(SOURCES, AS_OF)).persist()
        plan = Plan(
            AS_OF,
            "bench",
            1,
            sources_of(contracts.dataset("harmful_domains").sources, None),
            None,
        )
        return export(rows, operator_exceptions(rows), plan, Nowhere(), lists)

    measure(spark, exported)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
