"""What the demo sets out to show: enough of everything, and each job for an end that it can come to."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from worker.contract.arns import AppInstance
from worker.contract.envelopes import opened
from worker.contract.job import parse_job
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.contract.wire import WIRES
from worker.local import demo_wrappings
from worker.local.demo_bad_jobs import NOT_SHOWN
from worker.local.demo_channels import demo_channels, demo_seed
from worker.local.demo_ends import Arrives, Changes, DeadLetters, DemoJob, StaysAway
from worker.local.demo_jobs import demo_jobs

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOME = AppInstance.parse(
    "arn:aws:chime:us-east-1:123456789012:app-instance/22222222-2222-4333-8444-555555555555"
)
JOBS = demo_jobs(NOW, HOME)
BY_THE_JOB_ALONE = {
    Reason.UNREADABLE,
    Reason.NOT_A_JOB,
    Reason.INVALID_JOB,
    Reason.CONTENT_TOO_LARGE,
    Reason.METADATA_TOO_LARGE,
    Reason.FOREIGN_CHANNEL,
}
"""The reasons that need neither Chime nor ledger nor settings."""
SEVERAL = 2


def test_the_demo_has_sixty_jobs_and_more_over_nine_channels_that_no_two_could_be_taken_for() -> None:
    contents = [job.end.content for job in JOBS if isinstance(job.end, Arrives | StaysAway)]

    assert 60 <= len(JOBS)
    assert 9 == len({job.end.channel for job in JOBS if isinstance(job.end, Arrives)})
    assert len(contents) == len(set(contents))
    assert len(JOBS) == len({job.body for job in JOBS})


def test_what_a_channel_flow_is_to_take_out_of_a_message_is_no_text_of_the_demo_any_more() -> None:
    [receipts] = [channel for channel in demo_channels(HOME) if channel.has_flow]
    [flow] = demo_seed(HOME).flows
    contents = {job.end.content for job in JOBS if isinstance(job.end, Arrives)}
    rewritten = {post.text for post in receipts.posts if post.shown != post.text}

    assert SEVERAL <= len(rewritten)
    assert not rewritten & contents
    assert len(receipts.posts) == len(flow.treatments)


def test_every_wrapping_comes_and_three_of_them_in_one_another() -> None:
    used = {post.wrap for channel in demo_channels(HOME) for post in channel.posts}

    assert used == {
        demo_wrappings.bare,
        demo_wrappings.sns,
        demo_wrappings.event_bridge,
        demo_wrappings.cloud_event,
        demo_wrappings.cloud_event_base64,
        demo_wrappings.three_deep,
    }


def test_every_type_of_job_comes_and_is_to_succeed() -> None:
    types = {
        str(opened(job.body).get("type", "send_message"))
        for job in JOBS
        if not isinstance(job.end, DeadLetters)
    }

    assert WIRES.keys() == types


def test_a_change_comes_after_the_message_that_it_is_of_and_shows_in_that_channel() -> None:
    places = {job.id: place for place, job in enumerate(JOBS)}
    changes = [job for job in JOBS if isinstance(job.end, Changes) and "message_of" in opened(job.body)]

    assert ["update_message", "redact_message", "delete_message"] == sorted(
        (str(opened(job.body)["type"]) for job in changes), key=list(WIRES).index
    )
    for change in changes:
        sent = places[str(opened(change.body)["message_of"])]
        assert sent < places[change.id]
        assert opened(JOBS[sent].body)["channel"] == opened(change.body)["channel"]


def test_a_message_stays_away_in_each_way_once() -> None:
    outcomes = Counter(job.end.outcome for job in JOBS if isinstance(job.end, StaysAway))

    assert {Outcome.EXPIRED: 1, Outcome.DENIED: 1, Outcome.DELIVERED: 1} == outcomes


def test_every_form_of_a_channel_comes_in_a_job_that_is_to_arrive() -> None:
    forms = Counter(form_of(opened(job.body)["channel"]) for job in JOBS if isinstance(job.end, Arrives))

    assert forms.keys() == {
        "an ARN",
        "an id",
        "arn",
        "id",
        "name",
        "name create",
        "members",
        "members create",
    }


def test_the_worker_has_channels_to_make_and_one_to_join() -> None:
    channels = demo_channels(HOME)
    there = {channel.arn: channel.members for channel in demo_seed(HOME).channels}
    made = [channel.title for channel in channels if channel.arn not in there]
    joined = [channel.title for channel in channels if there.get(channel.arn) == ()]

    assert ["launch", "ana-and-ben", "workshop"] == made
    assert ["lounge"] == joined


def test_every_reason_has_one_dead_letter_or_a_cause_why_not() -> None:
    shown = Counter(job.end.reason for job in JOBS if isinstance(job.end, DeadLetters))

    assert {1} == set(shown.values())
    assert not shown.keys() & NOT_SHOWN.keys()
    assert set(Reason) == shown.keys() | NOT_SHOWN.keys()


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.what)
def test_a_body_is_refused_as_it_stands_only_if_that_is_its_end(job: DemoJob) -> None:
    expected = job.end.reason if isinstance(job.end, DeadLetters) else None
    job_id, reason = parsed(job.body)

    assert (expected if expected in BY_THE_JOB_ALONE else None) == reason
    assert job.id == job_id


def test_only_an_id_conflict_has_the_id_of_another_job() -> None:
    ids = [job.id for job in JOBS if job.id is not None and job.end.outcome is not None]
    [conflict] = [job for job in JOBS if job.end == DeadLetters(Reason.ID_CONFLICT, None)]

    assert len(ids) == len(set(ids))
    assert conflict.id in ids


def parsed(body: str) -> tuple[str | None, Reason | None]:
    try:
        return parse_job(body, home=HOME, sent_at=NOW).id, None
    except Rejected as rejected:
        return rejected.job_id, rejected.reason


def form_of(channel: object) -> str:
    match channel:
        case str():
            return "an ARN" if channel.startswith("arn:") else "an id"
        case dict():
            return " ".join(channel)
        case _:
            pytest.fail(f"no form of a channel: {channel!r}")
