"""The machine doctor runs on: its clock as AWS sees it, and the versions at work."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import aiobotocore
import botocore

from worker import __version__
from worker.ops.doctor.finding import Finding, ok, problem, warning

REFUSED_S = 300
"""AWS refuses a signature that is so much older or younger than its own clock."""
MARGIN_S = 5
"""A claim in a shared ledger stands for so much longer than it says, since clocks differ."""
SET_CLOCK = "timedatectl set-ntp true"


def clock_findings(skews: Sequence[float]) -> list[Finding]:
    """Judge by how many seconds this clock was ahead of AWS's at each answer; a slow answer seems behind."""
    if not skews:
        return [warning("clock", "could not be compared: AWS did not answer")]
    skew_s = min(skews, key=abs)
    told = f"{abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} that of AWS"
    if abs(skew_s) >= REFUSED_S:
        return [
            problem("clock", f"it is {told}, and AWS refuses signatures that are 5 minutes off", SET_CLOCK)
        ]
    if abs(skew_s) > MARGIN_S:
        found = f"it is {told}: workers that share a ledger misjudge claims, and not_before is off by it"
        return [warning("clock", found, SET_CLOCK)]
    return [ok("clock", "it agrees with that of AWS")]


def version_findings() -> list[Finding]:
    """Name what a report of a fault should name."""
    libraries = f"aiobotocore {aiobotocore.__version__}, botocore {botocore.__version__}"
    return [ok("versions", f"backend-worker {__version__}, Python {platform.python_version()}, {libraries}")]
