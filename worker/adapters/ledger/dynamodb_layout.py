"""How a ledger's table is laid out, for whoever makes one and for who checks it. It makes no call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from worker.adapters.ledger.dynamodb_items import TTL_ATTRIBUTE
from worker.adapters.ledger.dynamodb_table import DUE, INDEX, KEY, LINE

ATTRIBUTE_DEFINITIONS = [
    {"AttributeName": name, "AttributeType": kind} for name, kind in ((KEY, "S"), (INDEX, "N"), (DUE, "N"))
]
KEY_SCHEMA = [{"AttributeName": KEY, "KeyType": "HASH"}]
INDEX_LAYOUT: Mapping[str, Any] = {
    "IndexName": INDEX,
    "KeySchema": [
        {"AttributeName": INDEX, "KeyType": "HASH"},
        {"AttributeName": DUE, "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [LINE]},
}
TIME_TO_LIVE = {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}


def create_table_request(name: str) -> dict[str, Any]:
    """Give CreateTable what makes a ledger's table; UpdateTimeToLive with TIME_TO_LIVE completes it."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": ATTRIBUTE_DEFINITIONS,
        "KeySchema": KEY_SCHEMA,
        "GlobalSecondaryIndexes": [INDEX_LAYOUT],
    }


def key_of(keyed: Mapping[str, Any], description: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Give name and type of each attribute of the key of a table, or of an index of it."""
    definitions = description.get("AttributeDefinitions", ())
    kinds = {each["AttributeName"]: each["AttributeType"] for each in definitions}
    return tuple(
        (each["AttributeName"], kinds.get(each["AttributeName"], "?")) for each in keyed.get("KeySchema", ())
    )


def told(key: tuple[tuple[str, str], ...]) -> str:
    """Tell a key to people."""
    return " and ".join(f"{name} ({kind})" for name, kind in key)


def has_ledger_key(description: Mapping[str, Any]) -> bool:
    """Tell whether a table has a ledger's key; no table's key can be changed."""
    return key_of(description, description) == ((KEY, "S"),)


def index_of(description: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the index by which a ledger finds what is due, as it stands."""
    indexes: Sequence[Mapping[str, Any]] = description.get("GlobalSecondaryIndexes", ())
    return next((each for each in indexes if each["IndexName"] == INDEX), None)


def is_ledger_index(index: Mapping[str, Any], description: Mapping[str, Any]) -> bool:
    """Tell whether an index has a ledger's keys, and shows what the roll is called from."""
    shows = index.get("Projection", {})
    has_line = shows.get("ProjectionType") == "ALL" or LINE in shows.get("NonKeyAttributes", ())
    return has_line and key_of(index, description) == ((INDEX, "N"), (DUE, "N"))


def index_to_add(description: Mapping[str, Any]) -> dict[str, Any]:
    """Give UpdateTable what adds the index, with the table's own capacity if that is provisioned."""
    throughput = description.get("ProvisionedThroughput", {})
    units = {unit: throughput.get(unit) for unit in ("ReadCapacityUnits", "WriteCapacityUnits")}
    capacity = {"ProvisionedThroughput": units} if all(units.values()) else {}
    return {
        "AttributeDefinitions": ATTRIBUTE_DEFINITIONS,
        "GlobalSecondaryIndexUpdates": [{"Create": {**INDEX_LAYOUT, **capacity}}],
    }
