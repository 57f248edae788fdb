"""A periodic table that reads Gold: what the tables say now, whatever woke it and however often."""

from __future__ import annotations

import pytest
from delta.tables import DeltaTable
from gold_lake import A, B, GoldLake

from medallion.layers.periodic import periodic_stream
from medallion.positions import Positions
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


def test_every_commit_of_gold_wakes_it_and_its_position_in_each_table_is_known(spark, lake, tmp_path):
    class Nowhere:
        pass

    positions = Positions(Nowhere(), "state", "job")
    woken = []

    def run_on():
        stream = periodic_stream(spark, lake.lake, lake.silver, lake.others)
        query = stream.writeStream.foreachBatch(lambda rows, _: woken.append(rows.count())).queryName("gold.by_category")
        query = query.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
        query.awaitTermination(120)
        if query.lastProgress:
            positions.note_progress(query.lastProgress)
        return len(woken)

    lake.say(A, B)
    assert run_on() == 1
    # An update rewrites a file: a stream of appends would pass over it.
    lake.say({**A, "category": "malware", "sequence": 2})
    assert run_on() == 2
    assert run_on() == 2, "nothing new"
    DeltaTable.forPath(spark, path_of(lake.lake, lake.gold)).optimize().executeCompaction()
    assert run_on() == 2, "compaction is no news"
    read = positions.read([])["gold.by_category"]["read"]
    assert set(read) == {"silver/harmful_domains", "gold/harmful_domains"}
    assert read["gold/harmful_domains"][0] >= 2
