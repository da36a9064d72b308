"""Keeps a store equal to what the API server holds: list, watch, and every way in which both may fail.

The rules are those of client-go's reflector (tools/cache/reflector.go): list, watch from the list's version, resume at
the last version, list again only when the server has forgotten it. What differs is said where it does.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from certdash.kube.backoff import Backoff, BackoffLimits
from certdash.kube.errors import TransportError
from certdash.kube.idle_guard import IdleGuard
from certdash.kube.known_objects import KnownObjects, identify
from certdash.kube.line_stream import LineStream
from certdash.kube.reader import Reader
from certdash.kube.stream_report import StreamReport
from certdash.kube.watch_protocol import (
    EventType,
    NotAWatchError,
    Query,
    Refusal,
    WatchEvent,
    list_accept,
    list_query,
    parse_event,
    parse_list,
    read_refusal,
    watch_accept,
    watch_list_query,
    watch_query,
)
from certdash.model.inputs import Change, Input
from certdash.model.instant import Instant
from certdash.model.resource import Key
from certdash.model.stream import StreamPhase, StreamSpec

_ANY_VERSION = "0"
_NEWEST = ""
_LONGEST_RETRY_AFTER = 120.0
# Statuses that say nothing about streamed lists: a plain list would be answered the same.
_SAME_FOR_A_LIST = frozenset((401, 404, 429, *range(500, 600)))


@dataclass(slots=True)
class WatchListSupport:
    """Whether the API server streams lists; shared by all reflectors of a session, so that one refusal teaches all."""

    refused: bool = False


@dataclass(frozen=True, slots=True)
class ReflectorOptions:
    """Seconds; pairs are the ends of a range that is drawn from.

    `watch` is asked of the server. `idle` limits a watch's silence once the server has shown that it sends bookmarks
    every minute; before that (Events never get them) only the watch's own end, plus `idle_margin`, is a limit.
    `initial_silence` limits it while a streamed list is under way. `unreachable` caps the back-off while no answer
    comes at all: asking then costs the server nothing. `forbidden_at_first` is the first delay after a 403 where
    reading was allowed before. `resume` is how long a synced stream may take to
    get going again before it counts as broken.
    """

    backoff: BackoffLimits = field(default_factory=BackoffLimits)
    not_served: tuple[float, float] = (2.0, 5.0)
    forbidden: tuple[float, float] = (30.0, 60.0)
    forbidden_at_first: float = 1.0
    unauthenticated: tuple[float, float] = (5.0, 10.0)
    unreachable: float = 5.0
    list_timeout: float = 30.0
    head_timeout: float = 30.0
    resume: float = 3.0
    watch: tuple[int, int] = (300, 600)
    idle: float = 90.0
    idle_margin: float = 15.0
    initial_silence: float = 10.0
    idle_check: float = 5.0
    short_watch: float = 1.0
    heard_interval: float = 10.0


class _RefusedError(Exception):
    """The server said no. `in_stream`: by an ERROR event."""

    def __init__(self, refusal: Refusal, *, in_stream: bool = False) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal
        self.in_stream = in_stream


class _TimeTravelError(Exception):
    """The server's versions went backwards: its storage was restored from a copy."""


