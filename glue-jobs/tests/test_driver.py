"""How a driver starts its queries, and what surrounds their batches."""

from __future__ import annotations

import logging
import sys
import threading
import time
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest
from derivations import labels, with_derived

from medallion import starting
from medallion.contracts import parse_contracts
from medallion.driver import Driver
from medallion.generations import path_at
from medallion.kafka import kafka_options
from medallion.layers.bronze import has_offsets
from medallion.layers.silver.counts import Counts
from medallion.queries import QuarantineRate, in_turn, triggered


def test_on_msk_a_connection_that_was_turned_away_waits_a_second_and_on_this_machine_it_does_not():
    iam = kafka_options("b:9098", "iam")
    assert {name: int(iam[f"kafka.{name}"]) for name in ("reconnect.backoff.ms", "retry.backoff.ms")} == {
        "reconnect.backoff.ms": 1000,
        "retry.backoff.ms": 1000,
    }
    assert int(iam["kafka.reconnect.backoff.max.ms"]) > 1000
    assert kafka_options("127.0.0.1:9092", "none") == {"kafka.bootstrap.servers": "127.0.0.1:9092"}


def test_a_rate_is_told_once_enough_records_have_come():
    rate = QuarantineRate()

    def batch(read, quarantined):
        return rate.add(Counts(read, read - quarantined, 0, quarantined, 0, 0, 0))

    assert [batch(10, 10), batch(190, 0), batch(19, 19), batch(1, 0), batch(20, 0)] == [None, 5.0, None, 95.0, 0.0]


def test_contracts_of_another_format_are_refused():
    with pytest.raises(ValueError, match="contracts.json has format 1, this release reads 2"):
        parse_contracts('{"format": 1}')


def test_a_query_with_a_checkpoint_is_not_asked_where_it_begins(spark, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "old" / "offsets").mkdir(parents=True)
    # A driver that died here would read Kafka from its beginning again.
    assert not has_offsets(spark, f"{tmp_path}/old")
    (tmp_path / "old" / "offsets" / "0").write_text("v1")
    assert (has_offsets(spark, f"{tmp_path}/new"), has_offsets(spark, f"{tmp_path}/none"), has_offsets(spark, f"{tmp_path}/old")) == (False, False, True)


def test_periodic_tables_that_are_woken_together_take_turns():
    asked = threading.Event()

    class Turns(threading.Semaphore):
        def __enter__(self):
            if threading.current_thread().name == "second":
                asked.set()
            return self.acquire()

    turns, done = Turns(1), []
    second = threading.Thread(target=lambda: in_turn(lambda _rows, _id: done.append("second"), turns)(None, 1), name="second", daemon=True)

    def first(_rows, _id):
        second.start()
        assert asked.wait(timeout=60)
        done.append("first")

    in_turn(first, turns)(None, 1)
    second.join(timeout=60)
    assert done == ["first", "second"]

    def broken(_rows, _id):
        raise ValueError("broken")

    # A batch that fails gives its turn back.
    with pytest.raises(ValueError, match="broken"):
        in_turn(broken, turns)(None, 2)
    in_turn(lambda _rows, _id: done.append("third"), turns)(None, 3)
    assert done[-1] == "third"


class Told:
    """A query as Spark tells of it."""

    def __init__(self, message, progress=None):
        self.status = {"message": message}
        self.lastProgress = progress


def test_a_query_that_found_nothing_at_its_first_trigger_is_not_waited_for(spark, tmp_path):
    """Spark tells progress of batches: a query without news would hold up the layers behind it for the whole wait."""
    assert triggered(Told("Waiting for data to arrive"))
    assert triggered(Told("Processing new data", {"batchId": 0}))
    # What Spark says of one that rests until its next trigger.
    (tmp_path / "in").mkdir()
    rows = spark.readStream.schema("a int").json(str(tmp_path / "in"))
    query = rows.writeStream.format("noop").option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(processingTime="1 hour").start()
    try:
        deadline = time.monotonic() + 60
        while not str(query.status["message"]).startswith("Waiting"):
            assert time.monotonic() < deadline, query.status
            time.sleep(0.05)
        assert triggered(query)
    finally:
        query.stop()


