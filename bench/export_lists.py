"""The driver of bench/export: exports Gold as the job does, without the upload.

SLUICE_CONTRACTS=... python export_lists.py GOLD LISTS
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from datasets.harmful_domains.lists.job import export, for_whole_tables, sources_of
from datasets.harmful_domains.lists.publishing import Plan
from datasets.harmful_domains.lists.tiers import as_of_table, confidence_at
from export_run import AS_OF, SOURCES, Nowhere, measure
from medallion.contracts import parse_contracts
from medallion.session import session


def main(gold: str, lists: Path) -> None:
    contracts = parse_contracts(
        Path(os.environ["SLUICE_CONTRACTS"]).read_text(encoding="utf-8")
    )
    spark = session("bench-export")
    spark.sparkContext.setLogLevel("ERROR")
    for_whole_tables(spark)

    def exported() -> dict[str, Any]:
        rows = as_of_table(
            spark.read.parquet(gold), AS_OF, contracts.canary_source, None
        )
        rows = confidence_at(rows, AS_OF, dict.fromkeys(SOURCES, AS_OF))
        plan = Plan(
            AS_OF,
            "bench",
            1,
            sources_of(contracts.dataset("harmful_domains").sources, None),
            None,
        )
        return export(rows, plan, Nowhere(), lists)

    measure(spark, exported)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
