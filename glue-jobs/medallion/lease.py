"""Writer leases: one driver writes a Delta table, because on S3 two lose commits.

A lease is an item of the state table, taken by conditional write and held by a run id. It has no expiry of its own:
a successor takes over only when the Glue API says that the holder's run has ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

ENDED = frozenset({"STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED"})


class LeaseRefused(RuntimeError):
    """Another run that still lives holds the lease."""


class LeaseLost(RuntimeError):
    """The lease is no longer this run's: whoever goes on writing would lose commits."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lease."""

    job_name: str
    run_id: str


class LeaseStore(Protocol):
    """Where leases live. `swap` writes `new` only where the lease is held by `expected` (None: by nobody)."""

    def holder(self, name: str) -> Holder | None: ...

    def swap(self, name: str, expected: Holder | None, new: Holder | None) -> bool: ...


class DynamoLeaseStore:
    """Leases in the state table (DynamoDB): key `pk` = `lease#NAME`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def _key(self, name: str) -> dict[str, Any]:
        return {"pk": {"S": f"lease#{name}"}}

    def holder(self, name: str) -> Holder | None:
        item = self._client.get_item(TableName=self._table, Key=self._key(name), ConsistentRead=True).get("Item")
        return Holder(item["job_name"]["S"], item["run_id"]["S"]) if item else None

    def swap(self, name: str, expected: Holder | None, new: Holder | None) -> bool:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if expected is not None:
            condition = {"ConditionExpression": "run_id = :expected", "ExpressionAttributeValues": {":expected": {"S": expected.run_id}}}
        try:
            if new is None:
                self._client.delete_item(TableName=self._table, Key=self._key(name), **condition)
            else:
                item = {**self._key(name), "job_name": {"S": new.job_name}, "run_id": {"S": new.run_id}}
                self._client.put_item(TableName=self._table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def glue_run_state(client: Any) -> Callable[[Holder], str | None]:
    """A function that asks Glue for the state of a holder's run; None where Glue knows no such run."""

    def state(holder: Holder) -> str | None:
        try:
            return client.get_job_run(JobName=holder.job_name, RunId=holder.run_id)["JobRun"]["JobRunState"]
        except client.exceptions.EntityNotFoundException:
            return None

    return state


@dataclass(frozen=True)
class Lease:
    """A lease that this run holds."""

    name: str
    holder: Holder
    store: LeaseStore

    def assert_held(self) -> None:
        """Raises LeaseLost where the lease is another's by now. Called before every batch is written."""
        current = self.store.holder(self.name)
        if current != self.holder:
            raise LeaseLost(
                f"lease {self.name}: this run ({self.holder.run_id}) lost it to {current.run_id if current else 'nobody'}; stopping before a commit is lost"
            )

    def release(self) -> None:
        self.store.swap(self.name, self.holder, None)


def acquire(
    store: LeaseStore,
    name: str,
    me: Holder,
    state_of: Callable[[Holder], str | None],
    *,
    patience_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Lease:
    """Takes the lease, at once where it is free or its holder's run has ended.

    Raises:
        LeaseRefused: the holder still lives after `patience_seconds`.
    """
    deadline = monotonic() + patience_seconds
    while True:
        current = store.holder(name)
        ended = current is not None and current != me and state_of(current) in ENDED | {None}
        if current == me or ((current is None or ended) and store.swap(name, current, me)):
            return Lease(name, me, store)
        if monotonic() >= deadline:
            holder = f"{current.job_name} run {current.run_id}" if current else "another run"
            raise LeaseRefused(f"lease {name} is held by {holder}, which is still running: stop that run first")
        sleep(1.0)
