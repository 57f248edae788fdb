"""One module per Gold table; `FOLDS` and `COMPUTATIONS` find them by table name."""

from __future__ import annotations

from medallion.gold_tables.harmful_domain_daily import HarmfulDomainDaily
from medallion.gold_tables.harmful_domains import HarmfulDomains
from medallion.gold_tables.operations import Operations
from medallion.gold_tables.source_quality import SourceQuality
from medallion.gold_tables.source_status import SourceStatus
from medallion.periodic import Periodic
from medallion.state import Fold

FOLDS: dict[str, Fold] = {
    "harmful_domains": HarmfulDomains(),
    "source_status": SourceStatus(),
    "checks": Operations("check"),
    "runs": Operations("run"),
    "maintenance": Operations("maintenance"),
}
COMPUTATIONS: dict[str, Periodic] = {"harmful_domain_daily": HarmfulDomainDaily(), "source_quality": SourceQuality()}


def fold_of(table_name: str) -> Fold:
    """Raises KeyError with the way out where a contract names a Gold state table that has no fold."""
    if table_name not in FOLDS:
        raise KeyError(f"no fold for gold.{table_name}: add a module to glue-jobs/medallion/gold_tables and name it in FOLDS")
    return FOLDS[table_name]


def computation_of(table_name: str) -> Periodic:
    """Raises KeyError with the way out where a contract names a Gold periodic table that has no computation."""
    if table_name not in COMPUTATIONS:
        raise KeyError(f"no computation for gold.{table_name}: add a module to glue-jobs/medallion/gold_tables and name it in COMPUTATIONS")
    return COMPUTATIONS[table_name]
