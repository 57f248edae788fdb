"""What a driver tells of itself."""

from __future__ import annotations

import json
import re

import pytest

from medallion.metrics import Metrics
from medallion.progress import Minute, ProgressListener, lag_of, phases_of, workers_of


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


def test_a_batch_is_told_by_its_phases():
    durations = {"triggerExecution": 100, "latestOffset": 10, "getBatch": 1, "queryPlanning": 4, "addBatch": 70, "walCommit": 9, "commitOffsets": 6}
    assert phases_of({"durationMs": durations}) == {"batch": 100, "read": 15, "write": 70, "commit": 15}


def test_a_run_says_what_it_has_to_work_with(spark):
    assert workers_of(spark) == {"WorkersAlive": 1}
