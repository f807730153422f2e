"""Settings whose feature is not built yet: which of them stop `run`, and which merely have no effect."""

from worker.settings.model import Settings

NOT_USED_BY_THIS_VERSION = frozenset(
    {"reconcile_interval_s", "reconcile_share"},
)


def unsupported(settings: Settings) -> list[str]:
    """Name what *settings* ask for and this version cannot do; `run` refuses to start on any."""
    sentences = []
    if len(settings.bearer_arns) > 1:
        sentences.append("WORKER_BEARER: this version has no pools yet: name one bearer.")
    return sentences
