"""What the settings must keep to one another, to the queue, and to Chime's quotas. Nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from worker.loop.limits import HOLD_S
from worker.ops.doctor.finding import Finding, aws, export, ok, problem, span, warning
from worker.ops.doctor.queues import Queues
from worker.settings import Settings
from worker.settings.kinds import CEILINGS_PER_S

STOP_TIMEOUT_S = 30
"""What ECS and Kubernetes leave a container between SIGTERM and SIGKILL, unless told otherwise."""
QUOTA_CODES = {"bearer": "L-A92E8EF9", "channel": "L-FE35185B"}
"""Of Service Quotas: all messaging calls of one bearer, message writes to one channel."""
CHECK = "settings"


def setting_findings(settings: Settings, queues: Queues) -> list[Finding]:
    """Name what does not fit together; each sentence begins with the setting's name."""
    findings = [*_times(settings, queues), *_rates(settings), *_proofs(settings)]
    return findings or [ok(CHECK, "they agree with one another and with Chime's quotas")]


def _times(settings: Settings, queues: Queues) -> Iterator[Finding]:
    drain_s, grace_s = settings.shutdown_timeout_s, settings.reconcile_grace_s
    if drain_s >= STOP_TIMEOUT_S:
        found = (
            f"WORKER_SHUTDOWN_TIMEOUT_S={drain_s:g} is not below the usual stop timeout of a container, "
            f"{STOP_TIMEOUT_S} s: unless yours is longer, SIGKILL cuts the drain off"
        )
        yield warning(CHECK, found, export("WORKER_SHUTDOWN_TIMEOUT_S", STOP_TIMEOUT_S - 5))
    if grace_s > HOLD_S:
        found = (
            f"WORKER_RECONCILE_GRACE_S={grace_s:g} is longer than a job waits in hand ({HOLD_S:g} s): an "
            "unclear one goes back to a queue where, unless it is FIFO, later jobs of its channel overtake it"
        )
        yield warning(CHECK, found, export("WORKER_RECONCILE_GRACE_S", 10))
    longest_s = settings.max_attempts * settings.retry_cap_s
    if queues.source and longest_s >= queues.source.retention_s:
        found = (
            f"WORKER_RETRY_CAP_S={settings.retry_cap_s:g} with WORKER_MAX_ATTEMPTS={settings.max_attempts} "
            f"can take {span(longest_s)}, the queue keeps a job for {span(queues.source.retention_s)}: jobs "
            "end as retention_ending before their attempts are used up"
        )
        yield warning(CHECK, found, export("WORKER_MAX_ATTEMPTS", 8))


def _rates(settings: Settings) -> Iterator[Finding]:
    """Compare with the quotas that every account begins with: yours may have been raised."""
    quotas, region = CEILINGS_PER_S[settings.chime_region], settings.chime_region
    for scope, rate in (("bearer", settings.bearer_rate), ("channel", settings.channel_rate)):
        if rate > quotas[scope]:
            found = (
                f"WORKER_{scope.upper()}_RATE={rate:g} is above Chime's quota in {region}, {quotas[scope]:g} "
                "a second unless it was raised: the difference ends in 429s"
            )
            mend = aws(
                "service-quotas request-service-quota-increase",
                region=region,
                service_code="chime",
                quota_code=QUOTA_CODES[scope],
                desired_value=f"{rate:g}",
            )
            yield warning(CHECK, found, mend)


def _proofs(settings: Settings) -> Iterator[Finding]:
    """Name what takes from the proof that a message is in the channel once."""
    if settings.reconcile_grace_s == 0:
        found = "WORKER_RECONCILE_GRACE_S=0: a message that a list does not show at once is sent again"
        yield problem(CHECK, found, export("WORKER_RECONCILE_GRACE_S", 10))
    if settings.marker == "off":
        found = (
            "WORKER_MARKER=off: no message can be found again, so that every lost reply ends as unverifiable"
        )
        yield warning(CHECK, found, export("WORKER_MARKER", "hash"))
    if settings.reconcile_interval_s == 0:
        found = (
            "WORKER_RECONCILE_INTERVAL_S=0: nothing is confirmed, and what was accepted gets no final outcome"
        )
        yield warning(CHECK, found, export("WORKER_RECONCILE_INTERVAL_S", 30))
