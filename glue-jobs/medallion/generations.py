"""Generations of tables: a rebuilt table has a path of its own, `layer/name@N`; which one holds is an item of the state table.

A driver asks once, when it starts. The first generation, 0, is the path that the contract says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from medallion.contracts import Contracts, Dataset, Table


def path_at(table: Table, generation: int) -> str:
    """The table's path in a generation, below the lake."""
    base = table.path.split("@")[0]
    return base if generation == 0 else f"{base}@{generation}"


def generation_of(table: Table) -> int:
    """The generation that a table's path is of."""
    _, _, generation = table.path.partition("@")
    return int(generation or 0)


class DynamoGenerations:
    """Generations in the state table (DynamoDB): key `pk` = `generation#LAYER.NAME`."""

    def __init__(self, client: Any, state_table: str) -> None:
        self._client = client
        self._state_table = state_table

    def _key(self, table: Table) -> dict[str, Any]:
        return {"pk": {"S": f"generation#{table.full_name}"}}

    def get(self, table: Table) -> int:
        item = self._client.get_item(TableName=self._state_table, Key=self._key(table), ConsistentRead=True).get("Item")
        return int(item["generation"]["N"]) if item else 0

    def put(self, table: Table, generation: int) -> None:
        self._client.put_item(TableName=self._state_table, Item={**self._key(table), "generation": {"N": str(generation)}})


def at_their_generations(contracts: Contracts, generation: Callable[[Table], int]) -> Contracts:
    """The contracts with every table's path in the generation that holds."""

    def dataset_of(dataset: Dataset) -> Dataset:
        tables = tuple(replace(table, path=path_at(table, generation(table))) for table in dataset.tables)
        return replace(dataset, tables=tables)

    return replace(contracts, datasets=tuple(dataset_of(dataset) for dataset in contracts.datasets))


class Catalog:
    """Rows of the Glue catalog, which say to Athena and Trino where a table is."""

    def __init__(self, client: Any, database_prefix: str) -> None:
        self._client = client
        self._prefix = database_prefix

    def point(self, table: Table, lake: str) -> bool:
        """Points the table's row at its path; says whether it stood elsewhere."""
        database = f"{self._prefix}{table.layer}"
        location = f"{lake.replace('s3a://', 's3://')}/{table.path}/"
        row: Mapping[str, Any] = self._client.get_table(DatabaseName=database, Name=table.name)["Table"]
        storage = row["StorageDescriptor"]
        if storage.get("Location") == location:
            return False
        serde = storage.get("SerdeInfo", {})
        moved = {**storage, "Location": location, "SerdeInfo": {**serde, "Parameters": {**serde.get("Parameters", {}), "path": location}}}
        kept = {name: row[name] for name in ("Name", "Description", "TableType", "Parameters", "PartitionKeys") if name in row}
        self._client.update_table(DatabaseName=database, TableInput={**kept, "StorageDescriptor": moved})
        return True
