"""gold.harmful_domains: who lists a name, since when, and whether it counts as harmful."""

from __future__ import annotations

from functools import cache

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

KEY = ("entry_type", "name")
# What the name alone says: the same in every record of it, unless the public suffix list changed in between.
OF_NAME = ("public_suffix", "registrable_domain", "unicode_name", "mixed_script", "confusable")
# What tells apart the listings of one name; of each, the record of the highest sequence counts.
LISTING = ("source", "action", "scope")
NEWEST = ("sequence", "current", "category", "origin", "reliability", "line", "listed_at", "tags", "reason", "valid_until")
STATE = (
    *LISTING,
    *("category", "origin", "reliability", "first_seen", "changed_at", "sequence", "current"),
    *("line", "listed_at", "tags", "reason", "valid_until"),
)
OPERATOR_CATEGORY = "operator"
# How many independent origins must block a name that is widely used before it counts as harmful.
ORIGINS_OF_POPULAR = 2


def _is(action: str, listing: Column) -> Column:
    return listing["action"] == action


def _operator(listing: Column) -> Column:
    return F.coalesce(listing["category"] == OPERATOR_CATEGORY, F.lit(False))


def origin_of(listing: Column) -> Column:
    return F.coalesce(listing["origin"], listing["source"])


def _holding(sources: Column | str) -> Column:
    """Blocks that hold now: a list's exception cancels its own block of the same scope."""
    allowing = F.filter(sources, lambda s: s["current"] & _is("allow", s))
    return F.filter(
        sources,
        lambda s: s["current"] & _is("block", s) & ~F.exists(allowing, lambda a: (a["source"] == s["source"]) & (a["scope"] == s["scope"])),
    )


def covering_below(sources: Column | str) -> Column:
    """Listings that block all below a name too."""
    return F.filter(_holding(sources), lambda s: s["scope"] == "subtree")


def _enough(listings: Column, widely_used: Column) -> Column:
    """Whether so many independent origins block it as it needs: one, or two where it is widely used and the operator says nothing."""
    needed = F.when(widely_used & ~F.exists(listings, _operator), F.lit(ORIGINS_OF_POPULAR)).otherwise(F.lit(1))
    return F.size(F.array_distinct(F.transform(listings, origin_of))) >= needed


def covers(sources: str, widely_used: str) -> Column:
    """Whether all below a name counts as harmful, but for what is said below it. The operator's exception of the name ends it."""
    allowed = F.exists(sources, lambda s: s["current"] & _is("allow", s) & _operator(s))
    return _enough(covering_below(sources), F.col(widely_used)) & ~allowed


def _changed_at(listing: Column) -> Column:
    """When a listing last changed; where nothing but other words for it has come yet, since when it is. Not kept as one: a record that is
    older than those words may still come, and says when it changed."""
    return F.coalesce(listing["changed_at"], listing["first_seen"])


def _distinct_sorted(values: Column) -> Column:
    return F.array_sort(F.array_distinct(F.filter(values, lambda value: value.isNotNull())))


def confidence(listings: Column) -> Column:
    """1 minus the product of (1 - reliability) over origins, an origin counting once with its most reliable source; rounded to 6 digits.

    Origins are taken in order, so that the same listings give the same double.
    """
    origins = _distinct_sorted(F.transform(listings, origin_of))

    def doubt(origin: Column) -> Column:
        of_origin = F.filter(listings, lambda listing: origin_of(listing) == origin)
        return F.lit(1.0) - F.coalesce(F.array_max(F.transform(of_origin, lambda listing: listing["reliability"])), F.lit(0.0))

    doubts = F.transform(origins, doubt)
    return F.round(F.lit(1.0) - F.aggregate(doubts, F.lit(1.0), lambda product, each: product * each), 6)


class HarmfulDomains:
    """Of a source, action and scope, first_seen is the minimum over listings; everything else is that of the highest sequence.

    An exception (action allow) of a list cancels that list's own block of the same scope, and where it is of the name alone, its block of
    all below cancels for the name itself; the operator's cancels all. A popularity list (action popular) lists nothing: it raises the
    number of origins that a name needs.
    """

    def partial(self, facts: DataFrame) -> DataFrame:
        return facts.select(_partial_columns())

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, *OF_NAME, F.explode("sources").alias("s")).select(_exploded_columns())

    def finish(self, partials: DataFrame) -> DataFrame:
        per_listing = partials.groupBy(*KEY, *LISTING).agg(*_newest_columns()).select(*KEY, *LISTING, *OF_NAME, "first_seen", "changed_at", "newest.*")
        return self.of_listings(per_listing.groupBy(*KEY).agg(*_gathered_columns()))

    def of_listings(self, rows: DataFrame) -> DataFrame:
        """Rows of a key, what its name alone says, and `sources`, in their order: all other columns are made of those."""
        for name, column in _steps():
            rows = rows.withColumn(name, column)
        return rows.select(_row_columns())


