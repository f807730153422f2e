"""Bots: bearers and members like users, but made with a Lex configuration, which is kept and never asked."""

from collections.abc import Mapping
from typing import cast

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.errors import not_found
from worker.local.chime.identity import times_of
from worker.local.chime.pages import page_by_key
from worker.local.chime.records import User
from worker.local.chime.store import Store


def create_app_instance_bot(store: Store, call: Call) -> Answer:
    """Create a bot under a new ARN; the same token gets the same one."""
    app_instance = store.app_instance(call)
    first = store.tokens.first_answer(call, app_instance.arn, switches=store.switches)
    if first is not None:
        return first
    arn = f"{app_instance.arn}/bot/{store.new_uuid()}"
    name, metadata = call.maybe_text("Name") or "", call.maybe_text("Metadata")
    bot = store.add_user(arn, name=name, metadata=metadata, now_ms=call.now_ms)
    bot.configuration = _configuration(call)
    store.tag(arn, call)
    return store.tokens.remembered(call, app_instance.arn, answer={"AppInstanceBotArn": arn})


def describe_app_instance_bot(store: Store, call: Call) -> Answer:
    """One bot, whole; one that was seeded has no configuration."""
    bot = _bot(store, call)
    return {"AppInstanceBot": present(**_summary(bot), Configuration=bot.configuration, **times_of(bot))}


def list_app_instance_bots(store: Store, call: Call) -> Answer:
    """The bots of an app instance."""
    app_instance = store.app_instance(call)
    bots = (user for user in app_instance.users.values() if "/bot/" in user.arn)
    page, token = page_by_key(bots, call, key=lambda bot: bot.arn, switches=store.switches)
    found = [_summary(bot) for bot in page]
    return present(AppInstanceArn=app_instance.arn, AppInstanceBots=found, NextToken=token)


def update_app_instance_bot(store: Store, call: Call) -> Answer:
    """Give a bot another name, other metadata, and another configuration if there is one."""
    bot = _bot(store, call)
    bot.name, bot.metadata, bot.updated_ms = call.text("Name"), call.text("Metadata"), call.now_ms
    bot.configuration = _configuration(call) or bot.configuration
    return {"AppInstanceBotArn": bot.arn}


def delete_app_instance_bot(store: Store, call: Call) -> Answer:
    """Remove a bot from everything it belongs to; its messages stay."""
    store.remove_user(_bot(store, call))
    return {}


def _bot(store: Store, call: Call) -> User:
    arn = call.text("AppInstanceBotArn")
    if "/bot/" not in arn:
        raise not_found("The app instance bot does not exist")
    return store.owner_of(arn).user(arn)


def _configuration(call: Call) -> Mapping[str, object] | None:
    return cast("Mapping[str, object] | None", call.params.get("Configuration"))


def _summary(bot: User) -> Answer:
    return present(AppInstanceBotArn=bot.arn, Name=bot.name, Metadata=bot.metadata)


SERVED = {
    "CreateAppInstanceBot": create_app_instance_bot,
    "DescribeAppInstanceBot": describe_app_instance_bot,
    "ListAppInstanceBots": list_app_instance_bots,
    "UpdateAppInstanceBot": update_app_instance_bot,
    "DeleteAppInstanceBot": delete_app_instance_bot,
}
