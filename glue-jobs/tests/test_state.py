"""State tables: what a batch writes and tells."""

from __future__ import annotations

import json

from delta.tables import DeltaTable
from frames import START, frame, silver_of, table_named

from datasets.harmful_domains import FOLDS
from medallion.layers.state import StateBatch
from medallion.tables import ensure_tables, path_of


def test_a_commit_says_how_many_records_it_was_made_of_canaries_not_counted(spark, contracts, tmp_path):
    table, silver = table_named(contracts, "harmful_domains"), silver_of(contracts, "harmful_domains")
    dataset = contracts.dataset("harmful_domains")
    ensure_tables(spark, str(tmp_path), (table,))
    batch = StateBatch(dataset, table, FOLDS[table.name], str(tmp_path), contracts.canary_source, lambda: "query", lambda: None)
    fact = {
        "entry_type": "domain", "name": "a.example", "scope": "exact", "action": "block", "category": "c", "reliability": 0.5, "event": "listed",
        "sequence": 1, "observed_at": START, "topic": "t", "partition": 0, "offset": 1, "kafka_timestamp": START,
    }  # fmt: skip
    canary = {**fact, "name": "canary.invalid", "source": contracts.canary_source, "offset": 2}
    for number, facts in enumerate(([canary], [{**fact, "source": "s1"}, canary], [canary])):
        batch(frame(spark, silver, facts), number)
    history = DeltaTable.forPath(spark, path_of(str(tmp_path), table)).history().orderBy("version").collect()
    told = [json.loads(row["userMetadata"])["records"] for row in history if row["operation"] == "MERGE"]
    assert told == [0, 1, 0]
