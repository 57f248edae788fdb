"""Metrics by PutMetricData."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from medallion.contracts import MetricSpec

log = logging.getLogger(__name__)

# contracts/metrics.ts declares them, for alarms, dashboards and the count of what they cost.
INPUT_ROWS = "InputRows"
BATCH_DURATION = "BatchDuration"
WORKERS_ALIVE = "WorkersAlive"
LEDGER_RESIDUAL = "LedgerResidual"
QUARANTINE_PERCENT = "QuarantinePercent"
DATASETS_LEFT_OUT = "DatasetsLeftOut"


class Metrics:
    """Publishes metrics that the contracts declare. One that cannot be sent is logged; it never stops the data.

    A metric that is told while something is wrong is told once more when it no longer is, and then left out: CloudWatch bills a series by
    the hour in which it is sent.
    """

    def __init__(self, client: Any, namespace: str, declared: Mapping[str, MetricSpec]) -> None:
        self._client = client
        self._namespace = namespace
        self._declared = declared
        self._wrong: set[tuple[str, ...]] = set()

    def put(self, of: Mapping[str, str], values: Mapping[str, float]) -> None:
        """Publishes values by name, told of one thing: `{"Dataset": "x"}`.

        Raises:
            ValueError: the contracts declare no such metric, or it is told of something else.
        """
        data = []
        dimensions = [{"Name": name, "Value": value} for name, value in of.items()]
        for name, value in values.items():
            spec = self._declared.get(name)
            if spec is None or set(spec.of) != set(of):
                raise ValueError(f"metric {name} of {', '.join(of)} is not declared in contracts/metrics.ts")
            if self._is_told(spec, of, value):
                data.append({"MetricName": name, "Value": value, "Unit": spec.unit, "Dimensions": dimensions})
        if not data:
            return
        try:
            self._client.put_metric_data(Namespace=self._namespace, MetricData=data)
        except Exception:
            log.exception("metrics of %s could not be published", ", ".join(of.values()))

    def _is_told(self, spec: MetricSpec, of: Mapping[str, str], value: float) -> bool:
        if spec.wrong_above is None:
            return True
        series = (spec.name, *of.values())
        was = series in self._wrong
        if value > spec.wrong_above:
            self._wrong.add(series)
            return True
        self._wrong.discard(series)
        return was
