"""Who asks, and where: the credentials' account and the regions. No key is looked at."""

from __future__ import annotations

from typing import Any

from worker.ops.doctor.asking import Asker, NotAnswered
from worker.ops.doctor.finding import Finding, aws, export, ok, problem, warning
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable


async def caller_findings(asker: Asker, sts: Any, settings: Settings) -> list[Finding]:
    """Ask whose credentials these are, and compare their account with those of queue and app instance."""
    try:
        caller = await asker.ask(sts, "GetCallerIdentity")
    except NotAnswered as fault:
        return [fault.finding("credentials")]
    return [ok("credentials", f"those of {caller['Arn']}"), _account(str(caller["Account"]), settings)]


def _account(account: str, settings: Settings) -> Finding:
    home, queue = settings.app_instance, settings.queue_url
    if account != home.account:
        return problem(
            "account",
            f"the credentials are of account {account}, the app instance is of {home.account}: Chime lets "
            "nobody in from another account. Use a profile, or a role, of that one",
            "aws configure list-profiles",
        )
    if account != queue.account:
        return warning(
            "account",
            f"the queue is of account {queue.account}, the caller of {account}: that queue's policy must let "
            f"{account} receive, delete, and change visibility",
            aws(
                "sqs get-queue-attributes",
                region=queue.region,
                queue_url=queue.url,
                attribute_names="Policy",
            ),
        )
    return ok("account", f"caller, queue and app instance are of account {account}")


def region_findings(settings: Settings) -> list[Finding]:
    """Compare the regions of Chime, queue and ledger: each may be another, at a price."""
    regions = {"Chime": settings.chime_region, "the queue": settings.queue_region}
    if isinstance(settings.ledger, DynamoDbTable):
        regions["the ledger"] = settings.region
    told = ", ".join(f"{name} in {region}" for name, region in regions.items())
    if len(set(regions.values())) == 1:
        return [ok("regions", told)]
    mend = export("AWS_REGION", settings.chime_region) if settings.region != settings.chime_region else None
    return [warning("regions", f"{told}: every job crosses between them, slower and for a fee", mend)]
