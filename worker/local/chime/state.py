"""
Chime without HTTP: one synchronous object that answers calls of both services. No network, no real time.

The emulator serves it, the simulation calls it in virtual time, so Chime is imitated once; README.md says
what of it. Nothing happens in the background: what time brings about is settled when the next call comes.
"""

import re
from collections.abc import Callable, Mapping
from random import Random

from worker.local.chime import (
    bots,
    channels,
    expiry,
    flows,
    identity,
    memberships,
    messages,
    moderation,
    search,
    tags,
)
from worker.local.chime.call import Answer, Call, Params
from worker.local.chime.calls import CallLog, LoggedCall
from worker.local.chime.clock import Clock, to_ms
from worker.local.chime.errors import (
    FORBIDDEN,
    INVALID_BEARER,
    RATE_EXCEEDED,
    UNKNOWN_BEARER,
    ChimeError,
    bad_request,
    refusal,
)
from worker.local.chime.expiry import Swept, sweep, trim
from worker.local.chime.faults import FaultPlan
from worker.local.chime.iam import Policy
from worker.local.chime.limits import check_message, check_sizes
from worker.local.chime.message_log import Message
from worker.local.chime.model import Operation, operations
from worker.local.chime.processes import Process
from worker.local.chime.records import ChannelFlow, Fallback, scripted_processors
from worker.local.chime.roles import Mode, Privacy
from worker.local.chime.store import Store
from worker.local.chime.switches import Switches
from worker.local.chime.throttle import Throttle
from worker.local.chime.treatments import Pass, Treatment

Perform = Callable[[Store, Call], Answer]

SERVED: Mapping[str, Perform] = {
    **messages.SERVED,
    **channels.SERVED,
    **memberships.SERVED,
    **moderation.SERVED,
    **flows.SERVED,
    **search.SERVED,
    **expiry.SERVED,
    **identity.SERVED,
    **bots.SERVED,
    **tags.SERVED,
}

_BEARER = re.compile(r"arn:[^:\s]+:chime:[^:\s]*:[^:\s]*:app-instance/[^/\s]+/(user|bot)/[^/\s]+")


