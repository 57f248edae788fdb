"""What maintenance remembers of a table, and tells of what it did."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from medallion.contracts import Table

BUDGET = 0.1


@dataclass(frozen=True)
class Done:
    """A step that was taken. Times in epoch seconds."""

    table: str
    step: str
    started: float
    finished: float
    figures: Mapping[str, Any]

    @property
    def summary(self) -> str:
        return f"{self.step}: {', '.join(f'{name} {value}' for name, value in self.figures.items())}"


class Budget:
    """A tenth of the time since the query began, over all its steps."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._spent = 0.0

    def allows(self, seconds: float) -> bool:
        return self._spent + seconds <= BUDGET * (self._clock() - self._began)

    def take(self, seconds: float) -> None:
        self._spent += seconds


@dataclass
class Upkeep:
    """What is remembered of a table between its batches."""

    table: Table
    optimised_at: int | None = None
    vacuumed: float | None = None
    expired: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)


class DynamoUpkeep:
    """When tables were last vacuumed, in the state table (`maintenance#LAYER.NAME`): a driver may be restarted more often than that."""

    def __init__(self, client: Any, state_table: str) -> None:
        self._client = client
        self._state_table = state_table

    def _key(self, table: Table) -> dict[str, Any]:
        return {"pk": {"S": f"maintenance#{table.full_name}"}}

    def vacuumed(self, table: Table) -> float:
        item = self._client.get_item(TableName=self._state_table, Key=self._key(table), ConsistentRead=True).get("Item")
        return float(item["vacuumed"]["N"]) if item else 0.0

    def set_vacuumed(self, table: Table, at: float) -> None:
        self._client.put_item(TableName=self._state_table, Item={**self._key(table), "vacuumed": {"N": str(at)}})


def record_of(done: Done, run_id: str) -> tuple[str, str]:
    """Key and value of the `operations` record of a step, as datasets/operations/contract.ts describes it."""

    def iso(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    identity = f"{run_id}-{int(done.started * 1000)}"
    value = {
        "kind": "maintenance",
        "subject": done.table,
        "run_id": identity,
        "source": "driver",
        "started_at": iso(done.started),
        "finished_at": iso(done.finished),
        "state": "ok",
        "summary": done.summary,
        "details": json.dumps({"step": done.step, **done.figures}),
    }
    return json.dumps(["maintenance", done.table, identity]), json.dumps(value)
