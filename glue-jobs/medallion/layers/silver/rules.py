"""The contract's rules as one expression, so that a row carries what it broke."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from medallion.contracts import Rule

MAX_REASON_CHARACTERS = 500


def broken(name: str, action: str, condition: Column, reason: Column) -> Column:
    """An entry where the condition holds, null elsewhere."""
    return F.when(condition, F.struct(F.lit(name).alias("rule"), F.lit(action).alias("action"), reason.alias("reason")))


def contract_checks(rules: Sequence[Rule], sound: Column | None = None) -> list[Column]:
    """An entry per rule that a row breaks; of rows that are not `sound` nothing is said."""

    def check(rule: Rule) -> Column:
        value = F.coalesce(F.col(rule.field).cast("string"), F.lit("null"))
        reason = F.substring(F.concat(F.lit(f"{rule.field} breaks {rule.kind}: "), value), 1, MAX_REASON_CHARACTERS)
        breaks = F.expr(rule.sql)
        return broken(rule.name, rule.action, breaks if sound is None else sound & breaks, reason)

    return [check(rule) for rule in rules]


def all_broken(checks: Sequence[Column]) -> Column:
    """What a row breaks, as array<struct<rule,action,reason>>."""
    return F.filter(F.array(*checks), lambda entry: entry.isNotNull())
