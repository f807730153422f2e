"""Channel flows: made, associated with channels, called back. What they do to a message is in processes."""

from collections.abc import Mapping, Sequence
from typing import cast

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.channels import face_of
from worker.local.chime.errors import bad_request, conflict, forbidden, not_found
from worker.local.chime.limits import check_sizes
from worker.local.chime.pages import page_by_key
from worker.local.chime.processes import CALLBACK_WINDOW_MS, Process
from worker.local.chime.records import Channel, ChannelFlow
from worker.local.chime.roles import may_manage
from worker.local.chime.store import Store, timestamp
from worker.local.chime.treatments import Attributes, Hold, Pass


def create_channel_flow(store: Store, call: Call) -> Answer:
    """Create a flow whose processor waits for its callback, unless it is given another script."""
    app_instance = store.app_instance(call)
    first = store.tokens.first_answer(call, app_instance.arn, switches=store.switches)
    if first is not None:
        return first
    arn = f"{app_instance.arn}/channel-flow/{store.new_uuid()}"
    flow = ChannelFlow(arn, call.text("Name"), _processors(call), (Hold(),), call.now_ms, call.now_ms)
    store.add_flow(flow)
    store.tag(arn, call)
    return store.tokens.remembered(call, app_instance.arn, answer={"ChannelFlowArn": arn})


def describe_channel_flow(store: Store, call: Call) -> Answer:
    """One flow, whole."""
    flow = store.flow_at(call.text("ChannelFlowArn"))
    times = {
        "CreatedTimestamp": timestamp(flow.created_ms),
        "LastUpdatedTimestamp": timestamp(flow.updated_ms),
    }
    return {"ChannelFlow": {**_summary(flow), **times}}


def update_channel_flow(store: Store, call: Call) -> Answer:
    """Give a flow another name and other processors."""
    flow = store.flow_at(call.text("ChannelFlowArn"))
    flow.name, flow.processors, flow.updated_ms = call.text("Name"), _processors(call), call.now_ms
    return {"ChannelFlowArn": flow.arn}


def delete_channel_flow(store: Store, call: Call) -> Answer:
    """Remove a flow that no channel is associated with."""
    flow = store.flow_at(call.text("ChannelFlowArn"))
    if any(channel.flow is flow for channel in store.channels.values()):
        raise conflict("The channel flow is associated with a channel")
    store.remove_flow(flow)
    return {}


def list_channel_flows(store: Store, call: Call) -> Answer:
    """The flows of an app instance."""
    flows = store.app_instance(call).flows.values()
    page, token = page_by_key(flows, call, key=lambda flow: flow.arn, switches=store.switches)
    return present(ChannelFlows=[_summary(flow) for flow in page], NextToken=token)


def list_channels_associated_with_channel_flow(store: Store, call: Call) -> Answer:
    """The channels whose messages go through a flow."""
    flow = store.flow_at(call.text("ChannelFlowArn"))
    found = (channel for channel in store.channels.values() if channel.flow is flow)
    page, token = page_by_key(found, call, key=lambda channel: channel.arn, switches=store.switches)
    return present(Channels=[face_of(store, call, channel) for channel in page], NextToken=token)


def associate_channel_flow(store: Store, call: Call) -> Answer:
    """From now on, send a channel's STANDARD messages through a flow; a channel has one at most."""
    channel = _managed(store, call)
    flow = store.flow_at(call.text("ChannelFlowArn"))
    if channel.app_instance is not store.owner_of(flow.arn):
        raise forbidden()
    if channel.flow not in (None, flow):
        raise conflict("The channel is associated with another channel flow")
    channel.flow = flow
    return {"ChannelArn": channel.arn}


def disassociate_channel_flow(store: Store, call: Call) -> Answer:
    """From now on, let a channel's messages be; what is in process stays so."""
    channel = _managed(store, call)
    if channel.flow is None or channel.flow.arn != call.text("ChannelFlowArn"):
        raise not_found("The channel is not associated with the channel flow")
    channel.flow = None
    return {}


def channel_flow_callback(store: Store, call: Call) -> Answer:
    """A processor's word on one message: let it through, changed where it says so, or deny it."""
    channel = store.channel_at(call.text("ChannelArn"))
    message = cast("Mapping[str, object]", call.params["ChannelMessage"])
    check_sizes(message, store.switches)
    process = _called_back(store, call, channel, message_id=str(message["MessageId"]))
    if call.params.get("DeleteResource"):
        store.processes.deny(process)
    else:
        store.processes.let_through(process, _passed(message), at_ms=call.now_ms)
    return {"ChannelArn": channel.arn, "CallbackId": process.callback_id}


def _called_back(store: Store, call: Call, channel: Channel, *, message_id: str) -> Process:
    """The process the callback is for; refused once its 48 hours are over, or if it has ended before."""
    process = store.processes.of(message_id)
    if process is None or process.channel_arn != channel.arn:
        raise forbidden()
    if process.callback_id != call.text("CallbackId"):
        raise forbidden()
    if call.now_ms - process.began_ms > CALLBACK_WINDOW_MS:
        raise forbidden()
    return process


def _passed(message: Mapping[str, object]) -> Pass:
    return Pass(
        content=cast("str | None", message.get("Content")),
        metadata=cast("str | None", message.get("Metadata")),
        attributes=cast("Attributes | None", message.get("MessageAttributes")),
        content_type=cast("str | None", message.get("ContentType")),
    )


def _processors(call: Call) -> Sequence[Mapping[str, object]]:
    """The processors in their order, no two of which may have the same place."""
    processors = cast("Sequence[Mapping[str, object]]", call.params["Processors"])
    order = [cast(int, processor["ExecutionOrder"]) for processor in processors]
    if len(set(order)) < len(order):
        raise bad_request("ExecutionOrder of the processors must be unique")
    return sorted(processors, key=lambda processor: cast(int, processor["ExecutionOrder"]))


def _summary(flow: ChannelFlow) -> Answer:
    return {"ChannelFlowArn": flow.arn, "Name": flow.name, "Processors": list(flow.processors)}


def _managed(store: Store, call: Call) -> Channel:
    channel = store.channel(call)
    if not may_manage(channel.roles_of(call.bearer)):
        raise forbidden()
    return channel


SERVED = {
    "CreateChannelFlow": create_channel_flow,
    "DescribeChannelFlow": describe_channel_flow,
    "UpdateChannelFlow": update_channel_flow,
    "DeleteChannelFlow": delete_channel_flow,
    "ListChannelFlows": list_channel_flows,
    "ListChannelsAssociatedWithChannelFlow": list_channels_associated_with_channel_flow,
    "AssociateChannelFlow": associate_channel_flow,
    "DisassociateChannelFlow": disassociate_channel_flow,
    "ChannelFlowCallback": channel_flow_callback,
}
