"""How long to wait before a stream is tried again."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from certdash.model.instant import Instant


@dataclass(frozen=True, slots=True)
class BackoffLimits:
    """Seconds. The delay starts at `first`, doubles, and stops growing at `longest`; each is stretched by up to once
    its own length, so that twenty streams that broke together do not come back together. A failure after
    `healthy_after` seconds without one starts over: a proxy that cuts every stream once a minute must not leave the
    screen blind for half of it.
    """

    first: float = 0.1
    longest: float = 30.0
    healthy_after: float = 10.0


@dataclass(slots=True)
class Backoff:
    """Exponential back-off with jitter (client-go: tools/cache/reflector.go, there 0.8 s to 30 s, for controllers;
    somebody who watches a screen is waiting, so the first retry comes sooner). `jitter` returns values in [0, 1)."""

    limits: BackoffLimits = field(default_factory=BackoffLimits)
    jitter: Callable[[], float] = random.random
    _base: float = 0.0
    _until: float = float("-inf")

    def next_delay(self, now: Instant) -> float:
        """Seconds to wait after a failure at `now`."""
        if now.steady - self._until > self.limits.healthy_after:
            self._base = self.limits.first
        else:
            self._base = min(self._base * 2, self.limits.longest)
        delay = self._base * (1 + self.jitter())
        self._until = now.steady + delay
        return delay
