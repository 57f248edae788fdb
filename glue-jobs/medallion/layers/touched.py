"""The rows of a few keys, found without reading the rest: by a condition of literals that file statistics and pages of Parquet understand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Row

from medallion.tables import sql_literal

# Keys that a condition names at most. Above it a join over the whole table costs less than literals.
MOST_KEYS = 1_000


def _literal(value: object) -> str:
    if isinstance(value, date):
        return f"DATE'{value.isoformat()}'"
    assert isinstance(value, str | int), value
    return sql_literal(value)


def _either(conditions: Sequence[str]) -> str:
    """One of the conditions, as a tree and not as a chain, which thousand deep would be too deep for a stack."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    return f"({_either(conditions[:middle])} OR {_either(conditions[middle:])})"


def sayable(keys: Sequence[Row]) -> bool:
    """Whether a condition can name these keys: few, none of them with a null, which equals nothing."""
    return len(keys) <= MOST_KEYS and all(isinstance(value, str | int | date) for key in keys for value in key)


def is_one_of(key: Sequence[str], keys: Sequence[Row]) -> str:
    """SQL that is true of the rows with one of these keys, at least one.

    Each column among its values comes first, since most rows end there at one look; then the column of most values, value by value, which
    is what readers of Parquet prune by (of a set of values they take the least and the greatest alone); at last the keys as they are.
    """
    values = {name: sorted({row[name] for row in keys}) for name in key}
    telling = max(key, key=lambda name: len(values[name]))
    among = [f"`{name}` IN ({', '.join(map(_literal, values[name]))})" for name in key]
    conditions = [*among, _either([f"`{telling}` = {_literal(value)}" for value in values[telling]])]
    if sum(len(each) > 1 for each in values.values()) > 1:
        whole = ", ".join(f"({', '.join(_literal(row[name]) for name in key)})" for row in keys)
        conditions.append(f"({', '.join(f'`{name}`' for name in key)}) IN ({whole})")
    return " AND ".join(conditions)
