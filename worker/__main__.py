"""The program `backend-worker`, also as `python -m worker`."""

import signal
import sys

STOPS = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Run the program on the command line's words and return its exit code."""
    if sys.argv[1:2] == ["run"]:
        # The kernel drops a signal that process 1 has no handler for yet. Blocked, it waits until the service
        # listens (`worker.app`), and a container that is stopped while it starts ends at once.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    from worker.cli.main import run_program  # noqa: PLC0415 - the imports are what takes so long

    return run_program(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
