"""Which names stand in which list, as of one moment (docs/confidence.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from medallion.canary import is_canary
from medallion.gold_tables.harmful_domains import OPERATOR_CATEGORY, HarmfulDomains

# Names whose confidence is at least this, read at the time of the export.
TIERS: dict[str, float] = {"light": 0.9, "normal": 0.7, "strict": 0.3}
HALF_LIFE_DAYS = 30
# A name that was dropped is told as revoked for so long.
REVOKED_DAYS = 30


@dataclass(frozen=True)
class Exception_:
    """A name that the operator allows; `below` where all below it is allowed too."""

    name: str
    below: bool


def as_of_table(gold: DataFrame, as_of: datetime, canary_source: str, sources: Iterable[str] | None) -> DataFrame:
    """Gold's rows as they would be of some sources alone, without canaries and without what the operator's time limits have ended.

    Args:
        sources: names of the sources to believe; None for all
    """
    fold = HarmfulDomains()
    listings = fold.explode(gold).where(~is_canary(canary_source))
    listings = listings.where(F.col("valid_until").isNull() | (F.col("valid_until") > F.lit(as_of)))
    if sources is not None:
        operator = F.coalesce(F.col("category") == OPERATOR_CATEGORY, F.lit(False))
        listings = listings.where(F.col("source").isin(*sources) | operator | (F.col("action") == "popular"))
    return fold.finish(listings)


def operator_exceptions(rows: DataFrame) -> list[Exception_]:
    """What the operator allows: entries made by hand, so few that they can be held."""
    operator = F.filter("sources", lambda s: s["current"] & (s["action"] == "allow") & (s["category"] == OPERATOR_CATEGORY))
    scopes = F.transform(operator, lambda s: s["scope"])
    found = rows.where(F.size(operator) > 0).select("name", F.array_contains(scopes, "subtree").alias("below")).collect()
    return sorted((Exception_(row["name"], row["below"]) for row in found), key=lambda each: each.name)


def confidence_at(rows: DataFrame, as_of: datetime, last_good: Mapping[str, datetime]) -> DataFrame:
    """Adds `confidence`, 0 to 1 and rounded to 4 digits: the base, halved for every 30 days since the listing was last confirmed."""
    confirmed = F.lit(None).cast("timestamp")
    if last_good:
        good = F.create_map(*[F.lit(part) for pair in sorted(last_good.items()) for part in pair])
        listing = F.filter("sources", lambda s: s["current"] & (s["action"] == "block"))
        confirmed = F.array_max(F.transform(listing, lambda s: good[s["source"]]))
    since = F.greatest(F.col("confidence_at"), F.when(F.col("delisted_at").isNull(), confirmed))
    days = F.greatest(F.lit(0.0), (F.lit(as_of).cast("double") - since.cast("double")) / 86400.0)
    return rows.withColumn("confidence", F.round(F.col("confidence_base") * F.pow(F.lit(2.0), -days / HALF_LIFE_DAYS), 4))


def _ancestors(name: str) -> Column:
    """The name's parents, from the nearest to the top level."""
    return F.expr(f"transform(sequence(1, greatest(size(split({name}, '[.]')) - 1, 1)), i -> substring_index({name}, '.', -i))")


def listed(rows: DataFrame, exceptions: Iterable[Exception_]) -> DataFrame:
    """Rows that count as harmful, less domains below a name that the operator allows with all below."""
    active = rows.where("is_active")
    allowed = [each.name for each in exceptions if each.below]
    if not allowed:
        return active
    below = (F.col("entry_type") == "domain") & F.exists(_ancestors("name"), lambda parent: parent.isin(allowed))
    return active.where(~below)


def needed_exceptions(active: DataFrame, exceptions: Iterable[Exception_]) -> list[Exception_]:
    """Exceptions that stand below a name whose listing means all below: formats that cover subtrees must state them."""
    by_name = {each.name: each for each in exceptions}
    parents = sorted({".".join(name.split(".")[i:]) for name in by_name for i in range(1, name.count(".") + 1)})
    if not parents:
        return []
    subtrees = active.where((F.col("entry_type") == "domain") & (F.col("scope") == "subtree") & F.col("name").isin(parents))
    covering = {row["name"] for row in subtrees.select("name").collect()}
    return [each for name, each in by_name.items() if any(".".join(name.split(".")[i:]) in covering for i in range(1, name.count(".") + 1))]


def revoked(rows: DataFrame, as_of: datetime) -> DataFrame:
    """Rows that nobody blocks any more since at most 30 days."""
    recent = F.col("delisted_at") > F.lit(as_of) - F.expr(f"INTERVAL {REVOKED_DAYS} DAYS")
    return rows.where(~F.col("is_active") & recent)
