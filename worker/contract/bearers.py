"""Whom a job may speak for: the check of a bearer against WORKER_ALLOWED_BEARERS. It never asks Chime."""

from __future__ import annotations

from fnmatch import fnmatchcase

from worker.contract.arns import AppInstance


def bearer_allowed(bearer_arn: str, patterns: tuple[str, ...], home: AppInstance) -> bool:
    """
    Tell whether one of the glob patterns matches the bearer; one of another app instance never is allowed.

    A pattern is a full ARN, or what follows the app instance in it (`user/*`, `bot/*`), or a bare user id
    (`backend_*`, which matches no bot).
    """
    inside = f"{home.arn}/"
    if not bearer_arn.startswith(inside):
        return False
    return any(fnmatchcase(bearer_arn, _full(pattern, inside)) for pattern in patterns)


def _full(pattern: str, inside: str) -> str:
    """Extend a pattern to one for the whole ARN."""
    if pattern.startswith("arn:"):
        return pattern
    return inside + (pattern if "/" in pattern else f"user/{pattern}")
