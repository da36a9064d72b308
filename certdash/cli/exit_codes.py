"""What the process says when it ends. The first five are the contract with scripts; the rest are the system's own."""

from typing import Final

READY: Final = 0
NOT_READY: Final = 1
USAGE: Final = 2
COULD_NOT_TELL: Final = 3
INTERNAL_ERROR: Final = 70  # EX_SOFTWARE of sysexits.h
TIMED_OUT: Final = 124  # as timeout(1) and `cmctl check api --wait` end
HUNG_UP: Final = 129
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141  # what a shell reports of kubectl when the reader of its pipe is gone: 128 + SIGPIPE
TERMINATED: Final = 143