# Columns are made once: each is some calls into the JVM, a batch had hundreds (docs/decisions/0007).


@cache
def _partial_columns() -> list[Column]:
    listed = F.col("event") == "listed"
    # Other words for a name that stays listed change neither since when it is, nor when that last changed.
    turned = F.when(~F.coalesce("restated", F.lit(False)), F.col("observed_at"))
    given = {"first_seen": F.when(listed, F.col("observed_at")), "changed_at": turned, "current": listed}
    return [*[F.col(name) for name in (*KEY, *OF_NAME)], *[given.get(name, F.col(name)).alias(name) for name in STATE]]


@cache
def _exploded_columns() -> list[Column]:
    return [*[F.col(name) for name in (*KEY, *OF_NAME)], *[F.col("s")[name].alias(name) for name in STATE]]


def _of_name() -> list[Column]:
    return [F.max(name).alias(name) for name in OF_NAME]


@cache
def _newest_columns() -> list[Column]:
    return [F.min("first_seen").alias("first_seen"), F.max("changed_at").alias("changed_at"), F.max(F.struct(*NEWEST)).alias("newest"), *_of_name()]


@cache
def _gathered_columns() -> list[Column]:
    return [F.sort_array(F.collect_list(F.struct(*STATE))).alias("sources"), *_of_name()]


@cache
def _steps() -> list[tuple[str, Column]]:
    """Columns that later ones are made of, each once."""
    excepted = F.transform(F.filter("allowing", lambda s: s["scope"] == "exact"), lambda s: s["source"])
    return [
        ("ever", F.filter("sources", lambda s: _is("block", s))),
        ("allowing", F.filter("sources", lambda s: s["current"] & _is("allow", s))),
        ("excepted", excepted),
        ("blocking", _holding("sources")),
        # Who makes an exception of the name alone goes on blocking what is below it.
        ("itself", F.filter("blocking", lambda s: ~F.array_contains(F.col("excepted"), s["source"]))),
        ("origins", _distinct_sorted(F.transform("blocking", origin_of))),
        ("evidence", F.when(F.size("blocking") > 0, F.col("blocking")).otherwise(F.col("ever"))),
        ("newest_change", F.array_max(F.transform("evidence", _changed_at))),
        ("widely_used", F.exists("sources", lambda s: s["current"] & _is("popular", s))),
        ("active", _enough(F.col("itself"), F.col("widely_used")) & ~F.exists("allowing", _operator)),
        ("all_below", F.exists("evidence", lambda s: s["scope"] == "subtree") & (~F.col("active") | covers("sources", "widely_used"))),
    ]


@cache
def _row_columns() -> list[Column]:
    return [
        *[F.col(name) for name in KEY],
        F.when(F.col("all_below"), F.lit("subtree")).otherwise(F.lit("exact")).alias("scope"),
        *[F.col(name) for name in OF_NAME],
        F.col("sources"),
        _distinct_sorted(F.transform("blocking", lambda s: s["category"])).alias("categories"),
        _distinct_sorted(F.flatten(F.transform("blocking", lambda s: F.coalesce(s["tags"], F.array().cast("array<string>"))))).alias("tags"),
        F.size(F.array_distinct(F.transform("blocking", lambda s: s["source"]))).alias("source_count"),
        F.size("origins").alias("origin_count"),
        F.col("widely_used"),
        F.col("active").alias("is_active"),
        F.array_min(F.transform("ever", lambda s: s["first_seen"])).alias("first_seen"),
        F.array_max(F.transform("sources", _changed_at)).alias("last_changed_at"),
        F.when(F.size("blocking") == 0, F.col("newest_change")).alias("delisted_at"),
        F.when(F.size("ever") > 0, confidence(F.col("evidence"))).alias("confidence_base"),
        F.col("newest_change").alias("confidence_at"),
        F.transform("allowing", lambda s: F.struct(*[s[name].alias(name) for name in ("source", "scope", "reason", "valid_until")])).alias("allowed"),
    ]
