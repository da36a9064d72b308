"""A moment, on the clock that freshness is measured with and on the one that people read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """One reading of both clocks.

    `steady` counts seconds on a clock that never jumps and goes on while the machine sleeps
    (CLOCK_BOOTTIME where there is one); only differences of it mean anything. `wall` is UTC in Unix
    seconds, for people and for comparison with the cluster's own timestamps.
    """

    steady: float
    wall: float

    def seconds_since(self, earlier: "Instant") -> float:
        """Seconds on the steady clock from `earlier` to this instant."""
        return self.steady - earlier.steady
