"""The words that make one job: which of them a job of each type takes, and its body. It sends nothing."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping

from worker.cli.words import UsageError
from worker.contract.fields import compact
from worker.contract.wire import WIRES, job_of

CHANNEL_WORDS = ("channel", "channel_name", "members")
_MESSAGE_WORDS = ("metadata", "content_type", "persistence")
_CREATION_WORDS = ("privacy", "mode", "name", "metadata", "moderators", "expiration_days")
_JOB_WORDS = ("type", "bearer", "not_before", "not_after", "message_of", "member", "membership_type")
WORDS = tuple(
    dict.fromkeys(
        ("text", *CHANNEL_WORDS, "create", "id", "message_id", *_JOB_WORDS, *_MESSAGE_WORDS, *_CREATION_WORDS)
    )
)
"""All words of one job; each is an attribute of the Namespace, None if it was not given."""

_FLAGS = {"text": "TEXT", "moderators": "--moderator"}
"""Those that are not written as their attributes are."""

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "send_message": ("text",),
    "update_message": ("message_of", "text"),
    "redact_message": ("message_of",),
    "delete_message": ("message_of",),
    "create_channel": (),
    "delete_channel": (),
    "add_members": ("member",),
    "remove_members": ("member",),
}
_TAKES: Mapping[str, tuple[str, ...]] = {
    "send_message": ("create", *_MESSAGE_WORDS),
    "update_message": ("message_id", "metadata", "content_type"),
    "redact_message": ("message_id",),
    "delete_message": ("message_id",),
    "create_channel": ("member", "membership_type", *_CREATION_WORDS),
    "delete_channel": (),
    "add_members": ("membership_type", "create"),
    "remove_members": (),
}
_OF_ALL = frozenset({*CHANNEL_WORDS, "id", "type", "bearer", "not_before", "not_after"})


def add_job_words(parser: ArgumentParser) -> None:
    """Take the words of one job."""
    add = parser.add_argument
    add("text", metavar="TEXT", nargs="?", help="content of the message; - reads it from stdin")
    add("--channel", help="channel id or ARN")
    add("--channel-name", metavar="NAME", help="the channel made for this name, or the only one called so")
    add("--members", metavar="USER,USER", help="the channel made for exactly these users, and the bearer")
    add("--create", action="store_const", const=True, help="make that channel if it is not there yet")
    add("--id", help="the job's id: at most one message, however often it is enqueued (default: a fresh one)")
    add("--type", choices=WIRES, metavar="TYPE", help=f"{', '.join(WIRES)} (default: send_message)")
    add("--message-of", metavar="JOB_ID", help="the job that sent the message to update, redact or delete")
    add("--message-id", metavar="ID", help="or that message's own id, as Chime gave it")
    add("--metadata", metavar="TEXT", help="the message's metadata; with create_channel the channel's")
    add("--content-type", metavar="TYPE", help="the message's content type")
    add("--persistence", metavar="P", help="PERSISTENT or NON_PERSISTENT (default: PERSISTENT)")
    add("--member", metavar="USER", action="append", help="a member to add or remove; may be repeated")
    add(
        "--membership-type",
        metavar="TYPE",
        help="DEFAULT or HIDDEN, of the members to add (default: DEFAULT)",
    )
    add("--privacy", metavar="P", help="of the channel to create: PUBLIC or PRIVATE")
    add("--mode", metavar="MODE", help="of the channel to create: UNRESTRICTED or RESTRICTED")
    add("--name", help="what the channel to create is called (default: its id or name)")
    add("--moderator", metavar="USER", dest="moderators", action="append", help="of the channel to create")
    add("--expiration-days", metavar="N", type=int, help="after its last message the channel is deleted")
    add("--bearer", metavar="USER", help="app instance user or bot to act as (default: the worker's own)")
    add("--not-before", metavar="INSTANT", help="RFC 3339, not done before, at most 12 h away")
    add("--not-after", metavar="INSTANT", help="RFC 3339, not done after")


def given_words(args: Namespace) -> list[str]:
    """List the words of one job that were given, as they are written."""
    return [_flag(word) for word in _given(args, WORDS)]


def check_words(args: Namespace) -> None:
    """Raise UsageError for words that make no job of the type, or contradict one another."""
    kind = args.type or "send_message"
    needs, given = _NEEDS[kind], _given(args, WORDS)
    for word in given:
        if word not in _OF_ALL and word not in needs and word not in _TAKES[kind]:
            raise UsageError(f"{_flag(word)} is not for {job_of(kind)}.")
    of_channel = [_flag(word) for word in CHANNEL_WORDS if word in given]
    if len(of_channel) > 1:
        raise UsageError(f"{' and '.join(of_channel)} all name the channel: give one of them.")
    if {"message_of", "message_id"} <= given.keys():
        raise UsageError("--message-of and --message-id both name the message: give one of them.")
    found = given.keys() | ({"message_of"} if args.message_id is not None else set())
    missing = [_flag(word) for word in needs if word not in found]
    if not of_channel or missing:
        wanted = " and ".join(["--channel", *missing] if not of_channel else missing)
        raise UsageError(f"give {wanted} for {job_of(kind)}, or --file for many jobs.")
    if args.create and args.channel is not None:
        raise UsageError("--create goes with --channel-name or --members, not with an id or ARN.")


def body_of(args: Namespace, content: str | None, *, job_id: str) -> str:
    """Write a job's body out of the words of the command line."""
    job = {"id": job_id, "channel": _channel(args), **_given(args, _JOB_WORDS)}
    if args.member is not None:
        job["members"] = job.pop("member")
    if args.message_id is not None:
        job["message_of"] = {"message_id": args.message_id}
    if content is not None:
        job["message"] = {"content": content, **_given(args, _MESSAGE_WORDS)}
    return compact(job)


def _channel(args: Namespace) -> object:
    creation = _given(args, _CREATION_WORDS) if args.type == "create_channel" else {}
    create = {"create": creation or True} if creation or args.create else {}
    if args.channel_name is not None:
        return {"name": args.channel_name, **create}
    if args.members is not None:
        return {"members": args.members.split(","), **create}
    return {"id": args.channel, **create} if create else args.channel


def _given(args: Namespace, words: Iterable[str]) -> dict[str, object]:
    return {word: value for word in words if (value := getattr(args, word)) is not None}


def _flag(word: str) -> str:
    return _FLAGS.get(word, "--" + word.replace("_", "-"))
