"""Posts jobs from an SQS queue into Amazon Chime SDK messaging channels. See README.md here for a tour."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("chime-backend-worker")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
