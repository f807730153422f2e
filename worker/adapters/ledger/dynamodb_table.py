"""
One table of DynamoDB, as much of it as a ledger needs: five calls, each of them bounded in time.

It knows nothing of rows. The SDK repeats a call that failed; nothing is repeated here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from botocore.exceptions import ClientError

from worker.contract.rejected import printable
from worker.ports import LedgerUnavailable

KEY = "id"
"""The table's one key attribute, a string."""
INDEX = "open"
"""The index, and its hash key: a number."""
DUE = "due"
"""The range key of the index, a number. An item is in the index if it has both, and only then."""
LINE = "m"
"""An attribute that no row has: what the index holds of other items, beside keys."""

PAGE_LIMIT = 200
"""Items of the index read at once: most passes need no more, and it is far below DynamoDB's 1 MB."""

Item = Mapping[str, Mapping[str, str]]
"""Attributes by name, each as {type: value}; the types are S and N, whose value is a string too."""
Operation = Literal["GetItem", "PutItem", "Query", "DescribeTable", "DescribeTimeToLive"]


class DynamoDb(Protocol):
    """What is used of the SDK's client: each operation is an action that the worker must be allowed."""

    async def get_item(self, **request: Any) -> Mapping[str, Any]:
        """Read one item."""

    async def put_item(self, **request: Any) -> Mapping[str, Any]:
        """Write one item whole."""

    async def query(self, **request: Any) -> Mapping[str, Any]:
        """Read a page of an index."""

    async def describe_table(self, **request: Any) -> Mapping[str, Any]:
        """Tell a table's key and status."""

    async def describe_time_to_live(self, **request: Any) -> Mapping[str, Any]:
        """Tell which attribute says when DynamoDB removes an item."""


class TableUnusable(LedgerUnavailable):
    """The table is missing or forbidden: its text says what has to be mended. Waiting alone helps nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table called *name*. Every method may raise LedgerUnavailable, or TableUnusable out of these."""

    client: DynamoDb
    name: str
    call_deadline_s: float
    """For one call with all the SDK's retries."""

    async def get(self, key: str) -> Item | None:
        """Read an item as the last acknowledged write left it."""
        async with self._calling("GetItem"):
            answer = await self.client.get_item(
                TableName=self.name, Key={KEY: {"S": key}}, ConsistentRead=True
            )
            item: Item | None = _proved(answer).get("Item")
        return item

    async def put(self, item: Item) -> None:
        """Write *item*, whatever stands there."""
        async with self._calling("PutItem"):
            _proved(await self.client.put_item(TableName=self.name, Item=item))

    async def put_if(self, condition: str, item: Item, *, values: Item) -> Item | None:
        """Write *item* and return None, or, if *condition* does not hold, return what stands there."""
        request = {
            "TableName": self.name,
            "Item": item,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **({"ExpressionAttributeValues": values} if values else {}),  # DynamoDB refuses an empty map
        }
        async with self._calling("PutItem"):
            try:
                _proved(await self.client.put_item(**request))
            except ClientError as error:
                if _code(error) != "ConditionalCheckFailedException":
                    raise
                standing: Item | None = error.response.get("Item")  # type: ignore[assignment]
            else:
                return None
        # What imitates DynamoDB may not know ALL_OLD, and has to be asked.
        standing = standing or await self.get(item[KEY]["S"])
        if standing is None:
            raise LedgerUnavailable(f"An item of the ledger's table {self.name} went while it was written.")
        return standing

    async def indexed(self, shard: int, *, since: int, until: int) -> AsyncIterator[Item]:
        """
        Yield what the index holds of a shard, from *since* to *until* by `due`, in that order, page by page.

        It may be some moments old, and holds of an item its keys and `m` alone.
        """
        request: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": INDEX,
            "KeyConditionExpression": "#open = :shard AND due BETWEEN :since AND :until",
            "ExpressionAttributeNames": {"#open": INDEX},  # a reserved word
            "ExpressionAttributeValues": {
                name: {"N": str(number)}
                for name, number in {":shard": shard, ":since": since, ":until": until}.items()
            },
            "Limit": PAGE_LIMIT,
        }
        while True:
            async with self._calling("Query"):
                answer = _proved(await self.client.query(**request))
                items: list[Item] = answer["Items"]
            for item in items:
                yield item
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    async def describe(self) -> Mapping[str, Any]:
        """Ask for the TableDescription."""
        async with self._calling("DescribeTable"):
            answer = await self.client.describe_table(TableName=self.name)
            description: Mapping[str, Any] = _proved(answer)["Table"]
        return description

    async def describe_time_to_live(self) -> Mapping[str, Any]:
        """Ask for the TimeToLiveDescription."""
        async with self._calling("DescribeTimeToLive"):
            answer = await self.client.describe_time_to_live(TableName=self.name)
            description: Mapping[str, Any] = _proved(answer)["TimeToLiveDescription"]
        return description

    @asynccontextmanager
    async def _calling(self, operation: Operation) -> AsyncIterator[None]:
        """
        Bound a call in time, and turn whatever it raises into a fault of the ledger.

        The cause is cut off: the SDK's texts, and the answers in its exceptions, quote rows.
        """
        try:
            async with asyncio.timeout(self.call_deadline_s):
                yield
        except ClientError as error:
            raise self._fault(operation, error) from None
        except TimeoutError:
            raise self._unavailable(operation, f"no answer within {self.call_deadline_s:g} s") from None
        except Exception as error:  # plain Python errors escape aiobotocore on odd replies
            raise self._unavailable(operation, type(error).__name__) from None

    def _fault(self, operation: Operation, error: ClientError) -> LedgerUnavailable:
        match _code(error):
            case "ResourceNotFoundException" | "ValidationException" as code if operation == "Query":
                return TableUnusable(
                    f"There is no table {self.name} in this account and region, or it has no index {INDEX}, "
                    "or that is still being built: wait, or make it (`backend-worker bootstrap`) "
                    f"({operation}: {code})."
                )
            case "ResourceNotFoundException" as code:
                return TableUnusable(
                    f"There is no table {self.name} in this account and region: create it, or name another "
                    f"({operation}: {code})."
                )
            case "AccessDeniedException" as code:
                where = f" on its index {INDEX}" if operation == "Query" else ""
                return TableUnusable(
                    f"The worker may not use the ledger's table {self.name}: allow it dynamodb:{operation}"
                    f"{where} ({code})."
                )
            case code:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
                return self._unavailable(operation, f"{printable(code[:64])} (HTTP {status})")

    def _unavailable(self, operation: Operation, why: str) -> LedgerUnavailable:
        return LedgerUnavailable(f"The ledger's table {self.name} cannot be used: {operation}: {why}.")


class _Unproved(Exception):
    """A 200 that is not DynamoDB's, but, say, the page of a proxy: nothing has been written or read."""


def _proved(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *answer* if it bears a request id, as DynamoDB's all do: that of a write holds nothing else."""
    if not answer["ResponseMetadata"].get("RequestId"):
        raise _Unproved
    return answer


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
