"""What keeps two drivers apart."""

from __future__ import annotations

import pytest

from medallion.lease import DynamoLeaseStore, Holder, LeaseLost, LeaseRefused, acquire


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
