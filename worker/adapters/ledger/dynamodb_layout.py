"""How a ledger's table is laid out, for whoever makes one and for who checks it. It makes no call."""

from __future__ import annotations

from collections.abc import Mapping
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
