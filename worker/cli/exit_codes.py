"""The program's exit codes, and the failure that any command may end with."""

DONE = 0
FAILED = 1  # a check or the work failed, or a second signal cut the drain short
USAGE = 2
BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


class Failed(Exception):
    """The work failed, and the text says why in a sentence for people: exit code 1."""
