"""The limits of a message that the service model does not state. It never quotes the text."""

from collections.abc import Iterator, Mapping

from worker.local.chime.call import Params
from worker.local.chime.errors import SIZE_EXCEEDED, bad_request
from worker.local.chime.switches import Switches

CONTENT_MAX = 4096
CONTROL_CONTENT_MAX = 30
METADATA_MAX = 1024
ATTRIBUTES_MAX_BYTES = 1024


def check_sizes(params: Params, switches: Switches) -> None:
    """Content and Metadata: Chime names both limits in one sentence, whichever was passed."""
    content, metadata = (_size(params.get(name), switches) for name in ("Content", "Metadata"))
    if content > CONTENT_MAX or metadata > METADATA_MAX:
        raise bad_request(SIZE_EXCEEDED)


def check_message(params: Params, switches: Switches) -> None:
    """The rules of CONTROL messages, and the total size of message attributes."""
    if params.get("Type") == "CONTROL":
        if params.get("Metadata"):
            raise bad_request("Metadata is not supported for CONTROL messages")
        if _size(params.get("Content"), switches) > CONTROL_CONTENT_MAX:
            raise bad_request(f"Content of a CONTROL message must be at most {CONTROL_CONTENT_MAX} bytes")
    attributes = params.get("MessageAttributes")
    if isinstance(attributes, Mapping) and sum(map(_bytes, _texts_of(attributes))) > ATTRIBUTES_MAX_BYTES:
        raise bad_request(f"MessageAttributes must be at most {ATTRIBUTES_MAX_BYTES} bytes in total")


def _texts_of(attributes: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    for name, value in attributes.items():
        yield name
        texts = value.get("StringValues")
        yield from texts if isinstance(texts, list | tuple) else ()


def _size(text: object, switches: Switches) -> int:
    """Zero for what is no text: the service model's own check follows."""
    if not isinstance(text, str):
        return 0
    return _bytes(text) if switches.text_limits == "bytes" else len(text)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
