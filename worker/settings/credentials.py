"""AWS's own keys in the environment: what is plainly wrong with them. No key is used here, nor shown."""

from collections.abc import Mapping

from worker.settings.mistakes import QUOTES, STILL_QUOTED, Mistake

CREDENTIAL_NAMES = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})


def mistaken_credentials(environment: Mapping[str, str]) -> tuple[Mistake, ...]:
    """
    Name the keys that have white space or quotes around them, as no key of AWS's has.

    botocore reads them as they are: all that came of it would be a signature that does not match.
    """
    return tuple(
        Mistake(name, sentence)
        for name in sorted(CREDENTIAL_NAMES)
        if (sentence := _mend_of(environment.get(name, "")))
    )


def _mend_of(key: str) -> str | None:
    if key != key.strip():
        return (
            "has white space around it, perhaps a line break at its end: remove it "
            "(`echo` adds one to a secret, `printf %s` does not)."
        )
    return STILL_QUOTED if key.strip(QUOTES) != key else None
