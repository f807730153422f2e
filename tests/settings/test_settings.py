"""What settings mean once they are right."""

from pathlib import Path

import pytest

from worker.settings import Settings, Texts, load
from worker.settings.ledger_url import DynamoDbTable, InMemory, LedgerUrl, SqliteFile
from worker.settings.outcomes_target import EventBus, Topic
from worker.settings.queue_url import QueueUrl
from worker.settings.table import markdown_of, rows_of

QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"
HOME = "arn:aws:chime:us-east-1:111122223333:app-instance/abc-123"
GOOD = {"WORKER_QUEUE_URL": QUEUE, "WORKER_APP_INSTANCE_ARN": HOME}


def settings_with(**environment: str) -> Settings:
    return load(Texts(environment={**GOOD, **environment}))


def test_two_settings_are_enough() -> None:
    settings = settings_with()

    assert QUEUE == settings.queue_url.url
    assert HOME == settings.app_instance.arn
    assert (f"{HOME}/user/backend_worker",) == settings.bearer_arns == settings.allowed_bearers
    assert SqliteFile(Path("worker-ledger.db")) == settings.ledger
    assert (64, 60, 8) == (settings.concurrency, settings.visibility_timeout_s, settings.max_attempts)
    assert ("us-east-1", "us-east-1", None) == (
        settings.chime_region,
        settings.queue_region,
        settings.queue_endpoint,
    )


def test_flags_go_over_the_environment_and_empty_ones_do_not() -> None:
    environment = {**GOOD, "WORKER_CONCURRENCY": "2", "WORKER_MAX_ATTEMPTS": "3"}

    settings = load(Texts(environment, flags={"WORKER_CONCURRENCY": "5", "WORKER_MAX_ATTEMPTS": " "}))

    assert (5, 3) == (settings.concurrency, settings.max_attempts)


def test_white_space_around_a_value_and_the_case_of_words_do_not_matter() -> None:
    settings = settings_with(
        WORKER_QUEUE_URL=f" {QUEUE}\r\n", WORKER_MARKER="Plain", WORKER_JOIN_CHANNELS="FALSE"
    )

    assert (QUEUE, "plain", False) == (settings.queue_url.url, settings.marker, settings.join_channels)


@pytest.mark.parametrize(("region", "ceilings"), [("us-east-1", (10, 30)), ("eu-central-1", (5, 10))])
def test_ceilings_are_those_of_chimes_region(region: str, ceilings: tuple[int, int]) -> None:
    settings = settings_with(WORKER_APP_INSTANCE_ARN=HOME.replace("us-east-1", region))

    assert ceilings == (settings.bearer_rate, settings.channel_rate)


def test_ceilings_can_be_set() -> None:
    settings = settings_with(WORKER_BEARER_RATE="2.5", WORKER_CHANNEL_RATE="1")

    assert (2.5, 1) == (settings.bearer_rate, settings.channel_rate)


def test_bearers_are_ids_and_arns_and_globs_may_allow_more() -> None:
    settings = settings_with(
        WORKER_BEARER=f"a, {HOME}/bot/helper", WORKER_ALLOWED_BEARERS=f"user/*,{HOME}/bot/h*"
    )

    assert (f"{HOME}/user/a", f"{HOME}/bot/helper") == settings.bearer_arns
    assert ("user/*", f"{HOME}/bot/h*") == settings.allowed_bearers


LEDGERS: list[tuple[str, LedgerUrl]] = [
    ("memory:", InMemory()),
    ("MEMORY://", InMemory()),
    ("sqlite:///a/b.db", SqliteFile(Path("a/b.db"))),
    ("sqlite:////data/b.db", SqliteFile(Path("/data/b.db"))),
    ("dynamodb://jobs.v2", DynamoDbTable("jobs.v2")),
]


@pytest.mark.parametrize(("text", "ledger"), LEDGERS, ids=[text for text, _ in LEDGERS])
def test_a_ledger_is_named_by_its_url(text: str, ledger: LedgerUrl) -> None:
    assert ledger == settings_with(WORKER_LEDGER=text).ledger


def test_outcomes_go_to_a_queue_a_topic_or_a_bus() -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:outcomes.fifo"
    bus = "arn:aws:events:eu-west-1:111122223333:event-bus/default"

    assert Topic(topic, "eu-west-1") == settings_with(WORKER_OUTCOMES=topic).outcomes
    assert EventBus(bus, "eu-west-1") == settings_with(WORKER_OUTCOMES=bus).outcomes
    assert isinstance(settings_with(WORKER_OUTCOMES=f"{QUEUE}-outcomes").outcomes, QueueUrl)


def test_a_third_of_the_visibility_timeout_bounds_a_call() -> None:
    assert 10 == settings_with().call_deadline_s
    assert 3 == settings_with(WORKER_VISIBILITY_TIMEOUT_S="9").call_deadline_s


def test_the_admin_port_may_be_off() -> None:
    assert None is settings_with(WORKER_ADMIN_PORT="OFF").admin_port
    assert 0 == settings_with(WORKER_ADMIN_PORT="0").admin_port


def test_the_table_tells_values_and_where_they_came_from() -> None:
    texts = Texts(
        {**GOOD, "WORKER_BEARER": "me", "WORKER_LEDGER": "s3cret"}, flags={"WORKER_CONCURRENCY": "5"}
    )

    rows = {row.name: row for row in rows_of(texts, mistaken={"WORKER_LEDGER"})}

    assert ("5", "flag") == (rows["WORKER_CONCURRENCY"].value, rows["WORKER_CONCURRENCY"].source)
    assert ("me", "environment") == (rows["WORKER_BEARER"].value, rows["WORKER_BEARER"].source)
    assert ("8", "default") == (rows["WORKER_MAX_ATTEMPTS"].value, rows["WORKER_MAX_ATTEMPTS"].source)
    assert ("***", "environment") == (rows["WORKER_LEDGER"].value, rows["WORKER_LEDGER"].source)


def test_the_bearer_is_masked_while_its_app_instance_is_mistaken() -> None:
    rows = rows_of(Texts({"WORKER_BEARER": "s3cret"}), mistaken={"WORKER_APP_INSTANCE_ARN"})

    assert "s3cret" not in {row.value for row in rows}


def test_the_readme_table_has_a_line_for_every_setting() -> None:
    lines = markdown_of(rows_of(Texts({}))).splitlines()

    assert len(Settings.model_fields) + 2 == len(lines)
    assert "| `WORKER_ADMIN_PORT` | 8080 | their port; 0 = a free one (logged) |" in lines
