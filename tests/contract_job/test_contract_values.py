"""The small nouns of the contract: reasons, outcomes, refusals, instants, ARNs and bearers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contract_job.bodies import HOME
from worker.contract.arns import AppInstance, resolve_channel, resolve_member
from worker.contract.bearers import bearer_allowed
from worker.contract.instants import parse_instant
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected, quoted


def test_the_reasons_are_those_of_the_contract() -> None:
    """The codes are an API: none is renamed, and none is lost."""
    codes = [
        "unreadable",
        "not_a_job",
        "invalid_job",
        "id_conflict",
        "content_too_large",
        "metadata_too_large",
        "foreign_channel",
        "channel_not_found",
        "ambiguous_channel",
        "bearer_not_allowed",
        "bearer_invalid",
        "not_a_member",
        "forbidden_or_missing_channel",
        "bad_request",
        "unknown_message",
        "members_refused",
        "attempts_exhausted",
        "crash_loop",
        "retention_ending",
        "bug",
    ]

    assert codes == list(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_found_by_its_code_and_explains_itself(reason: Reason) -> None:
    """The sentence says what happened and, after a colon, what to do."""
    found = Reason(str(reason))

    assert found is reason
    assert ": " in found.sentence
    assert found.sentence.endswith(".")
    assert len(found.sentence.encode()) <= 1024


@pytest.mark.parametrize("outcome", Outcome)
def test_outcomes_have_the_consequences_of_the_contract(outcome: Outcome) -> None:
    """Two go to the dead-letter queue, one is provisional, three prove that nothing was sent."""
    assert outcome.goes_to_dead_letter_queue == (outcome in {"rejected", "exhausted"})
    assert outcome.is_final == (outcome != "accepted")
    assert outcome.possibly_sent == (outcome not in {"expired", "rejected", "exhausted"})


def test_the_outcomes_are_those_of_the_contract() -> None:
    """The names are an API."""
    names = [
        "delivered",
        "accepted",
        "failed",
        "denied",
        "expired",
        "rejected",
        "exhausted",
        "done",
        "unverifiable",
    ]

    assert names == list(Outcome)


def test_a_detail_holds_no_raw_control_character_and_at_most_1_kb() -> None:
    """It is shown in terminals, logs and pages, and is an SQS attribute."""
    refusal = Rejected(Reason.BUG, 'x\n{"level": "error"}\x1b[31m\u2028\u202e\ud800\x85' + "é" * 1000)

    assert refusal.detail.startswith(r'x\n{"level": "error"}\x1b[31m\u2028\u202e\ud800\x85é')
    assert refusal.detail.endswith("é…")
    assert len(refusal.detail.encode()) <= 1024
    assert str(refusal) == f"bug: {refusal.detail}"


def test_a_quoted_value_is_short() -> None:
    """Whatever came from outside takes no more than a line."""
    assert quoted("a\tb") == r'"a\tb"'
    assert len(quoted("é" * 100_000).encode()) <= 82


INSTANTS = {
    "zulu": ("2030-01-31T09:30:00Z", datetime(2030, 1, 31, 9, 30, tzinfo=UTC)),
    "lower-case": ("2030-01-31t09:30:00z", datetime(2030, 1, 31, 9, 30, tzinfo=UTC)),
    "ahead": ("2030-01-31T00:30:00+01:30", datetime(2030, 1, 30, 23, tzinfo=UTC)),
    "behind": ("2030-12-31T23:30:00-05:00", datetime(2031, 1, 1, 4, 30, tzinfo=UTC)),
    "one-digit": ("2030-01-31T09:30:00.5Z", datetime(2030, 1, 31, 9, 30, 0, 500_000, tzinfo=UTC)),
    "nine-digits": ("2030-01-31T09:30:00.123456789Z", datetime(2030, 1, 31, 9, 30, 0, 123_456, tzinfo=UTC)),
    "leap-day": ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
    "last": ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "past": ("1969-12-31T23:59:59Z", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
}


@pytest.mark.parametrize(("text", "instant"), INSTANTS.values(), ids=INSTANTS)
def test_an_instant_is_read_as_utc(text: str, instant: datetime) -> None:
    """Any offset, any number of fraction digits."""
    assert instant == parse_instant(text)
    assert parse_instant(text).tzinfo is UTC


NO_INSTANTS = {
    "no-offset": ("2031-01-31T09:30:00", "with offset"),
    "date": ("2031-01-31", "with offset"),
    "epoch": ("1893456000", "with offset"),
    "no-date": ("tomorrow", "with offset"),
    "basic-format": ("20300131T093000Z", "with offset"),
    "offset-without-colon": ("2030-01-31T09:30:00+0100", "with offset"),
    "offset-of-a-day": ("2030-01-31T09:30:00+24:00", "with offset"),
    "comma": ("2030-01-31T09:30:00,5Z", "with offset"),
    "empty-fraction": ("2030-01-31T09:30:00.Z", "with offset"),
    "newline": ("2030-01-31T09:30:00Z\n", "with offset"),
    "other-digits": ("\uff12\uff10\uff13\uff10-01-31T09:30:00Z", "with offset"),
    "leap-second": ("2030-06-30T23:59:60Z", "leap second"),
    "24-o-clock": ("2030-01-31T24:00:00Z", "24 o'clock"),
    "february-30": ("2030-02-30T00:00:00Z", "calendar"),
    "minute-60": ("2030-01-31T09:60:00Z", "calendar"),
    "year-0": ("0000-01-01T00:00:00Z", "calendar"),
    "before-year-1": ("0001-01-01T00:00:00+01:00", "calendar"),
    "after-year-9999": ("9999-12-31T23:59:59-01:00", "calendar"),
}


@pytest.mark.parametrize(("text", "named"), NO_INSTANTS.values(), ids=NO_INSTANTS)
def test_what_is_no_instant_is_refused_with_a_sentence(text: str, named: str) -> None:
    """The sentence says what is expected and does not repeat the text."""
    with pytest.raises(ValueError, match=named) as caught:
        parse_instant(text)

    assert text not in str(caught.value)


def test_an_app_instance_names_itself_its_channels_and_its_users() -> None:
    """The ARN is read and written without loss."""
    home = AppInstance.parse(HOME)

    assert AppInstance(partition="aws", region="us-east-1", account="123456789012", id="3ab1f1b6") == home
    assert [HOME, f"{HOME}/channel/c", f"{HOME}/user/u"] == [
        home.arn,
        home.channel_arn("c"),
        home.user_arn("u"),
    ]


@pytest.mark.parametrize(
    "text", ["", "demo", f"{HOME}/user/alice", f"{HOME}/", f"{HOME}\n", HOME.replace("chime", "sqs")]
)
def test_what_is_no_app_instance_is_refused(text: str) -> None:
    """Neither a part of the ARN nor one of something in it will do."""
    with pytest.raises(ValueError, match="is not the ARN of an app instance"):
        AppInstance.parse(text)


def test_text_that_begins_with_arn_is_an_arn_and_never_an_id() -> None:
    """`arn:x` would also fit Chime's pattern of an id; a mistyped ARN must not name a channel."""
    home = AppInstance.parse(HOME)

    with pytest.raises(Rejected, match="is not an ARN"):
        resolve_channel("arn:aws:chime", home)
    with pytest.raises(Rejected, match=r"member: .* is not an ARN"):
        resolve_member("arn:aws:chime", home)


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("alice", f"{HOME}/user/alice"),
        (f"{HOME}/user/alice", f"{HOME}/user/alice"),
        (f"{HOME}/bot/b", f"{HOME}/bot/b"),
    ],
)
def test_a_member_is_a_user_by_id_or_a_user_or_bot_by_arn(text: str, arn: str) -> None:
    """A bot needs its ARN."""
    assert arn == resolve_member(text, AppInstance.parse(HOME))


