"""Which names stand in which list, as of one moment (docs/confidence.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from datasets.harmful_domains.lists.evidence import Entry
from datasets.harmful_domains.lists.scopes import Blocker, Statement
from datasets.harmful_domains.names import OPERATOR_CATEGORY, HarmfulDomains, covering_below, covers, origin_of
from medallion.canary import is_canary
from medallion.contracts import Source

# Names whose confidence is at least this, read at the time of the export.
TIERS: dict[str, float] = {"light": 0.9, "normal": 0.7, "strict": 0.3}
HALF_LIFE_DAYS = 30
# A name that was dropped is told as revoked for so long.
REVOKED_DAYS = 30


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


def confirmed_until(last_good: Mapping[str, datetime], sources: Iterable[Source]) -> dict[str, datetime]:
    """Until when each source's last good check holds: until the next is due."""
    due = {source.name: timedelta(seconds=source.cadence_seconds or 0) for source in sources}
    return {name: at + due[name] for name, at in last_good.items() if name in due}


def confidence_at(rows: DataFrame, as_of: datetime, confirmed_until: Mapping[str, datetime]) -> DataFrame:
    """Adds `confidence`, 0 to 1 and rounded to 4 digits: the base, halved for every 30 days since the listing was last confirmed."""
    confirmed = F.lit(None).cast("timestamp")
    if confirmed_until:
        good = F.create_map(*[F.lit(part) for pair in sorted(confirmed_until.items()) for part in pair])
        listing = F.filter("sources", lambda s: s["current"] & (s["action"] == "block"))
        confirmed = F.array_max(F.transform(listing, lambda s: good[s["source"]]))
    since = F.greatest(F.col("confidence_at"), F.when(F.col("delisted_at").isNull(), confirmed))
    days = F.greatest(F.lit(0.0), (F.lit(as_of).cast("double") - since.cast("double")) / 86400.0)
    return rows.withColumn("confidence", F.round(F.col("confidence_base") * F.pow(F.lit(2.0), -days / HALF_LIFE_DAYS), 4))


def _ancestors(name: str) -> Column:
    """The name's parents, from the nearest to the top level."""
    return F.expr(f"transform(sequence(1, greatest(size(split({name}, '[.]')) - 1, 1)), i -> substring_index({name}, '.', -i))")


def _operator(listing: Column) -> Column:
    return F.coalesce(listing["category"] == OPERATOR_CATEGORY, F.lit(False))


def prepared(rows: DataFrame, as_of: datetime) -> DataFrame:
    """What the lists need of Gold's rows with their confidence, in the lists' order: names, what is listed, what somebody makes an
    exception of, and what was dropped lately. What is below a name comes right after it."""
    blocking = F.filter("listings", lambda s: s["current"] & (s["action"] == "block"))
    allowing = F.filter("listings", lambda s: s["current"] & (s["action"] == "allow"))
    level = sum((F.coalesce(F.col("confidence") >= least, F.lit(False)).cast("int") for least in TIERS.values()), F.lit(0))
    domain = F.col("entry_type") == "domain"
    # A column may not be made of another of its own name.
    chosen = rows.withColumnRenamed("sources", "listings").select(
        *("entry_type", "name"),
        level.alias("level"),
        F.col("is_active").alias("itself"),
        (domain & covers("listings", "widely_used")).alias("below"),
        (domain & (F.size(allowing) > 0)).alias("excepted"),
        "confidence",
        F.array_join("categories", ";").alias("categories"),
        F.array_join("tags", "\x1f").alias("tags"),
        F.array_join(F.array_sort(F.array_distinct(F.transform(blocking, lambda s: s["source"]))), ";").alias("sources"),
        _instant("first_seen"),
        _instant("last_changed_at"),
        _revoked(as_of).alias("revoked"),
        "widely_used",
        F.transform(covering_below("listings"), lambda s: F.struct(s["source"], origin_of(s).alias("origin"), _operator(s).alias("operator"))).alias(
            "covering"
        ),
        F.transform(allowing, lambda s: F.struct(s["source"], s["scope"], _operator(s).alias("operator"))).alias("allowing"),
        F.when(domain, F.array_join(F.reverse(F.split("name", "[.]")), "\x01")).otherwise(F.col("name")).alias("place"),
    )
    listed = (F.col("level") > 0) & (F.col("itself") | F.col("below") | F.col("revoked"))
    return chosen.where(listed | F.col("excepted")).orderBy("entry_type", "place").drop("place")


def operator_allowed_below(rows: DataFrame) -> list[str]:
    """Names that the operator allows with all below: entries made by hand, so few that they can be held."""
    allowed = F.exists("allowing", lambda each: each["operator"] & (each["scope"] == "subtree"))
    return sorted(row["name"] for row in rows.where(F.col("excepted") & allowed).select("name").collect())


def believed(rows: DataFrame, allowed_below: Sequence[str]) -> DataFrame:
    """Prepared rows less domains below a name that the operator allows with all below: nothing that is said of those counts."""
    if not allowed_below:
        return rows
    below = (F.col("entry_type") == "domain") & F.exists(_ancestors("name"), lambda parent: parent.isin(*allowed_below))
    return rows.where(~below)


def statements_near_exceptions(rows: DataFrame) -> dict[str, Statement]:
    """What is said of the names that somebody makes an exception of, where they or names above them are covered with all below, and of
    those above. Exceptions that nothing covers matter to nobody; the others are as many as the lists will have lines for."""
    domains = rows.where(F.col("entry_type") == "domain")
    excepted = domains.where("excepted").select(F.col("name").alias("of"), _and_above("name"))
    needed = excepted.join(domains.where("below").select("name"), "name", "left_semi").select(F.col("of").alias("name")).distinct()
    read = domains.join(needed.select(_and_above("name")).distinct(), "name", "left_semi")
    found = read.select("name", "confidence", "itself", "widely_used", "covering", "allowing").collect()
    return {row["name"]: _statement(row) for row in found}


def _and_above(name: str) -> Column:
    return F.explode(F.concat(F.array(name), _ancestors(name))).alias("name")


def _statement(row: Row) -> Statement:
    operator = [each for each in row["allowing"] if each["operator"]]
    return Statement(
        name=row["name"],
        confidence=row["confidence"] or 0.0,
        itself=row["itself"],
        # The operator's word on a name makes its entry inactive, whatever its scope.
        below=() if operator else tuple(Blocker(*each) for each in row["covering"]),
        widely_used=row["widely_used"],
        excepting=frozenset(each["source"] for each in row["allowing"]),
        excepting_below=frozenset(each["source"] for each in row["allowing"] if each["scope"] == "subtree"),
        operator_allows=bool(operator),
        operator_allows_below=any(each["scope"] == "subtree" for each in operator),
    )


def entries_of(rows: DataFrame) -> DataFrame:
    """Prepared rows as the walk takes them."""
    return rows.select(*Entry._fields)


def _instant(column: str) -> Column:
    return F.date_format(column, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").alias(column)


def _revoked(as_of: datetime) -> Column:
    """Whether nobody blocks it any more, since at most 30 days."""
    recent = F.col("delisted_at") > F.lit(as_of) - F.expr(f"INTERVAL {REVOKED_DAYS} DAYS")
    return ~F.col("is_active") & F.coalesce(recent & (F.col("confidence") >= min(TIERS.values())), F.lit(False))
