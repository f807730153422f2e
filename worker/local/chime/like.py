"""Switches that make the emulator behave as the live Chime did when `doctor --probe` looked at it."""

from dataclasses import replace
from typing import cast, get_args

from worker.local.chime.errors import short_code
from worker.local.chime.switches import BearerCode, MissingCode, RatePreset, Switches
from worker.local.chime.throttle import quotas
from worker.ops.probe_report import Burst, Refusal, Report


def switches_like(report: Report, base: Switches | None = None) -> Switches:
    """Return *base* with everything changed that the report tells; what it leaves open stays."""
    base = base or Switches()
    refusals, burst = report.refusals, report.burst
    region = cast(RatePreset, report.region if report.region in get_args(RatePreset) else base.rates)
    missing = _code_of(refusals.get("send_to_missing_channel"), get_args(MissingCode), base.missing)
    missing_status = _code_of(
        refusals.get("status_of_missing_message"), get_args(MissingCode), base.missing_status
    )
    unknown_bearer = _code_of(
        refusals.get("send_as_unknown_bearer"), get_args(BearerCode), base.unknown_bearer
    )
    told = [refusal for refusal in refusals.values() if refusal is not None and refusal.status]
    return replace(
        base,
        tokens="ignored" if report.token.same_payload == "new_message" else "honoured",
        token_conflict="refused" if report.token.other_payload == "refused" else "first_answer",
        list_lag_s=max(report.list_lag_s, default=base.list_lag_s),
        describe_lag_s=base.describe_lag_s if report.describe_lag_s is None else report.describe_lag_s,
        page_size=report.default_page_size or base.page_size,
        time_bounds=base.time_bounds if report.time_bounds == "mixed" else report.time_bounds,
        text_limits=report.text_limits,
        rates=region,
        burst_s=_burst_s(burst, region, base),
        retry_after_s=int(burst.retry_after) if burst.retry_after and burst.retry_after.isdigit() else None,
        error_header="omitted" if told and not any(refusal.error_type for refusal in told) else "sent",
        missing=cast(MissingCode, missing),
        missing_status=cast(MissingCode, missing_status),
        unknown_bearer=cast(BearerCode, unknown_bearer),
    )


def _code_of(refusal: Refusal | None, known: tuple[str, ...], otherwise: str) -> str:
    """Give a refusal's code in the model's spelling, if it is one that the switch knows."""
    code = "" if refusal is None else refusal.code
    return next((each for each in known if code in (each, short_code(each))), otherwise)


def _burst_s(burst: Burst, rates: RatePreset, base: Switches) -> float:
    """Say for how many seconds of the bearer's rate the burst was admitted, beyond the rate itself."""
    if not burst.refused_count:
        return base.burst_s
    per_s = next(each.per_s for each in quotas(rates)["SendChannelMessage"] if each.scope == "bearer")
    return max(0.0, burst.admitted_count / per_s - burst.took_s)
