"""Amazon Resource Names of Chime messaging: what ids and ARNs mean in our app instance. No look-ups."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected, quoted

# ChannelId and AppInstanceUserId of the service model (chime-sdk-messaging, chime-sdk-identity).
_ID = r"[A-Za-z0-9](?:[A-Za-z0-9:\-_.@]{0,62}[A-Za-z0-9])?"
_ID_RULE = "1 to 64 of A-Z a-z 0-9 : - _ . @, with a letter or digit at both ends"
_ONLY_ID = re.compile(_ID)
_ARN = re.compile(
    r"arn:(?P<partition>[a-z0-9-]{1,63}):chime:(?P<region>[a-z0-9-]{1,63}):(?P<account>[0-9]{12})"
    rf":app-instance/(?P<id>{_ID})(?:/(?P<kind>[a-z-]{{1,63}})/(?P<resource>{_ID}))?"
)

# For readers of JSON Schema: any app instance, as ours is a setting.
_IN_ANY_INSTANCE = rf"arn:[a-z0-9-]{{1,63}}:chime:[a-z0-9-]{{1,63}}:[0-9]{{12}}:app-instance/{_ID}"
CHANNEL_ID_PATTERN = f"^{_ID}$"
CHANNEL_ARN_PATTERN = f"^{_IN_ANY_INSTANCE}/channel/{_ID}$"
CHANNEL_PATTERN = f"^(?:(?!arn:){_ID}|{_IN_ANY_INSTANCE}/channel/{_ID})$"
MEMBER_PATTERN = f"^(?:(?!arn:){_ID}|{_IN_ANY_INSTANCE}/(?:user|bot)/{_ID})$"


@dataclass(frozen=True, slots=True)
class AppInstance:
    """The app instance whose channels we serve."""

    partition: str
    region: str
    account: str
    id: str

    @classmethod
    def parse(cls, text: str) -> AppInstance:
        """Read an app instance ARN, or raise ValueError with a sentence."""
        match = _ARN.fullmatch(text)
        if match is None or match["kind"] is not None:
            form = "arn:aws:chime:REGION:ACCOUNT:app-instance/ID"
            raise ValueError(f"{quoted(text)} is not the ARN of an app instance ({form}).")
        return cls(match["partition"], match["region"], match["account"], match["id"])

    @property
    def arn(self) -> str:
        """The app instance's own ARN."""
        return f"arn:{self.partition}:chime:{self.region}:{self.account}:app-instance/{self.id}"

    def channel_arn(self, channel_id: str) -> str:
        """Name a channel of this app instance."""
        return f"{self.arn}/channel/{channel_id}"

    def user_arn(self, user_id: str) -> str:
        """Name an app instance user."""
        return f"{self.arn}/user/{user_id}"


def resolve_channel(text: str, home: AppInstance) -> str:
    """Return the ARN meant by a channel ARN or id, or raise Rejected. What begins with `arn:` is an ARN."""
    return channel_of_arn(text, home) if text.startswith("arn:") else channel_of_id(text, home)


def channel_of_id(channel_id: str, home: AppInstance) -> str:
    """Return the ARN of the channel with this id in our app instance, or raise Rejected."""
    if _ONLY_ID.fullmatch(channel_id) is None:
        raise _invalid(f"channel: {quoted(channel_id)} is not a channel id ({_ID_RULE}).")
    return home.channel_arn(channel_id)


def channel_of_arn(arn: str, home: AppInstance) -> str:
    """Return a channel ARN of our app instance unchanged, or raise Rejected."""
    match = _match(arn, field="channel")
    if match["kind"] != "channel":
        raise _invalid(f"channel: this is the ARN of {_article(match)}, not of a channel.")
    if difference := _difference(match, home):
        raise Rejected(Reason.FOREIGN_CHANNEL, f"channel: {difference}.")
    return arn


def resolve_member(text: str, home: AppInstance, *, field: str = "member") -> str:
    """
    Return the ARN meant by a user id, or by the ARN of a user or bot of our app instance, or raise Rejected.

    *field* is the name under which the detail speaks of it.
    """
    if not text.startswith("arn:"):
        if _ONLY_ID.fullmatch(text) is None:
            raise _invalid(f"{field}: {quoted(text)} is not an app instance user id ({_ID_RULE}).")
        return home.user_arn(text)
    match = _match(text, field=field)
    if match["kind"] not in ("user", "bot"):
        raise _invalid(f"{field}: this is the ARN of {_article(match)}, not of an app instance user or bot.")
    if difference := _difference(match, home):
        raise _invalid(f"{field}: {difference}.")
    return text


def _match(arn: str, *, field: str) -> re.Match[str]:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise _invalid(f"{field}: {quoted(arn)} is not an ARN of Chime messaging.")
    return match


def _article(match: re.Match[str]) -> str:
    """Say what an ARN names."""
    kind = match["kind"]
    return "an app instance" if kind is None else f"a {kind}"


def _difference(match: re.Match[str], home: AppInstance) -> str | None:
    """Say where an ARN leaves our app instance, the widest part first; None if it does not."""
    parts = (
        ("partition", match["partition"], home.partition),
        ("region", match["region"], home.region),
        ("account", match["account"], home.account),
        ("app instance", match["id"], home.id),
    )
    for name, theirs, ours in parts:
        if theirs != ours:
            return f"its {name} is {theirs}, but this worker serves {ours}"
    return None


def _invalid(detail: str) -> Rejected:
    return Rejected(Reason.INVALID_JOB, detail)
