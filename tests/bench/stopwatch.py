"""Starts one program, waits for its end and prints what it cost, from a process that does nothing else.

    python -IS stopwatch.py LOG PROGRAM [ARGUMENT…]

A small process of its own, because Linux counts the memory of whoever starts a program towards that program's peak,
and because a busy starter would stamp its end late. The program's output goes to the file LOG.
"""

import os
import sys
import time


def main() -> None:
    """Run it."""
    log, *command = sys.argv[1:]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    begun = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    print(pid, flush=True)
    _, status, usage = os.wait4(pid, 0)
    ended = time.monotonic()
    cpu = usage.ru_utime + usage.ru_stime
    print(begun, ended, cpu, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