BEARERS = {
    "bare-id": ("user/alice", ("alice",), True),
    "bare-glob": ("user/backend_2", ("backend_*",), True),
    "one-of-many": ("user/bob", ("alice", "bob"), True),
    "any-user": ("user/alice", ("user/*",), True),
    "any-bot": ("bot/helper", ("bot/*",), True),
    "full-arn": ("bot/helper", (f"{HOME}/bot/helper",), True),
    "full-arn-glob": ("user/alice", ("arn:aws:chime:*/user/a*",), True),
    "nobody": ("user/alice", (), False),
    "other-id": ("user/alice2", ("alice",), False),
    "other-case": ("user/Alice", ("alice",), False),
    "user-is-no-bot": ("bot/alice", ("user/*",), False),
    "bare-star-is-no-bot": ("bot/alice", ("*",), False),
}


@pytest.mark.parametrize(("bearer", "patterns", "allowed"), BEARERS.values(), ids=BEARERS)
def test_a_bearer_is_allowed_by_pattern(bearer: str, patterns: tuple[str, ...], allowed: bool) -> None:
    """Globs match the part after the app instance, a bare user id, or the whole ARN."""
    assert allowed == bearer_allowed(f"{HOME}/{bearer}", patterns, AppInstance.parse(HOME))


def test_a_bearer_of_another_app_instance_is_never_allowed() -> None:
    """Not even by a pattern that matches everything."""
    foreign = HOME.replace("3ab1f1b6", "3ab1f1b7")

    assert not bearer_allowed(f"{foreign}/user/alice", ("arn:*", "*"), AppInstance.parse(HOME))