class Chime:
    """
    One region's Chime messaging and identity, empty at first: nothing is ever created by itself.

    *rng* makes ids and rolls the dice of the fault plan; without one both are the same in every run.
    Which fault a call meets is for the host to ask of *faults* and to play: the call itself always
    gets Chime's own answer. *policy* is what IAM lets every caller do; None is everything.
    """

    policy: Policy | None

    def __init__(self, clock: Clock, *, switches: Switches | None = None, rng: Random | None = None) -> None:
        self._clock = clock
        self._rng = rng or Random(0)
        self._switches = switches or Switches()
        self.faults = FaultPlan(self._rng)
        self.reset()

    def reset(self) -> None:
        """Forget everything but the switches: state, policy, tokens, quotas, faults and the call log."""
        self._store = Store(self._switches, self._rng)
        self._skipped_ms = 0
        self.policy = None
        self.throttle = Throttle()
        self.calls = CallLog()
        self.faults.clear()

    @property
    def switches(self) -> Switches:
        """How Chime behaves now, where Amazon does not say."""
        return self._switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._switches = self._store.switches = switches

    def call(self, operation: str, params: Params, *, bearer: str | None, fault: str = "") -> Answer:
        """
        Perform one call and return the modelled output members; timestamps are aware UTC.

        *fault* is only noted in the call log. Raises ChimeError, with the status that HTTP would carry.
        """
        call = Call(operation, params, bearer or "", self._settled_ms())
        try:
            spec = operations().get(operation)
            if spec is None:
                raise refusal("UnknownOperationException", "Neither Chime service has such an operation")
            answer = self._perform(spec, call)
        except ChimeError as error:
            self._log(call, status=error.status, fault=fault)
            raise
        self._log(call, status=spec.status, fault=fault)
        return answer

    def check(self, spec: Operation, params: Params) -> None:
        """Refuse parameters that break a rule of the service model or of the developer guide."""
        check_sizes(params, self._switches)
        spec.check(params, "")
        check_message(params, self._switches)

    def miss(self, operation: str, params: Params, *, bearer: str | None, fault: str) -> None:
        """Log a call that a fault kept from Chime; nothing else changes."""
        self._log(Call(operation, params, bearer or "", self._now_ms()), status=None, fault=fault)

    def unread(self, operation: str, params: Params, *, bearer: str | None, status: int) -> None:
        """Log a request that its host could not read; *operation* is empty if not even that is known."""
        self._log(Call(operation, params, bearer or "", self._now_ms()), status=status, fault="")

    def add_app_instance(self, arn: str, *, name: str = "app") -> None:
        """Seed an app instance under a given ARN. All seeds raise ChimeError as the operations would."""
        self._store.add_app_instance(arn, name=name, metadata=None, now_ms=self._now_ms())

    def add_user(self, arn: str, *, name: str | None = None) -> None:
        """Seed an app instance user, or a bot; it is called by its id unless *name* is given."""
        self._store.add_user(arn, name=name or _id_of(arn), metadata=None, now_ms=self._now_ms())

    def add_admin(self, arn: str) -> None:
        """Promote a seeded user or bot to app instance admin."""
        self._store.add_admin(arn, now_ms=self._now_ms())

    def add_channel(
        self, arn: str, *, name: str | None = None, privacy: Privacy = "PUBLIC", mode: Mode = "UNRESTRICTED"
    ) -> None:
        """Seed an empty channel without members; it is called by its id unless *name* is given."""
        name, now_ms = name or _id_of(arn), self._now_ms()
        self._store.add_channel(
            arn, name=name, privacy=privacy, mode=mode, metadata=None, by=None, now_ms=now_ms
        )

    def add_member(self, channel_arn: str, member_arn: str, *, membership: str = "DEFAULT") -> None:
        """Make a seeded user or bot a member of a seeded channel."""
        channel = self._store.channel_at(channel_arn)
        self._store.add_member(channel, member_arn, membership=membership, by=None, now_ms=self._now_ms())

    def add_flow(
        self, arn: str, *treatments: Treatment, name: str | None = None, fallback: Fallback = "ABORT"
    ) -> None:
        """Seed a channel flow whose first message meets the first of *treatments*; the last of them stays."""
        processors, now_ms = scripted_processors(fallback), self._now_ms()
        name, script = name or _id_of(arn), treatments or (Pass(),)
        self._store.add_flow(ChannelFlow(arn, name, processors, script, now_ms, now_ms))

    def script_flow(self, arn: str, *treatments: Treatment) -> None:
        """Give a channel flow, seeded or created, other treatments from its next message on."""
        flow = self._store.flow_at(arn)
        flow.treatments, flow.treated = treatments or (Pass(),), 0

    def associate_flow(self, channel_arn: str, flow_arn: str) -> None:
        """Send a seeded channel's STANDARD messages through a flow from now on."""
        self._store.channel_at(channel_arn).flow = self._store.flow_at(flow_arn)

    def pending(self) -> list[Process]:
        """What channel flows have in hand, oldest first, with the CallbackIds for their processors."""
        self._settled_ms()
        return self._store.processes.open()

    def skip(self, seconds: float) -> None:
        """Let Chime's time, and nobody else's, run ahead of the clock."""
        self._skipped_ms += int(seconds * 1000)

    def sweep(self) -> Swept:
        """Do at once what Chime does every few hours: remove what has expired or is past its retention."""
        return sweep(self._store, self._settled_ms())

    def trim(self, channel_arn: str, *, older_than_s: float = 0.0) -> int:
        """Remove a channel's messages older than that, as retention would, and say how many there were."""
        before_ms = self._settled_ms() - int(older_than_s * 1000)
        return trim([self._store.channel_at(channel_arn)], before_ms=before_ms)

    def channels(self) -> list[str]:
        """The ARNs of all channels there are, oldest first."""
        return list(self._store.channels)

    def members(self, channel_arn: str) -> list[str]:
        """The ARNs of a channel's members, hidden ones too, in the order they came."""
        return list(self._store.channel_at(channel_arn).members)

    def messages(self, channel_arn: str) -> list[Message]:
        """All messages of a channel in order, for tests; also those that no list shows."""
        self._settled_ms()
        return list(self._store.channel_at(channel_arn).messages.oldest_first())

    def _perform(self, spec: Operation, call: Call) -> Answer:
        perform = SERVED.get(spec.name)
        if perform is None:
            raise refusal("NotImplementedException", f"{spec.name} is not implemented by the emulator")
        if self.policy is not None:
            self.policy.check(spec.name, call.params, bearer=call.bearer)
        self._check_bearer(spec, call)
        if not self.throttle.admits(call, self._switches):
            raise refusal("ThrottledClientException", RATE_EXCEEDED)
        if self._switches.validation == "on":
            self.check(spec, call.params)
        if self._switches.sub_channel == "refused" and call.params.get("SubChannelId") is not None:
            raise bad_request("SubChannelId is only valid for an elastic channel")
        try:
            return perform(self._store, call)
        except ChimeError as error:
            raise self._as_modelled(error, spec) from error

    def _check_bearer(self, spec: Operation, call: Call) -> None:
        if spec.bearer == "none" or (spec.bearer == "optional" and not call.bearer):
            return
        if self._store.is_user(call.bearer):
            return
        if not _BEARER.fullmatch(call.bearer):
            raise refusal(self._switches.invalid_bearer, INVALID_BEARER)
        raise refusal(self._switches.unknown_bearer, UNKNOWN_BEARER)

    def _as_modelled(self, error: ChimeError, spec: Operation) -> ChimeError:
        """
        What is not there is 403, or what the switch says, where no NotFoundException is modelled.

        Inferred: sends, lists and descriptions have no other error for it in the service model.
        """
        if error.code != "NotFoundException" or error.code in spec.errors:
            return error
        is_status = spec.name == "GetChannelMessageStatus"
        code = self._switches.missing_status if is_status else self._switches.missing
        return refusal(code, FORBIDDEN if code == "ForbiddenException" else error.message)

    def _now_ms(self) -> int:
        return to_ms(self._clock.now()) + self._skipped_ms

    def _settled_ms(self) -> int:
        """The present instant, with everything ended that was due by then."""
        now_ms = self._now_ms()
        self._store.processes.settle(now_ms)
        return now_ms

    def _log(self, call: Call, *, status: int | None, fault: str) -> None:
        params = call.params
        self.calls.add(
            LoggedCall(
                at_ms=call.now_ms,
                operation=call.operation,
                bearer=call.bearer,
                channel=str(params.get("ChannelArn", "")),
                token=str(params.get("ClientRequestToken", "")),
                status=status,
                fault=fault,
            )
        )


def _id_of(arn: str) -> str:
    return arn.rpartition("/")[2]
