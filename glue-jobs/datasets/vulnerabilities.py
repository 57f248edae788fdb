"""gold.vulnerabilities and gold.vulnerabilities_by_vendor: what the catalogue has now, what changed when, and vendors by it."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from medallion.layers.facts import Facts, Recomputed
from medallion.layers.fold import Fold

KEY = ("source", "cve_id")
SAYS = ("vendor", "product", "name", "date_added", "date_due", "ransomware", "description", "required_action", "forensic_triage", "notes", "weaknesses")
# What a row says at one time, by which it is told apart from what it said before.
TYPES = (
    "vendor string, product string, name string, date_added date, date_due date, ransomware boolean, description string, "
    "required_action string, forensic_triage boolean, notes string, weaknesses array<string>"
)


class Vulnerabilities:
    """Every snapshot in which a vulnerability came, changed or went, once each, in their order; the row says what the last one says."""

    def partial(self, facts: DataFrame) -> DataFrame:
        said = F.to_json(F.struct(*SAYS))
        return facts.select(*KEY, F.struct("sequence", F.col("observed_at").alias("at"), "event", said.alias("said")).alias("change"))

    def explode(self, table: DataFrame) -> DataFrame:
        return table.select(*KEY, F.explode("changes").alias("c")).select(*KEY, F.struct("c.sequence", "c.at", "c.event", "c.said").alias("change"))

    def finish(self, partials: DataFrame) -> DataFrame:
        gathered = partials.groupBy(*KEY).agg(F.array_sort(F.collect_set("change")).alias("all"))
        last = F.element_at("all", -1)
        return gathered.select(
            *KEY,
            (last["event"] != "gone").alias("is_listed"),
            F.from_json(last["said"], TYPES).alias("now"),
            F.element_at("all", 1)["at"].alias("first_seen"),
            last["at"].alias("last_changed_at"),
            F.transform("all", _told).alias("changes"),
        ).select(*KEY, "is_listed", *[F.col(f"now.{name}").alias(name) for name in SAYS], "first_seen", "last_changed_at", "changes")


def _told(change: Column, place: Column) -> Column:
    """A change, with the fields that say something else than in the change before; none where it came or went."""
    before = F.from_json(F.when(place > 0, F.expr("all")[F.greatest(place - 1, F.lit(0))]["said"]), TYPES)
    now = F.from_json(change["said"], TYPES)
    other = F.array(*[F.when(~before[name].eqNullSafe(now[name]), F.lit(name)) for name in SAYS])
    fields = F.when(change["event"] == "changed", F.filter(other, lambda name: name.isNotNull())).otherwise(F.array().cast("array<string>"))
    return F.struct(
        change["at"].alias("at"), change["event"].alias("event"), change["sequence"].alias("sequence"), fields.alias("fields"), change["said"].alias("said")
    )


class ByVendor:
    """Recomputed whole from the catalogue as it is: it has a few thousand rows."""

    def recompute(self, facts: Facts) -> DataFrame:
        days = F.datediff("date_due", "date_added")
        listed = facts.others["gold.vulnerabilities"].where(F.col("is_listed") & F.col("vendor").isNotNull())
        return listed.groupBy("vendor").agg(
            F.count(F.lit(1)).alias("vulnerabilities"),
            F.countDistinct("product").alias("products"),
            F.sum(F.coalesce("ransomware", F.lit(False)).cast("bigint")).alias("ransomware"),
            F.min("date_added").alias("first_added"),
            F.max("date_added").alias("last_added"),
            F.percentile(days, 0.5).alias("median_days_to_due"),
        )


FOLDS: dict[str, Fold] = {"vulnerabilities": Vulnerabilities()}
COMPUTATIONS: dict[str, Recomputed] = {"vulnerabilities_by_vendor": ByVendor()}
