"""The app instance the emulator's tests live in, and a clock that they turn themselves."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2s

from worker.local.chime.errors import ChimeError
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.chime.treatments import Treatment

APP = "arn:aws:chime:us-east-1:123456789012:app-instance/shop"
ADMIN = f"{APP}/user/admin"
ANNA = f"{APP}/user/anna"
BEN = f"{APP}/user/ben"
HIDDEN = f"{APP}/user/auditor"
MODERATOR = f"{APP}/user/moderator"
STRANGER = f"{APP}/user/stranger"
BOT = f"{APP}/bot/helper"
ORDERS = f"{APP}/channel/orders"
PRIVATE = f"{APP}/channel/board"
FLOW = f"{APP}/channel-flow/moderation"

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = NOON

    def now(self) -> datetime:
        return self.instant

    def advance(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


def a_chime(clock: ManualClock, switches: Switches) -> Chime:
    """
    A shop: "orders" is public, "board" private; Anna, Ben and the bot are members of both.

    The admin is a member of nothing, the moderator moderates both without being a member.
    """
    chime = Chime(clock, switches=switches)
    chime.add_app_instance(APP)
    for user in (ADMIN, ANNA, BEN, HIDDEN, MODERATOR, STRANGER, BOT):
        chime.add_user(user)
    chime.add_admin(ADMIN)
    chime.add_channel(ORDERS, name="Orders")
    chime.add_channel(PRIVATE, name="Board", privacy="PRIVATE", mode="RESTRICTED")
    for channel in (ORDERS, PRIVATE):
        for member in (ANNA, BEN, BOT):
            chime.add_member(channel, member)
        chime.add_member(channel, HIDDEN, membership="HIDDEN")
        moderator = {"ChannelArn": channel, "ChannelModeratorArn": MODERATOR}
        chime.call("CreateChannelModerator", moderator, bearer=ADMIN)
    return chime


def a_message(
    text: str = "hello", *, channel: str = ORDERS, token: str | None = None, **more: object
) -> dict[str, object]:
    """The parameters of a send; every text has its own token unless one is given."""
    return {
        "ChannelArn": channel,
        "Content": text,
        "Type": "STANDARD",
        "Persistence": "PERSISTENT",
        "ClientRequestToken": token or blake2s(text.encode(), digest_size=16).hexdigest(),
        **more,
    }


def outcome(chime: Chime, operation: str, params: Mapping[str, object], *, bearer: str | None) -> str:
    """What a call comes to: "ok", or the name of the error."""
    try:
        chime.call(operation, params, bearer=bearer)
    except ChimeError as error:
        return error.code
    return "ok"


def give_flow(chime: Chime, *treatments: Treatment) -> None:
    """Give the channel "orders" a flow of this script."""
    chime.add_flow(FLOW, *treatments)
    chime.associate_flow(ORDERS, FLOW)


def texts_listed(chime: Chime, who: str, *, channel: str = ORDERS) -> list[object]:
    """The texts that a list of the channel shows to this bearer, newest first."""
    answer = chime.call("ListChannelMessages", {"ChannelArn": channel}, bearer=who)
    messages = answer["ChannelMessages"]
    assert isinstance(messages, list)
    return [message["Content"] for message in messages]


def named(sent: Mapping[str, object]) -> dict[str, object]:
    """The parameters that name a message that was sent."""
    return {"ChannelArn": sent["ChannelArn"], "MessageId": sent["MessageId"]}
