"""One module per Gold state table; `FOLDS` finds them by table name."""

from __future__ import annotations

from medallion.gold_tables.harmful_domains import HarmfulDomains
from medallion.gold_tables.source_status import SourceStatus
from medallion.state import Fold

FOLDS: dict[str, Fold] = {"harmful_domains": HarmfulDomains(), "source_status": SourceStatus()}


def fold_of(table_name: str) -> Fold:
    """Raises KeyError with the way out where a contract names a Gold table that has no fold."""
    if table_name not in FOLDS:
        raise KeyError(f"no fold for gold.{table_name}: add a module to glue-jobs/medallion/gold_tables and name it in FOLDS")
    return FOLDS[table_name]
