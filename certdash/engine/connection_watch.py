"""Decides whether the API server still answers, by asking it when in doubt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from certdash.engine.pace import sleep
from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.inputs import ConnectionChanged, Input
from certdash.model.instant import Instant
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase, StreamState

LOST_AFTER = 10.0
DOUBT_AFTER = 3.0
CHECK_EVERY = 1.0


class Pinger(Protocol):
    """What the watch needs of the session."""

    @property
    def last_answer(self) -> Instant | None:
        """When an HTTP answer or a watch byte last came."""
        ...

    async def ping(self) -> str:
        """Ask for something cheap; "" when any HTTP answer came, else what went wrong."""
        ...


class ConnectionWatch:
    """Emits the connection's state whenever it changes. A silent stream alone never makes it lost: in doubt (an
    unanswered probe, a broken stream) it asks for something cheap."""

    def __init__(
        self,
        pinger: Pinger,
        snapshot: Callable[[], Snapshot],
        emit: Callable[[Input], None],
        clock: Callable[[], Instant],
        on_return: Callable[[], None],
    ) -> None:
        self._pinger = pinger
        self._snapshot = snapshot
        self._emit = emit
        self._clock = clock
        self._on_return = on_return
        self._error = ""
        self._started = clock()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.check()
            await sleep(CHECK_EVERY)

    async def check(self) -> None:
        """Look once, asking the server if in doubt."""
        if in_doubt(self._snapshot(), self._pinger.last_answer, self._clock()):
            self._error = await self._pinger.ping()
        self.settle()

    def settle(self) -> None:
        """Emit the connection's state if it differs from what the snapshot says."""
        snapshot = self._snapshot()
        now = self._clock()
        fresh = assess_connection(snapshot, self._pinger.last_answer, self._error, self._started, now)
        known = snapshot.connection
        if fresh.phase is known.phase and fresh.error == known.error:
            fresh = replace(fresh, since=known.since)
            # The moment of the last answer alone is worth an input only when somebody would see it.
            if fresh.last_answer == known.last_answer or fresh.phase is not ConnectionPhase.LOST:
                return
        self._emit(ConnectionChanged(now, fresh))
        if known.phase is ConnectionPhase.LOST and fresh.phase is not ConnectionPhase.LOST:
            self._error = ""
            self._on_return()


def in_doubt(snapshot: Snapshot, last_answer: Instant | None, now: Instant) -> bool:
    """Whether to ask the server: nothing heard for a while although something was asked, or something broke."""
    if last_answer is not None and now.seconds_since(last_answer) < DOUBT_AFTER:
        return False
    in_flight = snapshot.probe.in_flight
    if in_flight is not None and now.seconds_since(in_flight) > DOUBT_AFTER:
        return True
    return last_answer is None or bool(transport_failure(snapshot))


def transport_failure(snapshot: Snapshot) -> str:
    """The newest failure below HTTP of a probe or a stream, "" when there is none."""
    last = snapshot.probe.last
    for answer in last.answers if last else ():
        if answer.status is None and answer.transport_error:
            return answer.transport_error
    for state in snapshot.streams.values():
        if state.phase in (StreamPhase.BROKEN, StreamPhase.CONNECTING) and state.error and state.http_status is None:
            return state.error
    return ""


def assess_connection(
    snapshot: Snapshot, last_answer: Instant | None, ping_error: str, started: Instant, now: Instant
) -> Connection:
    """The connection's state as of now."""
    silent = now.seconds_since(last_answer or started)
    error = ping_error or transport_failure(snapshot)
    phase = _phase(snapshot, last_answer, lost=silent >= LOST_AFTER and bool(error))
    if phase in (ConnectionPhase.CONNECTED, ConnectionPhase.DEGRADED) and last_answer is not None:
        error = transport_failure(snapshot) if phase is ConnectionPhase.DEGRADED else ""
    since = last_answer if phase is ConnectionPhase.LOST and last_answer is not None else now
    return Connection(phase=phase, since=since, last_answer=last_answer, error=error)


def _phase(snapshot: Snapshot, last_answer: Instant | None, *, lost: bool) -> ConnectionPhase:
    if lost:
        return ConnectionPhase.LOST
    if last_answer is None:
        return ConnectionPhase.CONNECTING
    states = list(snapshot.streams.values())
    statuses = {answer.status for answer in snapshot.probe.last.answers} if snapshot.probe.last else set()
    if _all_in(states, StreamPhase.UNAUTHENTICATED) and (not statuses or statuses == {401}):
        return ConnectionPhase.UNAUTHENTICATED
    if _all_in(states, StreamPhase.FORBIDDEN) and (not statuses or statuses == {403}):
        return ConnectionPhase.FORBIDDEN
    troubled = (StreamPhase.BROKEN, StreamPhase.FORBIDDEN, StreamPhase.UNAUTHENTICATED)
    if any(state.phase in troubled for state in states):
        return ConnectionPhase.DEGRADED
    return ConnectionPhase.CONNECTED


def _all_in(states: list[StreamState], phase: StreamPhase) -> bool:
    return bool(states) and all(state.phase is phase for state in states)
