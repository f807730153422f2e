"""The settings of the contract's section 3: read once at the edge, everything else gets plain values."""

from worker.settings.mistakes import Mistake, Mistaken
from worker.settings.model import Settings
from worker.settings.sources import Texts, load

__all__ = ["Mistake", "Mistaken", "Settings", "Texts", "load"]
