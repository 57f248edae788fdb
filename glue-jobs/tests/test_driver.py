"""What keeps two drivers apart, and what a driver says of itself."""

from __future__ import annotations

import json
import re
import threading
import time

import pytest
from pyspark.errors import AnalysisException

from medallion.arguments import parse_arguments, trigger_of
from medallion.bronze import has_offsets, kafka_options
from medallion.contracts import parse_contracts
from medallion.lease import DynamoLeaseStore, Holder, LeaseLost, LeaseRefused, acquire
from medallion.metrics import Metrics, Minute, ProgressListener, lag_of, phases_of, workers_of
from medallion.positions import Positions
from medallion.runner import QuarantineRate, in_turn, triggered
from medallion.silver import Counts
from medallion.tables import make


class MemoryStore:
    def __init__(self, held=None):
        self.held = dict(held or {})

    def holder(self, name):
        return self.held.get(name)

    def swap(self, name, expected, new):
        if self.held.get(name) != expected:
            return False
        self.held = {key: value for key, value in {**self.held, name: new}.items() if value is not None}
        return True


ME, OTHER = Holder("job", "run-2"), Holder("job", "run-1")


def take(store, state, patience=3.0):
    clock = iter(range(1000))
    return acquire(store, "silver", ME, lambda _holder: state, patience_seconds=patience, sleep=lambda _s: None, monotonic=lambda: float(next(clock)))


def test_a_free_lease_is_taken_and_given_back():
    store = MemoryStore()
    lease = take(store, None)
    assert store.holder("silver") == ME
    lease.assert_held()
    lease.release()
    assert store.holder("silver") is None


@pytest.mark.parametrize("state", ["RUNNING", "STARTING", "STOPPING"])
def test_a_lease_is_refused_while_its_holder_lives(state):
    with pytest.raises(LeaseRefused, match="lease silver is held by job run run-1, which is still running: stop that run first"):
        take(MemoryStore({"silver": OTHER}), state)


@pytest.mark.parametrize("state", ["FAILED", "STOPPED", "TIMEOUT", "SUCCEEDED", None])
def test_a_successor_takes_over_when_the_holders_run_has_ended(state):
    store = MemoryStore({"silver": OTHER})
    take(store, state)
    assert store.holder("silver") == ME


def test_an_old_run_that_comes_back_to_life_finds_its_lease_lost():
    store = MemoryStore()
    lease = take(store, None)
    store.held["silver"] = Holder("job", "run-3")
    with pytest.raises(LeaseLost, match="lost it to run-3"):
        lease.assert_held()
    lease.release()
    assert store.holder("silver") == Holder("job", "run-3")


class FakeDynamo:
    class exceptions:
        class ConditionalCheckFailedException(Exception):
            pass

    def __init__(self):
        self.item, self.calls = None, []

    def get_item(self, **_kwargs):
        return {"Item": self.item} if self.item else {}

    def _check(self, condition):
        expected = condition.get("ExpressionAttributeValues", {}).get(":expected", {}).get("S")
        holds = self.item is None if expected is None else self.item is not None and self.item["run_id"]["S"] == expected
        if not holds:
            raise self.exceptions.ConditionalCheckFailedException

    def put_item(self, *, Item, TableName, **condition):
        self._check(condition)
        self.item = Item

    def delete_item(self, *, TableName, Key, **condition):
        self._check(condition)
        self.item = None


def test_the_state_table_decides_who_holds_a_lease():
    store = DynamoLeaseStore(FakeDynamo(), "state")
    assert store.swap("gold", None, OTHER)
    assert store.holder("gold") == OTHER
    assert not store.swap("gold", None, ME)
    assert not store.swap("gold", ME, None)
    assert store.swap("gold", OTHER, ME)
    assert store.swap("gold", ME, None)
    assert store.holder("gold") is None


def test_on_msk_a_connection_that_was_turned_away_waits_a_second_and_on_this_machine_it_does_not():
    iam = kafka_options("b:9098", "iam")
    assert {name: int(iam[f"kafka.{name}"]) for name in ("reconnect.backoff.ms", "retry.backoff.ms")} == {
        "reconnect.backoff.ms": 1000,
        "retry.backoff.ms": 1000,
    }
    assert int(iam["kafka.reconnect.backoff.max.ms"]) > 1000
    assert kafka_options("127.0.0.1:9092", "none") == {"kafka.bootstrap.servers": "127.0.0.1:9092"}


