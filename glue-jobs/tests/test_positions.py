"""How far each query has come, as others read it."""

from __future__ import annotations

import json

from medallion.positions import Positions


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
    positions.note_progress(
        {"name": "gold.t", "sources": [{"description": "DeltaSource[s3a://l/silver/t@1]", "endOffset": json.dumps({"reservoirVersion": 3, "index": -1})}]}
    )
    positions.advance("silver.d", offsets={"0": 4}, version=2)
    positions.advance("silver.d", offsets={"1": 6})
    store.broken = True
    positions.flush()
    assert "positions could not be written" in caplog.text
    store.broken = False
    positions.flush()
    positions.note_progress({"name": "gold.t", "sources": [{"description": "DeltaSource[s3a://l/silver/t@1]", "endOffset": None}]})
    held = json.loads(store.items["position#sluice-dev-combined"]["queries"]["S"])
    assert held["bronze.d"]["offsets"] == {"0": 5, "1": 7}
    assert (held["gold.t"]["version"], held["gold.t"]["read"]) == ([3, -1], {"silver/t@1": [3, -1]})
    assert (held["silver.d"]["offsets"], held["silver.d"]["version"]) == ({"0": 4, "1": 6}, 2)
    successor = Positions(store, "state", "sluice-dev-combined")
    successor.load()
    found = successor.read([])
    assert (found["silver.d"]["version"], found["gold.t"]["version"], found.get("gold.u")) == (2, [3, -1], None)


def test_a_derived_dataset_says_how_far_it_has_read_its_parent_and_what_it_committed_last():
    positions = Positions(PositionStore(), "state", "sluice-dev-silver")
    source = {"description": "DeltaSource[s3a://lake/silver/parent]", "endOffset": {"reservoirVersion": 4, "index": 2}}
    positions.note_progress({"name": "silver.d", "sources": [source]})
    positions.advance("silver.d", offsets={}, version=7)
    found = positions.read([])["silver.d"]
    assert (found["read"], found["version"], "offsets" in found) == ({"silver/parent": [4, 2]}, 7, False)
