"""The app instance we serve and the bearers we serve it as, by their ARNs."""

import re

from worker.contract.arns import AppInstance

CHIME_REGIONS = ("us-east-1", "eu-central-1")

_INSIDE = re.compile(
    r"(?P<app_instance>arn:aws[a-z-]*:chime:(?P<region>[a-z0-9-]+):\d{12}:app-instance/[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?)"
    r"(?:/(?P<kind>[a-z-]+)/(?P<id>[^/]+))?",
    re.ASCII,
)
_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9:_.@-]{0,62}[A-Za-z0-9])?", re.ASCII)
_PATTERN = re.compile(r"(?:(?:user|bot)/)?[A-Za-z0-9:_.@*?\[\]!-]+", re.ASCII)
_LIKE = "arn:aws:chime:us-east-1:111122223333:app-instance/ID"


def parse_app_instance(text: str) -> AppInstance:
    """Parse the ARN of an app instance where Chime messaging exists. Raises ValueError with the mend."""
    found = _INSIDE.fullmatch(text)
    if not found:
        raise ValueError(
            f"must be the ARN of an app instance, like {_LIKE}: "
            "`aws chime-sdk-identity list-app-instances` prints it."
        )
    if found["region"] not in CHIME_REGIONS:
        raise ValueError(
            f"is in {found['region']}, where Amazon Chime SDK messaging does not exist: "
            f"it exists in {' and '.join(CHIME_REGIONS)}."
        )
    if found["kind"]:
        raise ValueError(f"is a {found['kind']}'s ARN: the app instance's is {found['app_instance']}")
    return AppInstance.parse(text)


def parse_bearers(text: str, home: AppInstance) -> tuple[str, ...]:
    """Parse user ids, user and bot ARNs, separated by commas, into ARNs. Raises ValueError with the mend."""
    arns = tuple(_bearer(item.strip(), home) for item in text.split(","))
    if len(set(arns)) < len(arns):
        raise ValueError("names a bearer twice: name each once.")
    return arns


def parse_bearer_patterns(text: str, home: AppInstance) -> tuple[str, ...]:
    """Parse a comma-separated list of globs on user ids, user/ID, bot/ID or whole ARNs."""
    patterns = tuple(item.strip() for item in text.split(","))
    for pattern in patterns:
        inside = pattern.removeprefix(f"{home.arn}/")
        if not _PATTERN.fullmatch(inside) or (inside != pattern and "/" not in inside):
            raise ValueError(
                "must be globs separated by commas: user ids, user/..., bot/..., "
                f"or ARNs that begin with {home.arn}/"
            )
    return patterns


def _bearer(item: str, home: AppInstance) -> str:
    if _ID.fullmatch(item) and not item.startswith("arn:"):
        return home.user_arn(item)
    found = _INSIDE.fullmatch(item)
    if not found or found["kind"] not in ("user", "bot") or not _ID.fullmatch(found["id"]):
        raise ValueError(
            "must be an app instance user's id or the ARN of a user or bot "
            f"({home.arn}/user/ID, {home.arn}/bot/ID), several separated by commas."
        )
    if found["app_instance"] != home.arn:
        raise ValueError(f"names something of another app instance: it must begin with {home.arn}/")
    return item
