"""What the settings say, as the plain values that the inside works with. It opens nothing."""

from __future__ import annotations

from functools import partial
from socket import gethostname
from uuid import uuid4

from worker import __version__
from worker.adapters.sqs import InboxPlan
from worker.contract.bearers import bearer_allowed
from worker.core.policy import Policy
from worker.loop.gear import Identity
from worker.loop.limits import Limits
from worker.settings import Settings


def inbox_plan(settings: Settings) -> InboxPlan:
    """Say which queues there are, and how long their calls may take."""
    letters = settings.dead_letter_queue_url
    return InboxPlan(
        queue_url=settings.queue_url.url,
        dead_letter_queue_url=letters.url if letters else None,
        visibility_timeout_s=settings.visibility_timeout_s,
        call_deadline_s=settings.call_deadline_s,
        worker_version=__version__,
    )


def policy_of(settings: Settings) -> Policy:
    """Say what the operator decided about trying again."""
    return Policy(
        max_attempts=settings.max_attempts,
        retry_base_s=settings.retry_base_s,
        retry_cap_s=settings.retry_cap_s,
        grace_s=settings.reconcile_grace_s,
        may_join=settings.join_channels,
        own_bearer_arns=frozenset(settings.bearer_arns),
        reconciles=settings.reconcile_interval_s > 0,
        publishes=settings.outcomes is not None,
    )


def limits_of(settings: Settings) -> Limits:
    """Say which sizes and times the loop works within."""
    return Limits(
        concurrency=settings.concurrency,
        visibility_timeout_s=settings.visibility_timeout_s,
        drain_s=settings.shutdown_timeout_s,
        bearer_rate_per_s=settings.bearer_rate,
        channel_rate_per_s=settings.channel_rate,
        reconcile_interval_s=settings.reconcile_interval_s,
        reconcile_share=settings.reconcile_share,
    )


def identity_of(settings: Settings) -> Identity:
    """Say who this worker is; another one with every call."""
    return Identity(
        app_instance_arn=settings.app_instance.arn,
        pool=settings.bearer_arns,
        marker_style=settings.marker,
        may_speak_for=partial(may_speak_for, settings),
        worker_id=uuid4().hex,
        host=gethostname(),
        version=__version__,
    )


def may_speak_for(settings: Settings, bearer_arn: str) -> bool:
    """Tell whether jobs may name a bearer."""
    return bearer_arn in settings.bearer_arns or bearer_allowed(
        bearer_arn, settings.allowed_bearers, settings.app_instance
    )
