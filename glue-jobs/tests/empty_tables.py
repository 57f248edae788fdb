"""Empty Delta tables, each made once by the rails and copied: making one is some commits, and most tests want several."""

from __future__ import annotations

import shutil
from pathlib import Path

from medallion.tables import ensure_tables, path_of

_made = {}


def empty_tables(spark, lake, tables):
    """The tables as `ensure_tables` makes them; one that is there already stays."""
    first = Path(spark.sparkContext.getConf().get("spark.local.dir")) / "empty"
    missing = {table: str(first / str(len(_made) + i)) for i, table in enumerate(table for table in tables if table not in _made)}
    for table, root in missing.items():
        ensure_tables(spark, root, (table,))
    _made.update(missing)
    for table in tables:
        if not Path(path_of(str(lake), table)).exists():
            shutil.copytree(path_of(_made[table], table), path_of(str(lake), table))