def test_lag_is_what_kafka_holds_and_the_query_has_not_read():
    source = {"latestOffset": {"t": {"0": 10, "1": 7}}, "endOffset": {"t": {"0": 4, "1": 7}}}
    assert lag_of({"sources": [source]}) == 6
    assert lag_of({"sources": [{"latestOffset": json.dumps({"reservoirVersion": 3}), "endOffset": None}]}) is None


class Client:
    """What is sent to CloudWatch."""

    def __init__(self):
        self.sent = []

    def put_metric_data(self, *, Namespace, MetricData):
        self.sent.append([(each["MetricName"], each["Value"], {d["Name"]: d["Value"] for d in each["Dimensions"]}) for each in MetricData])


def test_a_metric_that_cannot_be_sent_does_not_stop_the_data(caplog, contracts):
    class Broken:
        def put_metric_data(self, **_kwargs):
            raise ConnectionError("no network")

    Metrics(Broken(), "Sluice", contracts.metrics).put({"Job": "j"}, {"InputRows": 1.0})
    assert "metrics of j could not be published" in caplog.text


def test_a_metric_that_no_contract_declares_or_of_something_else_is_refused(contracts):
    metrics = Metrics(Client(), "Sluice", contracts.metrics)
    with pytest.raises(ValueError, match="metric Surprise of Job is not declared in contracts/metrics.ts"):
        metrics.put({"Job": "j"}, {"Surprise": 1.0})
    with pytest.raises(ValueError, match="metric InputRows of Dataset is not declared"):
        metrics.put({"Dataset": "d"}, {"InputRows": 1.0})


def test_what_is_well_is_not_sent_but_once_after_it_was_wrong(contracts):
    client = Client()
    metrics = Metrics(client, "Sluice", contracts.metrics)
    metrics.put({"Dataset": "d"}, {"LedgerResidual": 0.0, "QuarantinePercent": 0.0})
    assert client.sent == []
    metrics.put({"Dataset": "d"}, {"LedgerResidual": 0.0, "QuarantinePercent": 5.0})
    for _ in range(3):
        metrics.put({"Dataset": "d"}, {"QuarantinePercent": 0.0})
        metrics.put({"Dataset": "other"}, {"QuarantinePercent": 0.0})
    assert client.sent == [[("QuarantinePercent", value, {"Dataset": "d"})] for value in (5.0, 0.0)]


def test_the_progress_of_queries_is_a_line_of_the_log_each_and_two_metrics_a_minute(spark, caplog):
    caplog.set_level("INFO")
    minute = Minute()
    ProgressListener(minute).add_to(spark)
    for name in ("silver.d", "gold.d"):
        rows = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 5).load()
        assert rows.writeStream.format("noop").queryName(name).trigger(once=True).start().awaitTermination(60)
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty(30_000)
    for name in ("silver.d", "gold.d"):
        assert re.search(rf'{name} batch 0: {{"rows": 5, "lag": null, "batch": \d+, "read": \d+, "write": \d+, "commit": \d+}}', caplog.text)
    taken = minute.take()
    assert taken["InputRows"] == 10
    assert taken["BatchDuration"] > 0
    assert minute.take() == {"InputRows": 0, "BatchDuration": 0}


ARGUMENTS = [
    "--JOB_NAME",
    "j",
    "--JOB_RUN_ID",
    "r",
    "--lake",
    "s3a://l/",
    "--checkpoints",
    "s3a://c",
    "--contracts",
    "c.json",
    "--bootstrap-servers",
    "b:1",
    "--state-table",
    "t",
]


def test_arguments_are_typed_and_glues_own_are_ignored():
    arguments = parse_arguments([*ARGUMENTS, "--enable-metrics", "true", "--trigger-seconds", "2.5"], ("silver",))
    assert (arguments.lake, arguments.layers, arguments.trigger_seconds, arguments.kafka_auth) == ("s3a://l", ("silver",), 2.5, "iam")


@pytest.mark.parametrize(
    ("layer", "given", "seconds"), [("bronze", ("2", "4"), 4.0), ("silver", ("2", "4"), 2.0), ("bronze", ("2", None), 2.0), ("gold", (None, "4"), 10.0)]
)
def test_a_query_is_triggered_as_the_job_says_else_as_its_contract_does(contracts, layer, given, seconds):
    flags = [text for flag, value in zip(("--trigger-seconds", "--bronze-trigger-seconds"), given, strict=True) if value for text in (flag, value)]
    dataset = contracts.dataset("harmful_domains")
    assert trigger_of(parse_arguments([*ARGUMENTS, *flags], ("bronze",)), layer, dataset) == seconds


def test_what_runs_in_the_background_keeps_to_its_contract(contracts):
    arguments = parse_arguments([*ARGUMENTS, "--trigger-seconds", "2", "--bronze-trigger-seconds", "4"], ("bronze",))
    assert {trigger_of(arguments, layer, contracts.dataset("operations")) for layer in ("bronze", "silver", "gold")} == {10.0}


