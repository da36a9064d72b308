"""How delays grow and start over."""

from certdash.kube.backoff import Backoff, BackoffLimits
from certdash.model.instant import Instant


def at(seconds: float) -> Instant:
    return Instant(seconds, seconds)


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(BackoffLimits(first=0.1, longest=0.5, healthy_after=10), jitter=lambda: 0.0)
    delays = []
    now = 0.0
    for _ in range(5):
        delays.append(backoff.next_delay(at(now)))
        now += delays[-1]
    assert delays == [0.1, 0.2, 0.4, 0.5, 0.5]


def test_jitter_stretches_and_never_shortens() -> None:
    assert Backoff(BackoffLimits(first=1.0), jitter=lambda: 0.5).next_delay(at(0)) == 1.5


def test_a_healthy_while_starts_over() -> None:
    backoff = Backoff(BackoffLimits(first=0.1, longest=30, healthy_after=10), jitter=lambda: 0.0)
    backoff.next_delay(at(0))
    assert backoff.next_delay(at(5)) == 0.2
    assert backoff.next_delay(at(5 + 0.2 + 10.1)) == 0.1
