"""One pass through all layers: what a query for each layer makes, whatever dies between its writes, and both ways between the two."""

from __future__ import annotations

import pytest
from pass_lake import Once, PassLake, batches
from silver_rows import record

import medallion.layers.one_pass as one_pass
import medallion.layers.silver.batch as silver_batch
import medallion.layers.state as state

# The writes of a pass in their order, each by what does it: (module, name).
WRITES = {
    "bronze": (one_pass, "append_once"),
    "quarantine": (silver_batch, "insert_only_merge"),
    "silver": (silver_batch, "append_once"),
    "ledger": (silver_batch.SilverBatch, "_write_ledger"),
    "gold": (state.StateBatch, "_write"),
}


def test_a_repeat_in_silver_hides_no_record_of_its_batch_from_gold(spark, contracts, tmp_path, monkeypatch):
    lake = PassLake(spark, contracts, tmp_path, monkeypatch)
    for values in batches():
        lake.send(*values)
    lake.one_pass()
    assert sorted(row["name"] for row in lake.rows(lake.table).collect()) == ["a.example", "b.example", "c.example", "d.example"]


@pytest.fixture
def lake(spark, contracts, tmp_path, monkeypatch):
    return PassLake(spark, contracts, tmp_path / "one", monkeypatch)


@pytest.fixture(scope="module")
def by_layers(spark, contracts, tmp_path_factory):
    """What a query for each layer makes of the same records."""
    with pytest.MonkeyPatch.context() as patch:
        reference = PassLake(spark, contracts, tmp_path_factory.mktemp("separate"), patch)
        for values in batches():
            reference.send(*values)
            reference.separate()
        return reference.held(), reference.told()


def dying_after(patch, write):
    """The process dies once a write is done."""
    where, name = WRITES[write]
    done = getattr(where, name)

    def die(*args, **kwargs):
        done(*args, **kwargs)
        raise RuntimeError("killed")

    patch.setattr(where, name, die)


def test_a_pass_gives_what_a_query_for_each_layer_does_with_kills_after_each_write(lake, by_layers, monkeypatch):
    first, second, third = batches()
    lake.send(*first)
    lake.one_pass()
    lake.send(*second)
    for write in WRITES:
        with monkeypatch.context() as patch:
            dying_after(patch, write)
            with pytest.raises(Exception, match="killed"):
                lake.one_pass()
    lake.send(*third)
    lake.one_pass()
    assert (lake.held(), lake.told()) == by_layers
    assert lake.told()[1]["residual"] == 0


@pytest.mark.parametrize("write", [None, "bronze", "silver", "ledger"])
def test_the_layers_own_queries_go_on_behind_a_pass_that_died_and_a_pass_behind_them(lake, by_layers, monkeypatch, write):
    first, second, third = batches()
    lake.send(*first)
    lake.separate()
    lake.send(*second)
    if write is None:
        lake.one_pass()
    else:
        with monkeypatch.context() as patch:
            dying_after(patch, write)
            with pytest.raises(Exception, match="killed"):
                lake.one_pass()
    assert lake.handover("silver.harmful_domains")["carrier"] != ""
    lake.separate()
    assert lake.handover("silver.harmful_domains")["carrier"] == ""
    lake.send(*third)
    lake.separate()
    lake.one_pass()
    assert (lake.held(), lake.told()) == by_layers


def test_what_a_query_for_bronze_alone_had_written_is_taken_by_the_layers_before_a_pass_begins(lake, by_layers, monkeypatch):
    for values in batches():
        lake.send(*values)
    with monkeypatch.context() as patch:
        patch.setattr("medallion.layers.silver.query.start", lambda *_args, **_kwargs: None)
        patch.setattr("medallion.layers.state.start", lambda *_args, **_kwargs: None)
        lake.separate()
    lake.one_pass()
    assert (lake.held(), lake.told()) == by_layers


def test_a_pass_whose_checkpoint_was_lost_leaves_no_record_of_bronze_behind(lake, monkeypatch, tmp_path):
    lake.send(record("a.example", 1))
    lake.one_pass()
    lake.send(record("b.example", 2))
    with monkeypatch.context() as patch:
        dying_after(patch, "bronze")
        with pytest.raises(Exception, match="killed"):
            lake.one_pass()
    (tmp_path / "one" / "checkpoints" / "bronze").rename(tmp_path / "lost")
    lake.send(record("c.example", 3))
    # As from Kafka: a query without a checkpoint begins behind the highest offset that Bronze holds.
    monkeypatch.setattr(
        "medallion.layers.bronze.stream_of",
        lambda *_: lake.spark.readStream.format("delta").option("maxFilesPerTrigger", 1).load(lake.topic).where("offset > 1"),
    )
    lake.one_pass()
    assert sorted(row["name"] for row in lake.rows(lake.table).collect()) == ["a.example", "b.example", "c.example"]
    assert lake.told()[0] == [0, 1, 2]


def test_a_state_table_that_is_left_out_for_a_while_gets_what_came_meanwhile(lake):
    from datasets.harmful_domains import FOLDS
    from medallion.layers import passing

    lake.send(record("a.example", 1))
    lake.one_pass()
    lake.send(record("b.example", 2))
    passing.start(lake.driver(), lake.dataset, {})
    lake.send(record("c.example", 3))
    passing.start(lake.driver(), lake.dataset, FOLDS)
    assert sorted(row["name"] for row in lake.rows(lake.table).collect()) == ["a.example", "b.example", "c.example"]


def test_a_pass_reads_each_record_from_kafka_once(lake):
    lake.send(record("a.example", 1), record("b.example", 2))
    lake.one_pass()
    assert sum(progress["numInputRows"] for progress in Once.ran.recentProgress) == 2
    assert lake.rows(lake.table).count() == 2


def test_how_far_each_layer_is_is_told_as_by_queries_of_their_own(lake):
    lake.send(record("a.example", 1))
    lake.one_pass()
    assert lake.positions.told["bronze.harmful_domains"]["offsets"] == {"0": 1}
    committed = lake.positions.told["silver.harmful_domains"]
    folded = lake.positions.told["gold.harmful_domains"]
    assert committed["offsets"] == {"0": 1}
    assert folded["read"] == {"silver/harmful_domains": [committed["version"], 0]}
    assert folded["version"] == [committed["version"], 0]
