"""Who is there beside the worker's bearer, and what only some of them may see."""

from __future__ import annotations

from worker.local.chime.roles import Privacy
from worker.local.chime.seeds import Seed, SeedChannel, plant
from worker.local.world import World


def a_user(world: World, user_id: str) -> str:
    """Add an app instance user who is no admin; return its ARN."""
    arn = f"{world.app_instance_arn}/user/{user_id}"
    plant(world.chime.chime, Seed(users=(arn,)))
    return arn


def a_channel(
    world: World, channel_id: str, *members: str, name: str | None = None, privacy: Privacy = "PUBLIC"
) -> str:
    """Add a channel; return its ARN."""
    arn = world.channel_arn(channel_id)
    plant(world.chime.chime, Seed(channels=(SeedChannel(arn, name=name, privacy=privacy, members=members),)))
    return arn
