"""Where the demo's faults strike: by the seed alone, and all of them."""

from collections.abc import Sequence
from random import Random

from worker.contract.arns import AppInstance
from worker.local.chime.faults import FaultPlan
from worker.local.demo_channels import demo_channels
from worker.local.demo_faults import ALWAYS, OTHER_FAULTS, SEND_FAULTS, NamedRule, demo_faults

CHANNELS = demo_channels(
    AppInstance.parse(
        "arn:aws:chime:us-east-1:123456789012:app-instance/22222222-2222-4333-8444-555555555555"
    )
)


def test_every_fault_strikes_though_no_message_is_sent_twice() -> None:
    for seed in range(300):
        struck = play(demo_faults(Random(seed), CHANNELS))

        assert [1] * (len(SEND_FAULTS) + len(OTHER_FAULTS)) == struck, f"seed {seed}"


def test_no_send_to_the_broken_channel_is_ever_stored() -> None:
    [broken] = [channel.arn for channel in CHANNELS if channel.title == "fax"]
    plan = FaultPlan(Random(0), rules=[named.rule for named in demo_faults(Random(1), CHANNELS)])
    faults = [plan.fault_for("SendChannelMessage", channel=broken, bearer="") for _ in range(20)]

    assert None not in faults


def test_a_channel_with_a_flow_is_left_alone_so_that_its_messages_are_accepted_and_not_seen() -> None:
    [with_flow] = [channel.arn for channel in CHANNELS if channel.has_flow]

    assert with_flow not in {named.rule.channel for named in demo_faults(Random(1), CHANNELS)}


def test_the_same_seed_places_the_faults_the_same_and_another_elsewhere() -> None:
    one, again, other = (demo_faults(Random(seed), CHANNELS) for seed in (1, 1, 2))

    assert one == again
    assert one != other


def play(rules: Sequence[NamedRule]) -> list[int]:
    """Make the fewest calls that the demo can do with; return how often each rule struck, but for one."""
    plan = FaultPlan(Random(0), rules=[named.rule for named in rules])
    for channel in CHANNELS:
        for _ in channel.posts:
            plan.fault_for("SendChannelMessage", channel=channel.arn, bearer="")
    for _, operation, _ in OTHER_FAULTS:
        plan.fault_for(operation, channel=CHANNELS[0].arn, bearer="")
    return [times for named, (_, times) in zip(rules, plan.struck(), strict=True) if named.name != ALWAYS]
