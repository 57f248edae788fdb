"""A periodic table that reads Gold: what the tables say now, whatever woke it and however often."""

from __future__ import annotations

import pytest
from delta.tables import DeltaTable
from gold_lake import A, B, ByCategory, GoldLake

from medallion.layers.periodic import periodic_stream
from medallion.layout import layout_of, write_in_order
from medallion.positions import Positions
from medallion.sizing import CODE_GENERATION
from medallion.tables import newest_version, path_of


@pytest.fixture
def lake(spark, contracts, tmp_path):
    return GoldLake(spark, contracts, tmp_path)


def test_it_says_what_gold_says_now_and_a_row_that_gold_no_longer_gives_is_gone(lake):
    lake.say(A, B)
    lake.wake()
    assert lake.rows() == {"ads": 2}
    lake.say({**A, "category": "malware", "sequence": 2})
    lake.wake()
    assert lake.rows() == {"ads": 1, "malware": 1}
    lake.say({**B, "event": "delisted", "sequence": 2})
    lake.wake()
    assert lake.rows() == {"malware": 1}


def test_a_batch_that_is_repeated_or_was_killed_leaves_what_one_would_have(spark, lake):
    lake.say(A)

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lake.wake(killed)
    assert (lake.rows(), lake.committed) == ({}, [])
    lake.wake()
    version = newest_version(spark, path_of(lake.lake, lake.table))
    assert lake.committed == [version]
    lake.wake()
    assert lake.rows() == {"ads": 1}


def test_every_commit_of_gold_that_changes_rows_brings_it_up_to_date_and_no_other_does(spark, lake, tmp_path, monkeypatch):
    class Nowhere:
        pass

    positions, batch, gold = Positions(Nowhere(), "state", "job"), lake.batch(), path_of(lake.lake, lake.gold)
    computed, recompute = [], ByCategory.recompute
    monkeypatch.setattr(ByCategory, "recompute", lambda self, facts: computed.append(1) or recompute(self, facts))

    def run_on():
        query = periodic_stream(spark, lake.lake, lake.silver, lake.others).writeStream.foreachBatch(batch).queryName("gold.by_category")
        query = query.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
        query.awaitTermination(120)
        if query.lastProgress:
            positions.note_progress(query.lastProgress)
        return len(computed)

    lake.say(A, B)
    assert run_on() == 1
    # An update marks a row: a stream of appends would pass over it.
    lake.say({**A, "category": "malware", "sequence": 2})
    assert run_on() == 2
    assert run_on() == 2, "nothing new"
    written = newest_version(spark, gold)
    assert layout_of(spark, gold).deleted == 1
    DeltaTable.forPath(spark, gold).optimize().executeCompaction()
    write_in_order(spark, gold, lake.gold)
    assert (newest_version(spark, gold), layout_of(spark, gold).deleted) == (written + 2, 0)
    assert run_on() == 2, "compaction is no news, nor is order"
    read = positions.read([])["gold.by_category"]["read"]
    assert set(read) == {"silver/harmful_domains", "gold/harmful_domains"}
    assert read["gold/harmful_domains"][0] >= written + 2, "but it was read past"
    DeltaTable.forPath(spark, gold).delete("true")
    assert (run_on(), lake.rows()) == (3, {}), "a commit that takes whole files out brings no row, and is news"


def test_what_is_computed_whole_is_set_for_the_rows_that_it_reads_and_not_for_those_that_woke_it(lake, monkeypatch):
    seen = []

    class Watched(ByCategory):
        def recompute(self, facts):
            seen.append(facts.own.sparkSession.conf.get(CODE_GENERATION))
            return super().recompute(facts)

    monkeypatch.setattr("gold_lake.ByCategory", Watched)
    monkeypatch.setattr("medallion.sizing.LARGE_ROWS", 2)
    lake.say(A)
    lake.wake()
    lake.say(B)
    lake.wake()
    assert seen == ["false", "true"]
    assert lake.spark.conf.get(CODE_GENERATION) == "false"
