"""The bearers of an app instance that must be there: users are made and promoted, bots only promoted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker.ops.bootstrap.thing import Exists, Impossible, Missing, Standing, Thing
from worker.ops.doctor.asking import Asker, NotAnswered
from worker.ops.doctor.finding import aws
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of Chime identity, and its parameters."""

    operation: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Resource:
    """What one call describes; *create* is the call that makes it, or says why there is none."""

    asker: Asker
    identity: Any
    name: str
    describe: Call
    create: Call | Impossible

    async def look(self) -> Standing:
        """Describe it."""
        try:
            await self.asker.ask(self.identity, self.describe.operation, **self.describe.params)
        except NotAnswered as fault:
            if not fault.is_absence:
                raise
            return self.create if isinstance(self.create, Impossible) else Missing()
        return Exists()

    async def make(self) -> None:
        """Create it."""
        if isinstance(self.create, Call):
            await self.asker.ask(self.identity, self.create.operation, **self.create.params)


def bearer_things(asker: Asker, identity: Any, settings: Settings) -> Iterator[Thing]:
    """Every bearer of the pool, and its promotion: only an admin joins channels and finds private ones."""
    home = settings.app_instance
    yield Resource(
        asker,
        identity,
        f"app instance {home.id}",
        Call("DescribeAppInstance", {"AppInstanceArn": home.arn}),
        Impossible(f"name another: {aws('chime-sdk-identity list-app-instances', region=home.region)}"),
    )
    for arn in settings.bearer_arns:
        kind, _, bearer_id = arn.removeprefix(f"{home.arn}/").partition("/")
        if kind == "bot":
            yield _bot(asker, identity, arn, bearer_id=bearer_id)
        else:
            yield _user(asker, identity, arn, home_arn=home.arn, user_id=bearer_id)
        promotion = {"AppInstanceArn": home.arn, "AppInstanceAdminArn": arn}
        yield Resource(
            asker,
            identity,
            f"admin {bearer_id}",
            Call("DescribeAppInstanceAdmin", promotion),
            Call("CreateAppInstanceAdmin", promotion),
        )


def _user(asker: Asker, identity: Any, arn: str, *, home_arn: str, user_id: str) -> Thing:
    new = {"AppInstanceArn": home_arn, "AppInstanceUserId": user_id, "Name": user_id}
    return Resource(
        asker,
        identity,
        f"app instance user {user_id}",
        Call("DescribeAppInstanceUser", {"AppInstanceUserArn": arn}),
        Call("CreateAppInstanceUser", new),
    )


def _bot(asker: Asker, identity: Any, arn: str, *, bearer_id: str) -> Thing:
    return Resource(
        asker,
        identity,
        f"app instance bot {bearer_id}",
        Call("DescribeAppInstanceBot", {"AppInstanceBotArn": arn}),
        Impossible("a bot needs a Lex bot behind it: make it, or name an app instance user in WORKER_BEARER"),
    )
