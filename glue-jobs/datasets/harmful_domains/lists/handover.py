"""How sorted rows come from Spark to this process: a text each.

A row of columns is pickled, and made anew, value by value. Of a text the name is cut off; what else it says it has in common with
thousands of others, and is read once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pyspark import RDD
from pyspark.serializers import UTF8Deserializer
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datasets.harmful_domains.lists.entries import KEPT, Entry, Said
from datasets.harmful_domains.lists.evidence import instant_text

# Between a row's values. Tags come last: they are their source's words, and may hold anything.
SEPARATOR = "\x1e"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Rows that are sorted at once, while those before them are written.
ROWS_OF_PARTITION = 50_000


def with_texts(rows: DataFrame) -> DataFrame:
    """Prepared rows with their `text`, and what else is asked of all of them."""
    values = [
        "name",
        "entry_type",
        "level",
        *("itself", "below", "excepted", "revoked"),
        "confidence",
        *(F.unix_millis(each) for each in ("first_seen", "last_changed_at")),
        *("categories", "sources", "tags"),
    ]
    text = F.concat_ws(SEPARATOR, *[_text(F.col(each) if isinstance(each, str) else each) for each in values])
    return rows.select(
        *("entry_type", "name", "place", "level", "itself", "below", "excepted", "freed_below", "sources", text.alias("text")),
        *("confidence", "widely_used", "covering", "allowing"),
    )


def _text(value: Column) -> Column:
    return F.coalesce(value.cast("string"), F.lit(""))


def entries_of(rows: DataFrame, count: int) -> Iterator[Entry]:
    """The rows in order.

    Args:
        count: about how many there are
    """
    placed = rows.select("place", "text").repartitionByRange(1 + count // ROWS_OF_PARTITION, "place").sortWithinPartitions("place").select("text")
    context = rows.sparkSession.sparkContext
    texts = getattr(placed._jdf, "as")(context._jvm.org.apache.spark.sql.Encoders.STRING()).toJavaRDD()
    known: dict[str, Said] = {}
    for text in RDD(texts, context, UTF8Deserializer()).toLocalIterator(prefetchPartitions=True):
        name, _, rest = text.partition(SEPARATOR)
        said = known.get(rest)
        if said is None:
            if len(known) == KEPT:
                known.clear()
            said = known[rest] = _said(rest)
        yield Entry(name, said)


def _said(text: str) -> Said:
    entry_type, level, itself, below, excepted, revoked, confidence, first_seen, changed, categories, sources, tags = text.split(SEPARATOR, 11)
    return Said(
        entry_type=entry_type,
        level=int(level),
        itself=itself == "true",
        below=below == "true",
        excepted=excepted == "true",
        confidence=float(confidence or 0),
        categories=categories,
        tags=tags,
        sources=sources,
        first_seen=_instant(first_seen) or None,
        last_changed_at=_instant(changed),
        revoked=revoked == "true",
    )


def _instant(millis: str) -> str:
    return instant_text(EPOCH + timedelta(milliseconds=int(millis))) if millis else ""
