"""The program `backend-worker`, also as `python -m worker`."""

import sys

from worker.cli.main import run_program


def main() -> int:
    """Run the program on the command line's words and return its exit code."""
    return run_program(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
