"""The names of a setting: field `queue_url`, WORKER_QUEUE_URL in the environment, `--queue-url` as a flag."""

PREFIX = "WORKER_"


def environment_name(field: str) -> str:
    """Name *field* in the environment; AWS's settings keep AWS's names."""
    return field.upper() if field.startswith("aws_") else PREFIX + field.upper()


def flag_name(field: str) -> str | None:
    """Name *field* as a flag; AWS's settings have none."""
    return None if field.startswith("aws_") else "--" + field.replace("_", "-")
