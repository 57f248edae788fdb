"""Which names stand in which list, as of one moment (docs/confidence.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from datasets.harmful_domains.lists.scopes import Blocker, Statement
from datasets.harmful_domains.names import KEY, OF_NAME, OPERATOR_CATEGORY, HarmfulDomains, covering_below, covers, origin_of
from medallion.canary import is_canary
from medallion.contracts import Source

# Names whose confidence is at least this, read at the time of the export.
TIERS: dict[str, float] = {"light": 0.9, "normal": 0.7, "strict": 0.3}
HALF_LIFE_DAYS = 30
# What the lists need of a row of Gold.
ROW = (
    *("entry_type", "name", "scope", "sources", "categories", "tags", "source_count", "widely_used", "is_active", "first_seen"),
    *("last_changed_at", "delisted_at", "confidence_base", "confidence_at", "allowed"),
)
# A name that was dropped is told as revoked for so long.
REVOKED_DAYS = 30
# A name's labels. By the one form of a pattern that Java splits without compiling it, row by row.
SPLIT = r"split({}, '\\.')"


def as_of_table(gold: DataFrame, as_of: datetime, canary_source: str, sources: Iterable[str] | None) -> DataFrame:
    """Gold's rows as they would be of some sources alone, without canaries and without what the operator's time limits have ended.

    Args:
        sources: names of the sources to believe; None for all
    """

    def counts(listing: Column) -> Column:
        holds = ~is_canary(canary_source, listing["source"]) & (listing["valid_until"].isNull() | (listing["valid_until"] > F.lit(as_of)))
        if sources is None:
            return holds
        return F.coalesce(holds & (listing["source"].isin(*sources) | _operator(listing) | (listing["action"] == "popular")), F.lit(False))

    # Nearly all rows stand as they are: only those that lose a listing are made anew, each of its own listings. Where none does, that is
    # found by two small columns.
    ended = F.exists("sources.valid_until", lambda until: F.coalesce(until <= F.lit(as_of), F.lit(False)))
    if sources is None and gold.where(ended | F.array_contains("sources.source", canary_source)).isEmpty():
        return gold.select(*ROW)
    whole = F.forall("sources", counts)
    left = gold.where(~whole).select(*KEY, *OF_NAME, F.filter("sources", counts).alias("sources")).where(F.size("sources") > 0)
    return gold.where(whole).select(*ROW).union(HarmfulDomains().of_listings(left).select(*ROW))


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
    return F.expr(f"transform(sequence(1, greatest(size({SPLIT.format(name)}) - 1, 1)), i -> substring_index({name}, '.', -i))")


def _operator(listing: Column) -> Column:
    return F.coalesce(listing["category"] == OPERATOR_CATEGORY, F.lit(False))


def prepared(rows: DataFrame, as_of: datetime) -> DataFrame:
    """What the lists need of Gold's rows with their confidence: names, what is listed, what somebody makes an exception of, and what was
    dropped lately. `place` is where a row stands in the lists: what is below a name comes right after it.

    Columns are computed where they are selected: what Gold says already is taken from it, row by row work on listings is dear.
    """
    blocking = F.filter("listings", lambda s: s["current"] & (s["action"] == "block"))
    allowing = F.filter("listings", lambda s: s["current"] & (s["action"] == "allow"))
    level = sum((F.coalesce(F.col("confidence") >= least, F.lit(False)).cast("int") for least in TIERS.values()), F.lit(0))
    domain = F.col("entry_type") == "domain"
    excepted = domain & (F.size("allowed") > 0)
    # An active name's scope is subtree where enough sources cover what is below it.
    below = F.when(F.col("is_active"), F.col("scope") == "subtree").when(F.col("source_count") == 0, F.lit(False)).otherwise(covers("listings", "widely_used"))
    # A column may not be made of another of its own name.
    chosen = rows.withColumnRenamed("sources", "listings").select(
        *("entry_type", "name"),
        level.alias("level"),
        F.col("is_active").alias("itself"),
        (domain & below).alias("below"),
        excepted.alias("excepted"),
        (excepted & F.exists(allowing, lambda s: _operator(s) & (s["scope"] == "subtree"))).alias("freed_below"),
        "confidence",
        F.array_join("categories", ";").alias("categories"),
        F.array_join("tags", "\x1f").alias("tags"),
        # Gold's listings are in the order of their sources.
        F.array_join(F.array_distinct(F.transform(blocking, lambda s: s["source"])), ";").alias("sources"),
        *("first_seen", "last_changed_at"),
        _revoked(as_of).alias("revoked"),
        "widely_used",
        F.transform(covering_below("listings"), lambda s: F.struct(s["source"], origin_of(s).alias("origin"), _operator(s).alias("operator"))).alias(
            "covering"
        ),
        F.transform(allowing, lambda s: F.struct(s["source"], s["scope"], _operator(s).alias("operator"))).alias("allowing"),
        # Domains first. One column, because Spark compares the first by its first bytes, and any further one in full.
        F.when(domain, F.concat(F.lit("0"), F.array_join(F.reverse(F.expr(SPLIT.format("name"))), "\x01")))
        .otherwise(F.concat("entry_type", F.lit("\x01"), "name"))
        .alias("place"),
    )
    listed = (F.col("level") > 0) & (F.col("itself") | F.col("below") | F.col("revoked"))
    return chosen.where(listed | F.col("excepted"))


def operator_allowed_below(rows: DataFrame) -> list[str]:
    """Names that the operator allows with all below: entries made by hand, so few that they can be held."""
    return sorted(row["name"] for row in rows.where("freed_below").select("name").collect())


def believed(rows: DataFrame, allowed_below: Sequence[str]) -> DataFrame:
    """Prepared rows less domains below a name that the operator allows with all below: nothing that is said of those counts."""
    if not allowed_below:
        return rows
    below = (F.col("entry_type") == "domain") & F.exists(_ancestors("name"), lambda parent: parent.isin(*allowed_below))
    return rows.where(~below)


def statements_near_exceptions(rows: DataFrame) -> dict[str, Statement]:
    """What is said of the names that somebody makes an exception of, where they or names above them are covered with all below, and of
    those above. Exceptions that nothing covers matter to nobody; the others are as many as the lists will have lines for.

    Args:
        rows: prepared rows, held
    """
    domains = rows.where(F.col("entry_type") == "domain")
    excepted = domains.where("excepted").select(F.col("name").alias("of"), _and_above("name"))
    covering = domains.where("below").join(F.broadcast(excepted.select("name").distinct()), "name", "left_semi").select("name")
    needed = excepted.join(F.broadcast(covering), "name", "left_semi").select(_and_above("of")).distinct().persist()
    try:
        if needed.isEmpty():
            return {}
        read = domains.join(F.broadcast(needed), "name", "left_semi")
        found = read.select("name", "confidence", "itself", "widely_used", "covering", "allowing").collect()
    finally:
        needed.unpersist()
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


def _revoked(as_of: datetime) -> Column:
    """Whether nobody blocks it any more, since at most 30 days."""
    recent = F.col("delisted_at") > F.lit(as_of) - F.expr(f"INTERVAL {REVOKED_DAYS} DAYS")
    return ~F.col("is_active") & F.coalesce(recent & (F.col("confidence") >= min(TIERS.values())), F.lit(False))
