"""How a driver starts its queries, and what surrounds their batches."""

from __future__ import annotations

import threading
import time

import pytest

from medallion.contracts import parse_contracts
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
    with pytest.raises(ValueError, match="contracts.json has format 2, this release reads 1"):
        parse_contracts('{"format": 2}')


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
