"""Chime's request quotas as token buckets. They never delay: a call goes through or is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from worker.local.chime.call import Call, app_instance_of
from worker.local.chime.switches import RatePreset, Switches

Scope = Literal["bearer", "channel", "app_instance", "account"]


@dataclass(frozen=True, slots=True)
class Quota:
    """So many calls a second of one *scope*, shared by all operations that name it."""

    name: str
    scope: Scope
    per_s: float


@dataclass(slots=True)
class Bucket:
    """One quota of one bearer, channel or app instance. It starts full."""

    quota: Quota
    level: float
    filled_ms: int
    admitted: int = 0
    refused: int = 0

    def fill(self, now_ms: int, *, most: float) -> None:
        """Add what has flowed in since the last look; it holds *most*."""
        self.level = min(most, self.level + (now_ms - self.filled_ms) * self.quota.per_s / 1000)
        self.filled_ms = now_ms


class Throttle:
    """All buckets. A call must find a token in every bucket it draws on, else it takes none."""

    def __init__(self) -> None:
        self.buckets: dict[tuple[str, str], Bucket] = {}

    def admits(self, call: Call, switches: Switches) -> bool:
        """Whether the call is within every quota; it is counted in each of them."""
        drawn = [
            self._bucket(quota, call, most=max(1.0, quota.per_s * switches.burst_s))
            for quota in quotas(switches.rates).get(call.operation, ())
        ]
        empty = [bucket for bucket in drawn if bucket.level < 1]
        for bucket in empty:
            bucket.refused += 1
        if empty:
            return False
        for bucket in drawn:
            bucket.level -= 1
            bucket.admitted += 1
        return True

    def _bucket(self, quota: Quota, call: Call, *, most: float) -> Bucket:
        key = (quota.name, _owner(quota.scope, call))
        bucket = self.buckets.get(key)
        if bucket is None or bucket.quota != quota:
            bucket = self.buckets[key] = Bucket(quota, level=most, filled_ms=call.now_ms)
        bucket.fill(call.now_ms, most=most)
        return bucket


def quotas(preset: RatePreset) -> Mapping[str, tuple[Quota, ...]]:
    """The quotas each operation draws on, by its name; Amazon's defaults, whose bursts are not documented."""
    return _PRESETS[preset]


def _owner(scope: Scope, call: Call) -> str:
    params = call.params
    match scope:
        case "bearer":
            return call.bearer
        case "channel":
            return str(params.get("ChannelArn", ""))
        case "app_instance":
            named = (params.get(name) for name in ("AppInstanceArn", "ChannelArn", "AppInstanceUserArn"))
            return app_instance_of(str(next(filter(None, named), "")))
        case "account":
            return ""


# Amazon names no quota for these, and they have no bearer whose quota they could draw on.
_UNLIMITED = (
    "CreateChannelFlow DescribeChannelFlow UpdateChannelFlow DeleteChannelFlow ListChannelFlows"
    " ListChannelsAssociatedWithChannelFlow"
)


def _messaging(*, bearer: float, writes: float, members: float) -> Mapping[str, tuple[Quota, ...]]:
    """The bearer's quota lies on every operation; the regions differ in three figures."""
    per_bearer = Quota("bearer", "bearer", bearer)
    message_writes = Quota("message writes", "channel", writes)
    shared = {
        message_writes: "SendChannelMessage UpdateChannelMessage RedactChannelMessage DeleteChannelMessage",
        Quota("list messages", "channel", 30): "ListChannelMessages",
        Quota("get message", "channel", 30): "GetChannelMessage",
        Quota("describe channel", "channel", 20): "DescribeChannel",
        Quota("member writes", "channel", members): (
            "CreateChannelMembership DeleteChannelMembership CreateChannelModerator"
            " DeleteChannelModerator CreateChannelBan DeleteChannelBan"
        ),
        Quota("member lists", "channel", 15): "ListChannelMemberships ListChannelModerators ListChannelBans",
        Quota("batch", "channel", 1): "BatchCreateChannelMembership",
        Quota("channel writes", "app_instance", 15): "CreateChannel UpdateChannel DeleteChannel",
        Quota("list channels", "app_instance", 10): "ListChannels",
        Quota("list memberships of a user", "bearer", 15): "ListChannelMembershipsForAppInstanceUser",
        Quota("list moderated channels of a user", "bearer", 15): "ListChannelsModeratedByAppInstanceUser",
    }
    alone = (
        "GetChannelMessageStatus DescribeChannelMembership DescribeChannelModerator DescribeChannelBan"
        " DescribeChannelMembershipForAppInstanceUser DescribeChannelModeratedByAppInstanceUser"
        " SearchChannels AssociateChannelFlow DisassociateChannelFlow PutChannelExpirationSettings"
    )
    without_bearer = {"ChannelFlowCallback": (message_writes,), **dict.fromkeys(_UNLIMITED.split(), ())}
    return {**_by_operation(per_bearer, shared=shared, alone=alone), **without_bearer}


def _identity() -> Mapping[str, tuple[Quota, ...]]:
    """One quota of the account lies on every operation; the same in both regions."""
    shared = {
        Quota("app instance writes", "account", 5): "CreateAppInstance UpdateAppInstance DeleteAppInstance",
        Quota("user writes", "app_instance", 10): (
            "CreateAppInstanceUser UpdateAppInstanceUser DeleteAppInstanceUser"
        ),
        Quota("describe app instance", "account", 20): "DescribeAppInstance",
        Quota("describe user", "account", 20): "DescribeAppInstanceUser",
        Quota("list app instances", "account", 10): "ListAppInstances",
        Quota("list users", "app_instance", 10): "ListAppInstanceUsers",
    }
    alone = (
        "CreateAppInstanceAdmin DescribeAppInstanceAdmin ListAppInstanceAdmins DeleteAppInstanceAdmin"
        " CreateAppInstanceBot DescribeAppInstanceBot ListAppInstanceBots UpdateAppInstanceBot"
        " DeleteAppInstanceBot PutAppInstanceUserExpirationSettings PutAppInstanceRetentionSettings"
        " GetAppInstanceRetentionSettings TagResource UntagResource ListTagsForResource"
    )
    return _by_operation(Quota("identity", "account", 50), shared=shared, alone=alone)


def _by_operation(common: Quota, *, shared: Mapping[Quota, str], alone: str) -> dict[str, tuple[Quota, ...]]:
    """Each operation draws on *common* and on the quota it shares; those *alone* draw on nothing else."""
    drawn = {name: (common, quota) for quota, names in shared.items() for name in names.split()}
    return {**drawn, **dict.fromkeys(alone.split(), (common,))}


_PRESETS: Mapping[RatePreset, Mapping[str, tuple[Quota, ...]]] = {
    "us-east-1": {**_messaging(bearer=10, writes=30, members=15), **_identity()},
    "eu-central-1": {**_messaging(bearer=5, writes=10, members=10), **_identity()},
    "off": {},
}
