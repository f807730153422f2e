"""CloudEvents 1.0 in structured JSON: what an event carries, and the job id it stands for. Nothing else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected, quoted
from worker.contract.strict_json import loads
from worker.contract.wire import FIELD_NAMES

# A media subtype that is `json` or ends in `+json` (CloudEvents, JSON event format, 3.1); then parameters.
_JSON_MEDIA_TYPE = re.compile(r"[^/;\s]+/(?:[^/;\s]+\+)?json\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)


def data_of(event: Mapping[str, object], *, name: str) -> object:
    """
    Return the JSON value that an event carries, or raise Rejected. Extensions are ignored.

    *name* is how details speak of the event.
    """
    version, data, encoded = event["specversion"], event.get("data"), event.get("data_base64")
    if version != "1.0":
        raise _not_a_job(f"The specversion of {name} is {quoted(str(version))}: only 1.0 is understood.")
    if data is not None and encoded is not None:
        raise _not_a_job(f"{_capital(name)} has both data and data_base64: CloudEvents allows one of them.")
    if encoded is None:
        return data
    _check_media_type(event.get("datacontenttype"), name)
    inner = f"The data_base64 of {name}"
    return loads(_decoded(encoded, inner), name=inner, tellable=FIELD_NAMES)


def job_id_of(source: str, event_id: str) -> str:
    """
    Derive the job id that stands for an event: `ce:` and the SHA-256 in hex over its source and id.

    Before each goes its length in bytes of UTF-8 (4 bytes, big-endian), so that no two pairs read the same.
    """
    digest = hashlib.sha256()
    for text in (source, event_id):
        raw = text.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return f"ce:{digest.hexdigest()}"


def _check_media_type(media_type: object, name: str) -> None:
    """Refuse binary data that is not declared as JSON; without a declaration it is."""
    match media_type:
        case None:
            return
        case str() if _JSON_MEDIA_TYPE.fullmatch(media_type):
            return
        case _:
            shown = quoted(media_type) if isinstance(media_type, str) else "no text"
            raise _not_a_job(f"The datacontenttype of {name} is {shown}: a job is JSON.")


def _decoded(encoded: object, name: str) -> str:
    if not isinstance(encoded, str):
        raise _unreadable(f"{name} is not a string.")
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except UnicodeDecodeError:
        raise _unreadable(f"{name} is not UTF-8 once decoded.") from None
    except (binascii.Error, ValueError):
        raise _unreadable(f"{name} is not Base64 (RFC 4648, section 4).") from None


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _not_a_job(detail: str) -> Rejected:
    return Rejected(Reason.NOT_A_JOB, detail)


def _unreadable(detail: str) -> Rejected:
    return Rejected(Reason.UNREADABLE, detail)