class Reflector:
    """One stream. Emits ObjectsChanged (a list is one of them, as the difference to what was known) and StreamChanged.

    `emit` is called in the event loop and must not block.
    """

    def __init__(
        self,
        reader: Reader,
        spec: StreamSpec,
        emit: Callable[[Input], None],
        clock: Callable[[], Instant],
        *,
        watch_list: WatchListSupport | None = None,
        options: ReflectorOptions | None = None,
    ) -> None:
        self._reader = reader
        self._spec = spec
        self._clock = clock
        self._options = options or ReflectorOptions()
        self._watch_list = watch_list or WatchListSupport()
        self._path = spec.kind.resource.path(spec.namespace)
        self._known = KnownObjects()
        self._report = StreamReport(spec, emit, clock, self._options.heard_interval)
        self._backoff = Backoff(self._options.backoff)
        self._wake = asyncio.Event()
        self._listed = False
        self._version = _ANY_VERSION
        self._lists_plainly = False
        self._streaming_list = False
        self._relisted: Instant | None = None

    def retry_now(self) -> None:
        """End a back-off that is under way."""
        self._wake.set()

    async def run(self) -> None:
        """Run until cancelled. Raises nothing else, whatever the server or the network does."""
        self._report.start()
        while True:
            try:
                await self._attempt()
            except _RefusedError as refused:
                await self._after_refusal(refused.refusal, in_stream=refused.in_stream)
            except _TimeTravelError:
                await self._list_again("the server's resourceVersions went backwards", None)
            except TransportError as error:
                await self._after_break(str(error))
            except NotAWatchError as error:
                self._listed = False
                await self._after_break(str(error))

    async def _attempt(self) -> None:
        # Another reflector may learn that lists are not streamed while this one waits for an answer of its own.
        self._streaming_list = not (self._listed or self._watch_list.refused or self._lists_plainly)
        if self._listed:
            await self._watch()
        elif self._streaming_list:
            await self._stream_list()
        else:
            await self._list()

    # -- reading ----------------------------------------------------------------------------------------------------

    async def _list(self) -> None:
        bodies: list[dict[str, Any]] = []
        token = ""
        paged = True
        while True:
            query = list_query(self._spec, self._version, token, paged=paged)
            response = await self._reader.get(
                self._path, query, accept=list_accept(self._spec), timeout=self._options.list_timeout
            )
            self._report.heard()
            if response.status != 200:
                refusal = read_refusal(response.status, response.body, response.headers.get("Retry-After"))
                if refusal.expired and token:
                    # The pages' common version is gone: one full list instead (client-go: tools/pager/pager.go).
                    bodies, token, paged = [], "", False
                    self._version = _NEWEST
                    continue
                raise _RefusedError(refusal)
            page = parse_list(response.body)
            bodies.extend(page.items)
            token = page.continue_token
            if not token:
                self._take_list(bodies, page.version)
                return

    def _take_list(self, bodies: list[dict[str, Any]], version: str) -> None:
        self._report.objects(self._known.replace(bodies))
        self._version = version
        self._listed = True

    async def _watch(self) -> None:
        seconds = random.randint(*self._options.watch)
        begun = self._clock()
        heard_events = False
        async with self._open(watch_query(self._spec, self._version, seconds)) as stream:
            await self._check(stream)
            self._report.synced()
            async with IdleGuard(self._clock, seconds + self._options.idle_margin, self._options.idle_check) as guard:
                async for lines in stream.batches():
                    guard.heard()
                    heard_events = heard_events or bool(lines)
                    self._take_lines(lines, guard)
        if not heard_events and self._clock().seconds_since(begun) < self._options.short_watch:
            await self._after_break("the server ends the watch at once")

    async def _stream_list(self) -> None:
        seconds = random.randint(*self._options.watch)
        pending: dict[Key, dict[str, Any]] = {}
        async with self._open(watch_list_query(self._spec, self._version, seconds)) as stream:
            await self._check(stream)
            batches = stream.batches()
            try:
                async with IdleGuard(self._clock, self._options.initial_silence, self._options.idle_check) as guard:
                    async for lines in batches:
                        guard.heard()
                        self._report.heard()
                        rest = self._take_initial(lines, pending)
                        if rest is not None:
                            guard.limit = seconds + self._options.idle_margin
                            self._take_lines(rest, guard)
                            break
                if not self._listed:
                    raise TransportError("the stream ended before everything had come")
            except (TransportError, NotAWatchError):
                # Then without it: a list either works or says better what is the matter.
                self._lists_plainly = True
                raise
            async with IdleGuard(self._clock, guard.limit, self._options.idle_check) as guard:
                # The same iterator goes on: it holds the beginning of the next line.
                async for lines in batches:
                    guard.heard()
                    self._take_lines(lines, guard)

    def _take_initial(self, lines: list[bytes], pending: dict[Key, dict[str, Any]]) -> list[bytes] | None:
        """Collect until the bookmark that ends the initial events; then take over and give back what follows."""
        for index, line in enumerate(lines):
            event = parse_event(line)
            if event.type is EventType.ERROR:
                raise _RefusedError(event.refusal, in_stream=True)
            if event.ends_initial_events:
                self._take_list(list(pending.values()), event.version)
                self._report.synced()
                return lines[index + 1 :]
            if (found := identify(event.body)) is None:
                continue
            if event.type in (EventType.ADDED, EventType.MODIFIED):
                pending[found[0]] = event.body
            elif event.type is EventType.DELETED:
                pending.pop(found[0], None)
        return None

    def _open(self, query: Query) -> Any:
        resuming = self._report.state.phase is StreamPhase.SYNCED
        return self._reader.watch(
            self._path,
            query,
            accept=watch_accept(self._spec),
            head_timeout=self._options.resume if resuming else self._options.head_timeout,
            idle_timeout=self._options.watch[1] + 2 * self._options.idle_margin,
        )

    async def _check(self, stream: LineStream) -> None:
        self._report.heard()
        if stream.status != 200:
            raise _RefusedError(read_refusal(stream.status, await stream.read(), stream.headers.get("Retry-After")))

    def _take_lines(self, lines: list[bytes], guard: IdleGuard) -> None:
        self._report.heard()
        changes: list[Change] = []
        try:
            for line in lines:
                event = parse_event(line)
                if event.type is EventType.ERROR:
                    raise _RefusedError(event.refusal, in_stream=True)
                if event.type is EventType.BOOKMARK:
                    guard.limit = min(guard.limit, self._options.idle)
                changes.extend(self._apply(event))
        finally:
            # What came before the trouble is true.
            self._report.objects(tuple(changes))

    def _apply(self, event: WatchEvent) -> tuple[Change, ...]:
        if event.type is EventType.OTHER or not event.version:
            return ()
        if _older(event.version, self._version):
            raise _TimeTravelError
        self._version = event.version
        if event.type is EventType.DELETED:
            return self._known.remove(event.body)
        return () if event.type is EventType.BOOKMARK else self._known.put(event.body)

    # -- when it fails ----------------------------------------------------------------------------------------------

    async def _after_refusal(self, refusal: Refusal, *, in_stream: bool) -> None:
        if refusal.expired or refusal.version_too_large:
            await self._list_again(refusal.text, refusal.status)
        elif self._streaming_list and not self._listed and refusal.status not in _SAME_FOR_A_LIST:
            # A server that does not stream lists says 422; whatever else it says (that we may list but not watch,
            # for one), a plain list is worth a try.
            self._lists_plainly = True
            self._watch_list.refused = self._watch_list.refused or refusal.status == 422
        elif refusal.status == 401:
            await self._wait(
                StreamPhase.UNAUTHENTICATED, refusal.text, 401, random.uniform(*self._options.unauthenticated)
            )
        elif refusal.status == 403:
            # Where only watching is forbidden, each retry brings at least a list.
            self._listed = False
            await self._wait(StreamPhase.FORBIDDEN, refusal.text, 403, self._forbidden_delay())
        elif refusal.status == 404:
            self._report.objects(self._known.clear())
            self._start_over(_ANY_VERSION)
            await self._wait(StreamPhase.NOT_SERVED, refusal.text, 404, random.uniform(*self._options.not_served))
        else:
            if refusal.status != 429 and (in_stream or refusal.status < 500):
                self._listed = False
            at_least = min(refusal.retry_after or 0.0, _LONGEST_RETRY_AFTER)
            await self._after_break(refusal.text, refusal.status, at_least)

    def _forbidden_delay(self) -> float:
        longest = random.uniform(*self._options.forbidden)
        if not self._report.state.synced_once:
            return longest
        # What was allowed before may be so again in a moment: an API server that just started knows no roles yet.
        failures = self._report.state.failures if self._report.state.phase is StreamPhase.FORBIDDEN else 0
        return min(self._options.forbidden_at_first * 2.0 ** min(failures, 10), longest)

    async def _list_again(self, error: str, status: int | None) -> None:
        """Start from the newest list, at once; unless that was tried a moment ago and did not help."""
        self._start_over(_NEWEST)
        now = self._clock()
        repeated = (
            self._relisted is not None and now.seconds_since(self._relisted) < self._options.backoff.healthy_after
        )
        self._relisted = now
        if repeated:
            await self._after_break(error, status)

    def _start_over(self, version: str) -> None:
        self._listed = False
        self._version = version

    async def _after_break(self, error: str, status: int | None = None, at_least: float = 0.0) -> None:
        longest = self._options.unreachable if status is None else self._options.backoff.longest
        delay = max(min(self._backoff.next_delay(self._clock()), longest), at_least)
        resumable = self._report.state.phase is StreamPhase.SYNCED and self._listed and status is None
        if resumable and delay <= 2 * self._options.backoff.first:
            # One cut connection is no news: nothing is missed if the watch goes on where it was.
            await self._sleep(delay)
            return
        await self._wait(StreamPhase.BROKEN, error, status, delay)

    async def _wait(self, phase: StreamPhase, error: str, status: int | None, delay: float) -> None:
        self._report.failed(phase, error, status, delay)
        await self._sleep(delay)

    async def _sleep(self, delay: float) -> None:
        self._wake.clear()
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            return


def _older(version: str, known: str) -> bool:
    """Whether a version is before another. Those of built-in resources are numbers in order (KEP-5504)."""
    return version.isdecimal() and known.isdecimal() and int(version) < int(known)
