"""Where the demo's faults strike: by the seed alone, and all of them."""

from collections.abc import Sequence
from random import Random

from worker.local.chime.faults import FaultPlan
from worker.local.demo_faults import SEND_FAULTS, NamedRule, demo_faults
from worker.local.demo_jobs import TEXTS

CHANNELS = list(TEXTS)


def test_every_fault_strikes_though_no_message_is_sent_twice() -> None:
    for seed in range(300):
        struck = play(demo_faults(Random(seed), CHANNELS))

        assert [1] * (len(SEND_FAULTS) + 1) == struck, f"seed {seed}"


def test_the_same_seed_places_the_faults_the_same_and_another_elsewhere() -> None:
    one, again, other = (demo_faults(Random(seed), CHANNELS) for seed in (1, 1, 2))

    assert one == again
    assert one != other


def play(rules: Sequence[NamedRule]) -> list[int]:
    """Send the fewest messages that the demo can do with, and one list; return how often each rule struck."""
    plan = FaultPlan(Random(0), rules=[named.rule for named in rules])
    for channel, texts in TEXTS.items():
        for _ in texts:
            plan.fault_for("SendChannelMessage", channel=channel, bearer="")
    plan.fault_for("ListChannelMessages", channel=CHANNELS[0], bearer="")
    return [struck for _, struck in plan.struck()]
