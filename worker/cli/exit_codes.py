"""The program's exit codes."""

DONE = 0
FAILED = 1  # a check or the work failed, or a second signal cut the drain short
USAGE = 2
BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h
