"""What the seed document begins with, an app instance, and the IAM example that it gives."""

from __future__ import annotations

REGION, ACCOUNT = "us-east-1", "111122223333"
APP_INSTANCE = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/seed"
BACKEND_WORKER = f"{APP_INSTANCE}/user/backend_worker"
CHANNELS = f"{APP_INSTANCE}/channel/*"

ACTIONS = (
    "chime:SendChannelMessage",
    "chime:ListChannelMessages",
    "chime:CreateChannelMembership",
    "chime:ListChannelMemberships",
    "chime:DeleteChannelMembership",
    "chime:CreateChannel",
    "chime:ListChannels",
    "chime:DeleteChannel",
)
"""Those of the example, in its order."""


def iam_example(app_instance_user_arn: str = BACKEND_WORKER) -> dict[str, object]:
    """Write the example for a user: one statement, on the bearer and on the channels."""
    resource = [app_instance_user_arn, CHANNELS]
    statement = {"Effect": "Allow", "Action": list(ACTIONS), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": statement}
