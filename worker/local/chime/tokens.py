"""Client request tokens: what was answered under which token, while its window is open."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from worker.local.chime.call import Answer, Call
from worker.local.chime.errors import conflict
from worker.local.chime.switches import Switches

_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Use:
    payload: Mapping[str, object]
    answer: Answer
    used_ms: int


class Tokens:
    """The first answer of every token, per operation, resource and bearer."""

    def __init__(self) -> None:
        self._uses: OrderedDict[_Key, _Use] = OrderedDict()

    def first_answer(self, call: Call, resource: str, *, switches: Switches) -> Answer | None:
        """
        What this token was answered before, or None if it is new, lapsed or ignored.

        Raises ConflictException if it was used for another payload, unless the switch lets that pass.
        """
        if switches.tokens == "ignored":
            return None
        self._forget_before(call.now_ms - int(switches.token_window_s * 1000))
        use = self._uses.get(_key(call, resource))
        if use is None:
            return None
        if switches.token_conflict == "refused" and use.payload != call.params:
            raise conflict("The client request token was used before with other parameters")
        return dict(use.answer)

    def remembered(self, call: Call, resource: str, *, answer: Answer) -> Answer:
        """Keep *answer* as the first one of this call's token, and hand it back."""
        self._uses[_key(call, resource)] = _Use(dict(call.params), dict(answer), used_ms=call.now_ms)
        return answer

    def _forget_before(self, oldest_ms: int) -> None:
        while self._uses:
            key = next(iter(self._uses))
            if self._uses[key].used_ms >= oldest_ms:
                return
            del self._uses[key]


def _key(call: Call, resource: str) -> _Key:
    return (call.operation, resource, call.bearer, call.text("ClientRequestToken"))
