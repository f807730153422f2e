"""Tags of whatever has an ARN: kept and listed, and without any other effect."""

from collections.abc import Mapping, Sequence
from typing import cast

from worker.local.chime.call import Answer, Call
from worker.local.chime.errors import refusal
from worker.local.chime.store import Store

TAGS_MAX = 50


def tag_resource(store: Store, call: Call) -> Answer:
    """Add tags to a resource; one of the same key is replaced."""
    arn = store.known(call.text("ResourceARN"))
    new = {tag["Key"] for tag in cast("Sequence[Mapping[str, str]]", call.params["Tags"])}
    if len(new | store.tags.get(arn, {}).keys()) > TAGS_MAX:
        raise refusal("ResourceLimitExceededException", f"A resource has at most {TAGS_MAX} tags")
    store.tag(arn, call)
    return {}


def untag_resource(store: Store, call: Call) -> Answer:
    """Take the tags of these keys off; a key that is not there is no mistake."""
    tags = store.tags.get(store.known(call.text("ResourceARN")), {})
    for key in call.texts("TagKeys"):
        tags.pop(key, None)
    return {}


def list_tags_for_resource(store: Store, call: Call) -> Answer:
    """All tags of a resource."""
    tags = store.tags.get(store.known(call.text("ResourceARN")), {})
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


SERVED = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
