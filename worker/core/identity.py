"""
What is derived from a job: token and marker from its id, a channel's id from a name or from members.

The same gives the same, always. Nothing here is invented at random: a worker that never heard of the first
attempt derives what it sent, and workers that make one channel at once meet in it.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Literal, assert_never

from worker.contract.limits import MARKER_BYTES, MARKER_KEY
from worker.contract.targets import Named, OfMembers, Sought

MarkerStyle = Literal["hash", "plain", "off"]


def client_request_token(app_instance_arn: str, job_id: str) -> str:
    """Derive Chime's idempotency token: 52 characters of `[A-Z2-7]` (the model allows 2 to 64)."""
    return _digest("token", app_instance_arn, job_id)[:52]


def marker(app_instance_arn: str, job_id: str, *, style: MarkerStyle) -> str | None:
    """Derive the value under which a list shows the job's message again; None if markers are off."""
    match style:
        case "hash":
            return _digest("marker", app_instance_arn, job_id)[:26]
        case "plain" if len(MARKER_KEY) + len(job_id) <= MARKER_BYTES:
            return job_id
        case "plain":  # too long for what is kept free in the attributes: the hash always fits
            return marker(app_instance_arn, job_id, style="hash")
        case "off":
            return None


def possible_markers(app_instance_arn: str, job_id: str) -> frozenset[str]:
    """Return every marker the job's message may carry: the style may have been changed since it was sent."""
    styles: tuple[MarkerStyle, ...] = ("hash", "plain")
    return frozenset(one for style in styles if (one := marker(app_instance_arn, job_id, style=style)))


def derived_channel_id(app_instance_arn: str, target: Sought) -> str:
    """Derive the ChannelId of the channel made for a name, or for members: 52 characters of `[A-Z2-7]`."""
    match target:
        case Named(name=name):
            return _digest("channel of name", app_instance_arn, name)[:52]
        case OfMembers(member_arns=member_arns):
            return _digest("channel of members", app_instance_arn, *member_arns)[:52]
        case _:
            assert_never(target)


def _digest(purpose: str, *parts: str) -> str:
    """Hash length-prefixed parts, so that no two lists of parts read the same; base32."""
    sha = hashlib.sha256()
    for part in (purpose, *parts):
        raw = part.encode()
        sha.update(len(raw).to_bytes(4, "big") + raw)
    return base64.b32encode(sha.digest()).decode().rstrip("=")
