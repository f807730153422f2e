"""What goes wrong beneath a command, in words for people. It decides which exit code that is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from worker.cli.exit_codes import Failed
from worker.settings import Mistake, Mistaken, Settings

if TYPE_CHECKING:
    from worker.adapters.sqs_calls import QueueNotFound


@contextmanager
def in_words(settings: Settings) -> Iterator[None]:
    """Turn what adapters raise into Mistaken, if a setting is to blame, or into Failed."""
    from botocore.exceptions import (  # noqa: PLC0415 (`--help` has no time for it)
        BotoCoreError,
        ClientError,
        ConfigParseError,
        PartialCredentialsError,
        ProfileNotFound,
    )

    from worker.adapters.ledger.refused import LedgerRefused  # noqa: PLC0415
    from worker.adapters.sqs_calls import QueueNotFound  # noqa: PLC0415
    from worker.ports import LedgerUnavailable, QueueUnavailable  # noqa: PLC0415

    try:
        yield
    except LedgerRefused as refused:
        raise mistaken("WORKER_LEDGER", str(refused)) from refused
    except QueueNotFound as missing:
        raise _missing_queue(missing, settings) from missing
    except ProfileNotFound as fault:
        raise mistaken("AWS_PROFILE", f"{fault}: name one that the AWS configuration has.") from fault
    except ConfigParseError as fault:
        raise mistaken("AWS_CONFIG_FILE", f"{fault}.") from fault
    except PartialCredentialsError as fault:
        raise mistaken("AWS_ACCESS_KEY_ID", f"{fault}: set both parts of the key.") from fault
    except QueueUnavailable as fault:
        raise Failed(
            f"SQS cannot be used ({fault}): check the network, credentials and the policy."
        ) from fault
    except LedgerUnavailable as fault:
        raise Failed(str(fault)) from fault
    except (BotoCoreError, ClientError) as fault:  # while the clients are made: their credentials
        raise Failed(f"No AWS credentials can be had ({type(fault).__name__}).") from fault


def mistaken(name: str, sentence: str) -> Mistaken:
    """Blame one setting."""
    return Mistaken((Mistake(name, sentence),))


def _missing_queue(missing: QueueNotFound, settings: Settings) -> Mistaken:
    letters = settings.dead_letter_queue_url
    if missing.queue == settings.queue_url.url:
        return mistaken("WORKER_QUEUE_URL", "there is no such queue: check its name, account and region.")
    if letters is not None:
        return mistaken(
            "WORKER_DEAD_LETTER_QUEUE_URL", "there is no such queue: check its name, account and region."
        )
    return mistaken(
        "WORKER_QUEUE_URL",
        f"its redrive policy names {missing.queue}, which does not exist: mend the policy, "
        "or set WORKER_DEAD_LETTER_QUEUE_URL.",
    )