def test_a_rate_is_told_once_enough_records_have_come():
    rate = QuarantineRate()

    def batch(read, quarantined):
        return rate.add(Counts(read, read - quarantined, 0, quarantined, 0, 0, 0))

    assert [batch(10, 10), batch(190, 0), batch(19, 19), batch(1, 0), batch(20, 0)] == [None, 5.0, None, 95.0, 0.0]


class PositionStore:
    def __init__(self):
        self.items, self.broken = {}, False

    def get_item(self, *, TableName, Key, ConsistentRead):
        item = self.items.get(Key["pk"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, *, TableName, Item):
        if self.broken:
            raise ConnectionError("no network")
        self.items[Item["pk"]["S"]] = Item


def test_positions_are_those_of_the_sources_and_outlive_the_run(caplog):
    store = PositionStore()
    positions = Positions(store, "state", "sluice-dev-combined")
    positions.load()
    positions.note_progress({"name": "bronze.d", "sources": [{"endOffset": {"d": {"0": 5, "1": 7}}}]})
    positions.note_progress({"name": "gold.t", "sources": [{"endOffset": json.dumps({"reservoirVersion": 3, "index": -1})}]})
    positions.advance("silver.d", offsets={"0": 4}, version=2)
    positions.advance("silver.d", offsets={"1": 6})
    store.broken = True
    positions.flush()
    assert "positions could not be written" in caplog.text
    store.broken = False
    positions.flush()
    positions.note_progress({"name": "gold.t", "sources": [{"endOffset": None}]})
    held = json.loads(store.items["position#sluice-dev-combined"]["queries"]["S"])
    assert held["bronze.d"]["offsets"] == {"0": 5, "1": 7}
    assert held["gold.t"]["version"] == [3, -1]
    assert (held["silver.d"]["offsets"], held["silver.d"]["version"]) == ({"0": 4, "1": 6}, 2)
    successor = Positions(store, "state", "sluice-dev-combined")
    successor.load()
    found = successor.read([])
    assert (found["silver.d"]["version"], found["gold.t"]["version"], found.get("gold.u")) == (2, [3, -1], None)


def test_a_layer_that_is_none_and_a_missing_argument_are_named(capsys):
    with pytest.raises(SystemExit):
        parse_arguments([*ARGUMENTS, "--layers", "bronze,copper"], ("silver",))
    assert "unknown layer ['copper']" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parse_arguments(ARGUMENTS[2:], ("silver",))
    assert "--JOB_NAME" in capsys.readouterr().err


def test_contracts_of_another_format_are_refused():
    with pytest.raises(ValueError, match="contracts.json has format 2, this release reads 1"):
        parse_contracts('{"format": 2}')


class Builder:
    """A table that is made at the third try, or never."""

    def __init__(self, failures, message):
        self.failures = failures
        self.message = message
        self.tries = 0

    def execute(self):
        self.tries += 1
        if self.tries <= self.failures:
            raise AnalysisException(self.message)


def test_a_table_that_delta_does_not_find_while_it_makes_it_is_made_at_another_try():
    lost = "[DELTA_TABLE_NOT_FOUND] Delta table doesn't exist."
    flaky, never, other = Builder(2, lost), Builder(9, lost), Builder(1, "[SCHEMA] no")
    make(flaky)
    assert flaky.tries == 3
    with pytest.raises(AnalysisException, match="DELTA_TABLE_NOT_FOUND"):
        make(never)
    with pytest.raises(AnalysisException, match="SCHEMA"):
        make(other)
    assert (never.tries, other.tries) == (3, 1)


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


def test_the_background_has_a_trigger_of_its_own(contracts):
    arguments = parse_arguments([*ARGUMENTS, "--trigger-seconds", "20", "--background-trigger-seconds", "900"], ("silver",))
    assert trigger_of(arguments, "silver", contracts.dataset("operations")) == 900.0
    assert trigger_of(arguments, "silver", contracts.dataset("harmful_domains")) == 20.0


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


def test_a_batch_is_told_by_its_phases():
    durations = {"triggerExecution": 100, "latestOffset": 10, "getBatch": 1, "queryPlanning": 4, "addBatch": 70, "walCommit": 9, "commitOffsets": 6}
    assert phases_of({"durationMs": durations}) == {"batch": 100, "read": 15, "write": 70, "commit": 15}


def test_a_run_says_what_it_has_to_work_with(spark):
    assert workers_of(spark) == {"WorkersAlive": 1}