def test_a_query_that_has_not_begun_is_waited_for():
    assert not triggered(Told("Initializing sources"))


class Started(SimpleNamespace):
    """A driver that notes what would be started, for layers that jobs of their own run."""

    one_pass = False

    def await_table(self, _table):
        pass


@pytest.fixture
def started(spark, contracts, monkeypatch):
    """What start_layer("gold") starts, by full name."""
    names = []
    for layer in (starting.state, starting.periodic):
        monkeypatch.setattr(layer, "start", lambda _driver, _dataset, table, _code: names.append(table.full_name))
    driver = Started(spark=spark, contracts=contracts)
    return lambda: (starting.start_layer(driver, "gold"), names)


def gold_of(contracts, *left_out):
    return [table.full_name for dataset in contracts.datasets if dataset.name not in left_out for table in dataset.gold_tables()]


def test_every_dataset_of_the_contracts_is_started(contracts, started):
    assert started() == (set(), gold_of(contracts))


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (None, "cannot be imported"),
        ({"FOLDS": {}}, "FOLDS has nothing for source_status"),
        ({"FOLDS": {"source_status": object()}}, "the fold of source_status fails on empty tables: AttributeError"),
    ],
)
def test_a_dataset_whose_module_is_missing_or_broken_is_left_out_loudly_and_the_others_go_on(contracts, started, monkeypatch, caplog, module, told):
    made = ModuleType("datasets.source_checks")
    for name, value in (module or {}).items():
        setattr(made, name, value)
    monkeypatch.setitem(sys.modules, "datasets.source_checks", None if module is None else made)
    assert started() == ({"source_checks"}, gold_of(contracts, "source_checks"))
    (line,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert line.getMessage().startswith("gold of dataset source_checks is left out, the other datasets go on: ")
    assert told in line.getMessage()


def test_silver_of_a_dataset_with_a_topic_needs_no_module(spark, contracts, monkeypatch):
    names = []
    monkeypatch.setattr(starting.silver, "start", lambda _driver, dataset, derive: names.append((dataset.name, derive)))
    monkeypatch.setitem(sys.modules, "datasets.source_checks", None)
    assert starting.start_layer(Started(spark=spark, contracts=contracts), "silver") == set()
    assert [name for name, derive in names if derive is None] == [dataset.name for dataset in contracts.datasets if dataset.derived_from is None]


def test_a_derived_dataset_has_no_bronze_and_its_silver_is_derived(spark, contracts, monkeypatch):
    made = ModuleType("datasets.labels")
    made.derive = labels
    monkeypatch.setitem(sys.modules, "datasets.labels", made)
    derived = with_derived(contracts).dataset("labels")
    driver = Started(spark=spark, contracts=replace(contracts, datasets=(derived,)))
    names = []
    monkeypatch.setattr(starting.bronze, "start", lambda _driver, dataset: names.append(dataset.name))
    monkeypatch.setattr(starting.silver, "start", lambda _driver, dataset, derive: names.append((dataset.name, derive)))
    assert starting.start_layer(driver, "bronze") == starting.start_layer(driver, "silver") == set()
    assert names == [("labels", labels)]


def test_the_checkpoint_of_a_query_is_of_the_generations_of_all_that_it_reads(contracts):
    """Two tables, each rebuilt once, are not the one that was rebuilt twice, and no stream goes on in another table."""
    own, other = (contracts.dataset(name).table("silver") for name in ("harmful_domains", "source_checks"))
    driver = Started(arguments=SimpleNamespace(checkpoints="c"))

    def checkpoint(*generations):
        tables = [replace(table, path=path_at(table, number)) for table, number in zip((own, other), generations, strict=True)]
        return Driver.checkpoint(driver, "gold", "source_quality", *tables)

    assert [checkpoint(0, 0), checkpoint(1, 0), checkpoint(1, 1)] == ["c/gold/source_quality", "c/gold/source_quality@1", "c/gold/source_quality@2"]
