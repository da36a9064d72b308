"""Reads both clocks of an Instant."""

import time

from certdash.model.instant import Instant

_STEADY_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def read_clock() -> Instant:
    """Now. The steady part goes on while the machine sleeps, where the system has such a clock."""
    return Instant(steady=time.clock_gettime(_STEADY_CLOCK), wall=time.time())
