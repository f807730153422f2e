"""Searching channels by their members: those one belongs to, for admins all of the app instance."""

from collections.abc import Mapping, Sequence
from typing import cast

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.channels import is_described, summary
from worker.local.chime.errors import INVALID_BEARER, bad_request
from worker.local.chime.pages import page_by_key
from worker.local.chime.records import Channel
from worker.local.chime.store import Store


def search_channels(store: Store, call: Call) -> Answer:
    """The channels that satisfy every field; hidden members are nobody's to find."""
    if not call.bearer:
        # The service model lets the bearer out, the developer guide calls it mandatory.
        raise bad_request(INVALID_BEARER)
    fields = cast("Sequence[Mapping[str, object]]", call.params["Fields"])
    found = (
        channel
        for channel in store.channels_of(store.owner_of(call.bearer))
        if _open_to(channel, call.bearer)
        and is_described(store, call, channel)
        and all(_satisfies(channel, field) for field in fields)
    )
    page, token = page_by_key(found, call, key=lambda channel: channel.arn, switches=store.switches)
    return present(Channels=[summary(store, call, channel) for channel in page], NextToken=token)


def _open_to(channel: Channel, bearer: str) -> bool:
    return bearer in channel.members or bearer in channel.app_instance.admins


def _satisfies(channel: Channel, field: Mapping[str, object]) -> bool:
    """Whether its members are exactly those named (EQUALS), or all those named are among them (INCLUDES)."""
    named = set(cast("Sequence[str]", field["Values"]))
    members = {arn for arn, membership in channel.members.items() if membership.type == "DEFAULT"}
    return named == members if field["Operator"] == "EQUALS" else named <= members


SERVED = {"SearchChannels": search_channels}
