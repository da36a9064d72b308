"""Tells how a stream is doing, when that changes and not more often."""

from collections.abc import Callable
from dataclasses import replace

from certdash.model.inputs import Change, Input, ObjectsChanged, StreamChanged
from certdash.model.instant import Instant
from certdash.model.stream import StreamPhase, StreamSpec, StreamState


class StreamReport:
    """Keeps one stream's StreamState and emits it when it changes.

    `heard_interval` is the least number of seconds between two reports that say only that something was heard:
    a busy stream would else cause a diagnosis for each event.
    """

    def __init__(
        self,
        spec: StreamSpec,
        emit: Callable[[Input], None],
        clock: Callable[[], Instant],
        heard_interval: float,
    ) -> None:
        self._spec = spec
        self._emit = emit
        self._clock = clock
        self._heard_interval = heard_interval
        self._last_heard: Instant | None = None
        self._state = StreamState(phase=StreamPhase.CONNECTING, since=clock())

    @property
    def state(self) -> StreamState:
        """As last emitted."""
        return self._state

    @property
    def last_heard(self) -> Instant | None:
        """When the last byte came."""
        return self._last_heard

    def start(self) -> None:
        """Say that the stream is there and connecting."""
        self._emit(StreamChanged(self._clock(), self._spec, self._state))

    def objects(self, changes: tuple[Change, ...]) -> None:
        """Pass changes on as one input; nothing when there are none."""
        if changes:
            self._emit(ObjectsChanged(self._clock(), self._spec, changes))

    def heard(self) -> None:
        """A byte came in."""
        now = self._clock()
        self._last_heard = now
        told = self._state.last_heard
        if self._state.phase is not StreamPhase.SYNCED:
            # The next change of phase tells it.
            return
        if told is None or now.seconds_since(told) >= self._heard_interval:
            self._publish(replace(self._state, last_heard=now))

    def synced(self) -> None:
        """The store holds what the server holds, and changes are flowing."""
        self._enter(StreamPhase.SYNCED, synced_once=True)

    def failed(self, phase: StreamPhase, error: str, http_status: int | None, delay: float) -> None:
        """The stream failed and is tried again in `delay` seconds."""
        now = self._clock()
        retry_at = Instant(now.steady + delay, now.wall + delay)
        self._enter(phase, error=error, http_status=http_status, failures=self._state.failures + 1, retry_at=retry_at)

    def _enter(
        self,
        phase: StreamPhase,
        *,
        synced_once: bool = False,
        error: str = "",
        http_status: int | None = None,
        failures: int = 0,
        retry_at: Instant | None = None,
    ) -> None:
        since = self._state.since if self._state.phase is phase else self._clock()
        state = StreamState(
            phase=phase,
            since=since,
            last_heard=self._last_heard,
            synced_once=synced_once or self._state.synced_once,
            error=error,
            http_status=http_status,
            failures=failures,
            retry_at=retry_at,
        )
        # Being told again what is known, a little later, is not a change.
        if replace(state, last_heard=self._state.last_heard) != self._state:
            self._publish(state)

    def _publish(self, state: StreamState) -> None:
        self._state = state
        self._emit(StreamChanged(self._clock(), self._spec, state))
