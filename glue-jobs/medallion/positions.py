"""How far each query of a driver has come, in the state table: what the monitor holds against Kafka's ends.

An item per job, `position#JOB`: a small JSON text by query name. A commit would not do: a batch of repeats commits nothing, and yet its
records have been dealt with.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from medallion.contracts import Table

log = logging.getLogger(__name__)

FLUSH_SECONDS = 5.0


class Positions:
    """Keeps positions in memory and writes them every few seconds, aside from the batches.

    A query's position is a mapping: `at` (when it last said anything, epoch milliseconds), `offsets` (per Kafka partition the offset of
    the next record, for queries that read Kafka's coordinates), `version` (Silver: of its last own commit; Gold: how far it has read its
    own Silver, as `[version, index]` of Delta's streaming offset), `commit` (Gold: of its last own commit) and `read` (how far it has read
    each Delta table that it streams from, by path).
    """

    def __init__(self, client: Any, state_table: str, job_name: str) -> None:
        self._client = client
        self._state_table = state_table
        self._key = {"pk": {"S": f"position#{job_name}"}}
        self._lock = threading.Lock()
        self._queries: dict[str, dict[str, Any]] = {}
        self._changed = False
        self._carried: dict[str, tuple[str, ...]] = {}

    def load(self) -> None:
        """Takes up what an earlier run left: a query that has nothing to do yet has not fallen back."""
        item = self._client.get_item(TableName=self._state_table, Key=self._key, ConsistentRead=True).get("Item")
        if item:
            with self._lock:
                self._queries = json.loads(item["queries"]["S"])

    def read(self, jobs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The positions of other jobs, as they wrote them, and of this one."""
        found: dict[str, dict[str, Any]] = {}
        for job in jobs:
            item = self._client.get_item(TableName=self._state_table, Key={"pk": {"S": f"position#{job}"}}).get("Item")
            found.update(json.loads(item["queries"]["S"]) if item else {})
        with self._lock:
            return {**found, **self._queries}

    def advance(self, query: str, **values: Any) -> None:
        """Notes where a query stands; `offsets` of partitions that are not named stay."""
        with self._lock:
            position = self._queries.setdefault(query, {})
            offsets = {**position.get("offsets", {}), **values.pop("offsets", {})}
            position.update(at=int(time.time() * 1000), **({"offsets": offsets} if offsets else {}), **values)
            self._changed = True

    def flush(self) -> None:
        with self._lock:
            if not self._changed:
                return
            text, self._changed = json.dumps(self._queries), False
        try:
            self._client.put_item(TableName=self._state_table, Item={**self._key, "queries": {"S": text}})
        except Exception:
            # Said again with the next flush; it never stops the data.
            log.exception("positions could not be written")
            with self._lock:
                self._changed = True

    def keep_flushing(self) -> None:
        def loop() -> None:
            while True:
                time.sleep(FLUSH_SECONDS)
                self.flush()

        threading.Thread(target=loop, name="positions", daemon=True).start()

    def carry(self, query: str, names: Sequence[str]) -> None:
        """What a query does besides its own: when it says something, those have."""
        self._carried[query] = tuple(names)

    def note_progress(self, progress: Mapping[str, Any]) -> None:
        """How far queries have read, from their progress: the end of the batch in their sources' own terms."""
        name = progress.get("name") or ""
        layer = name.split(".")[0]
        for carried in self._carried.get(name, ()):
            self.advance(carried)
        sources = progress.get("sources") or []
        ends = [_end_of(source) for source in sources]
        if layer == "bronze" and ends and isinstance(ends[0], dict):
            for partitions in ends[0].values():
                if isinstance(partitions, dict):
                    self.advance(name, offsets={str(partition): offset for partition, offset in partitions.items()})
                    return
        read = {
            _table_of(source): [end["reservoirVersion"], end.get("index", -1)]
            for source, end in zip(sources, ends, strict=True)
            if isinstance(end, dict) and "reservoirVersion" in end
        }
        first = next(iter(read.values()), None)
        self.advance(name, **({"read": read} if read else {}), **({"version": first} if first and layer in ("gold", "ops") else {}))


def _end_of(source: Mapping[str, Any]) -> Any:
    end = source.get("endOffset")
    return json.loads(end) if isinstance(end, str) and end.startswith("{") else end


def _table_of(source: Mapping[str, Any]) -> str:
    """The path of a table below the lake, from Spark's word for a Delta source: `DeltaSource[s3a://lake/silver/name@1]`."""
    return "/".join(str(source.get("description", "")).rstrip("]").split("/")[-2:])


def readers_have_read(positions: Mapping[str, Mapping[str, Any]], table: Table, readers: Sequence[Table]) -> bool:
    """Whether every query that streams from a table has come as far as its last commit: VACUUM must take no file that one still needs."""
    own = positions.get(table.full_name, {})
    committed = own.get("version") if table.layer == "silver" else own.get("commit")
    if committed is None:
        return not readers
    for reader in readers:
        position = positions.get(reader.full_name, {})
        # What an older release left says of Gold's queries alone how far they read their own Silver.
        at = position.get("read", {}).get(table.path, None if "read" in position else position.get("version"))
        if not isinstance(at, list) or not (at[0] > committed or (at[0] == committed and at[1] >= 0)):
            return False
    return True
