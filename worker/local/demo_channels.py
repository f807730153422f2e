"""The demo's channels: what is in them at the end, how jobs name each, and which are there from the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from worker.contract.arns import AppInstance
from worker.contract.targets import Named, OfMembers, Sought
from worker.core.identity import derived_channel_id
from worker.local import demo_texts as texts
from worker.local.chime.seeds import Seed, SeedChannel, SeedFlow
from worker.local.chime.treatments import Deny, Pass, Treatment
from worker.local.demo_texts import Post
from worker.local.world import BEARER_ID

Target = str | Mapping[str, object]
"""The field `channel` of a job."""

USERS = ("ana", "ben")
ONE_MORE = "cleo"
NOBODY = "ghost"
"""A user whom Chime does not know."""
BROKEN = "fax"
"""The channel that no send ever reaches."""
TWO_OF_A_NAME = "Team lunch"
"""The name of two channels; a job that gives no more than this means neither."""
NAME = "Front desk"
LAUNCH = "Launch of 2030"
FLOW_S = 0.3
"""How long the channel flow keeps a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoChannel:
    """A channel, called *title* where people read of it."""

    title: str
    named: str
    """How jobs name it, in words."""
    arn: str
    posts: Sequence[Post]
    first: Target
    """What its first job gives as its channel, and *then* all the others."""
    then: Target
    seed: SeedChannel | None
    """How it is to begin with; None if the worker is to make it."""

    @property
    def has_flow(self) -> bool:
        """Whether its messages go through a channel flow."""
        return self.seed is not None and self.seed.flow is not None


def demo_channels(home: AppInstance) -> list[DemoChannel]:
    """All channels, in the order in which they are shown."""
    joined = SeedChannel("", members=(home.user_arn(BEARER_ID),))
    wrapped = "by id; wrapped in every way"
    by_name = f'by {{"name": "{NAME}"}}, found by listing'
    by_arn = {"arn": home.channel_arn("lounge")}
    alerts = home.channel_arn("alerts")
    named, flowing = replace(joined, name=NAME), replace(joined, flow=_flow_arn(home))
    return [
        _there(home, joined, title="orders", target="orders", named=wrapped, posts=texts.ORDERS),
        _there(
            home, joined, title="support", target={"id": "support"}, named='by {"id"}', posts=texts.SUPPORT
        ),
        _there(home, joined, title="alerts", target=alerts, named="by ARN", posts=texts.ALERTS),
        _there(home, SeedChannel(""), title="lounge", target=by_arn, named='by {"arn"}', posts=texts.LOUNGE),
        _there(home, named, title="front-desk", target={"name": NAME}, named=by_name, posts=texts.FRONT_DESK),
        _made(
            home,
            Named(LAUNCH),
            {"name": LAUNCH},
            create=True,
            title="launch",
            named='by {"name", "create"}, which makes it; then by {"name"}',
            posts=texts.LAUNCH,
        ),
        _made(
            home,
            OfMembers(tuple(home.user_arn(user) for user in USERS)),
            {"members": [*USERS]},
            create={"name": "Ana and Ben", "metadata": {"ticket": 31}},
            title="ana-and-ben",
            named='by {"members", "create"}, which makes it; then by {"members"}',
            posts=texts.PAIR,
        ),
        _there(
            home,
            flowing,
            title="receipts",
            target={"id": "receipts"},
            named="by id; its channel flow rewrites, and denies one",
            posts=texts.RECEIPTS,
        ),
        DemoChannel(
            title="workshop",
            named="by id; made by create_channel",
            arn=home.channel_arn("workshop"),
            posts=texts.WORKSHOP,
            first="workshop",
            then="workshop",
            seed=None,
        ),
        _there(
            home,
            joined,
            title="old-news",
            target="old-news",
            named="by id, in a delete_channel job",
            posts=(),
        ),
        _there(home, joined, title=BROKEN, target=BROKEN, named="by id; every send to it fails", posts=()),
    ]


def demo_seed(home: AppInstance) -> Seed:
    """What must be there before the jobs, beside the app instance and the worker's user."""
    twins = (SeedChannel(home.channel_arn(f"lunch-{n}"), name=TWO_OF_A_NAME) for n in (1, 2))
    there = (channel.seed for channel in demo_channels(home) if channel.seed is not None)
    flow = SeedFlow(_flow_arn(home), tuple(map(_treatment, texts.RECEIPTS)))
    users = tuple(home.user_arn(user) for user in (*USERS, ONE_MORE))
    return Seed(users=users, flows=(flow,), channels=(*there, *twins))


def _treatment(post: Post) -> Treatment:
    return Deny(delay_s=FLOW_S) if post.shown is None else Pass(delay_s=FLOW_S, content=post.shown)


def _there(
    home: AppInstance,
    like: SeedChannel,
    *,
    title: str,
    target: Target,
    named: str,
    posts: Sequence[Post],
) -> DemoChannel:
    """Describe a channel that is there from the start; its title is its id, and all else is as in *like*."""
    seed = replace(like, arn=home.channel_arn(title))
    return DemoChannel(
        title=title, named=named, arn=seed.arn, posts=posts, first=target, then=target, seed=seed
    )


def _made(
    home: AppInstance,
    sought: Sought,
    target: Mapping[str, object],
    *,
    create: object,
    title: str,
    named: str,
    posts: Sequence[Post],
) -> DemoChannel:
    """Describe a channel that the worker makes for the first job."""
    arn = home.channel_arn(derived_channel_id(home.arn, sought))
    first = {**target, "create": create}
    return DemoChannel(title=title, named=named, arn=arn, posts=posts, first=first, then=target, seed=None)


def _flow_arn(home: AppInstance) -> str:
    return f"{home.arn}/channel-flow/6f1d0f0e-0000-4000-8000-000000000001"
