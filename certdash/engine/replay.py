"""A recording played back: the same store, diagnosis and assessments as live, on the recording's clock."""

import asyncio
import time
from pathlib import Path

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.chronicle import Chronicle
from certdash.engine.cursor import Course, Cursor
from certdash.engine.object_yaml import object_yaml
from certdash.engine.pace import sleep
from certdash.engine.playback import FASTEST, SLOWEST, Playhead
from certdash.engine.publication import Publication
from certdash.engine.source import LookResult
from certdash.model.assessment import Assessment
from certdash.model.connection import Target
from certdash.model.instant import Instant
from certdash.model.resource import Kind, Ref
from certdash.recording.reader import Recording

# A burst of records becomes one assessment, as live.
FRAME = 0.1
# The chronicle is written in slices, so that keys and painting come first; with as long a pause between them unless it
# is behind.
SLICE = 0.008
# What the chronicle found is shown this often while it catches up, in seconds.
NEWS_EVERY = 0.5


class ReplayEngine:
    """One recording, from its beginning, standing still at first. Implements `Source` and `Playback`."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises RecordingError."""
        self._recording = Recording(path)
        self._course = Course(self._recording)
        self._cursor = Cursor(self._course)
        self._chronicle = Chronicle(self._course)
        self._publication = Publication(self._cursor.snapshot(), self._cursor.now)
        self._playing = False
        self._speed = 1.0
        self._started: tuple[float, float] = (0.0, 0.0)
        self._changed = asyncio.Event()
        self._progress = asyncio.Event()
        self._awaited = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to play when asked, on the running loop."""
        self._tasks = [asyncio.create_task(self._play_on()), asyncio.create_task(self._write_chronicle())]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._publication.fail(error)
            self._progress.set()

    @property
    def target(self) -> Target:
        """The cluster that was recorded."""
        return self._cursor.snapshot().target

    # Source.

    @property
    def assessment(self) -> Assessment:
        """The newest assessment."""
        return self._publication.assessment

    async def next_assessment(self, after: int) -> Assessment:
        """Wait for an assessment newer than `after`. Raises what went wrong in the engine itself, if anything did."""
        return await self._publication.next_assessment(after)

    def probe_now(self) -> None:
        """Nothing: what is over can't be asked again."""

    async def look(self, ref: Ref) -> LookResult:
        """The object as it was kept in the recording."""
        kind = next((kind for kind in Kind if kind.resource.kind == ref.kind), None)
        found = self._cursor.snapshot().get(kind, ref.name, ref.namespace) if kind is not None else None
        if found is None or kind is None:
            return LookResult(ref, error=f"{ref.kind} {ref.name} is not in the recording at this moment")
        named = {"apiVersion": kind.resource.api_version, "kind": kind.resource.kind}
        return LookResult(ref, yaml=object_yaml({**named, **found.body}))

    async def close(self) -> None:
        """Stop, and close the file."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._recording.close()

    # Playback.

    @property
    def playhead(self) -> Playhead:
        """Where it stands now."""
        position = self._position()
        return Playhead(
            position,
            self._course.length,
            self._cursor.instant(position),
            self._playing,
            self._speed,
            self._recording.damage,
        )

    def clock(self) -> Instant:
        """Now, by the recording."""
        return self._cursor.instant(self._position())

    def play(self) -> None:
        """Go on from here; from the end, begin anew."""
        if self._position() >= self._course.length:
            self._go(0.0)
        self._playing = True
        self._anchor()

    def pause(self) -> None:
        """Stand still."""
        self._go(self._position())
        self._playing = False
        self._anchor()

    def set_speed(self, factor: float) -> None:
        """Recorded seconds for each second."""
        self._anchor()
        self._speed = min(max(factor, SLOWEST), FASTEST)

    async def seek(self, position: float) -> None:
        """Go to so many seconds from the beginning."""
        self._go(min(max(position, 0.0), self._course.length))

    async def step(self, direction: int) -> bool:
        """Pause, and go to the next or previous input that changes something to be seen."""
        self.pause()
        found = self._shown_after(self._position()) if direction > 0 else self._shown_before(self._position())
        if found is None:
            return False
        self._go(found)
        return True

    async def next_verdict(self, direction: int) -> bool:
        """Pause, and go to the next or previous change of the verdict or its cause."""
        self.pause()
        position = self._position()
        found = await self._verdict_after(position) if direction > 0 else await self._verdict_before(position)
        if found is None:
            return False
        self._go(found)
        return True

    # Moving.

    def _position(self) -> float:
        if not self._playing:
            return self._cursor.position
        begun, position = self._started
        passed = (asyncio.get_running_loop().time() - begun) * self._speed
        return max(min(position + passed, self._course.length), self._cursor.position)

    def _anchor(self) -> None:
        """Reckon from here and now on."""
        self._started = (asyncio.get_running_loop().time(), self._position())
        self._changed.set()

    def _go(self, position: float) -> None:
        self._cursor.seek(position)
        self._started = (asyncio.get_running_loop().time(), self._cursor.position)
        self._changed.set()
        self._publish()

    def _publish(self) -> None:
        snapshot, now = self._cursor.snapshot(), self._cursor.now
        version = self.assessment.version + 1
        timeline = self._chronicle.timeline(self._cursor.position)
        self._publication.publish(Assessment(version, now, snapshot, diagnose(snapshot, now), timeline))

    async def _play_on(self) -> None:
        while True:
            self._changed.clear()
            if not self._playing:
                await self._changed.wait()
                continue
            position = self._position()
            came = self._cursor.advance(position)
            if came or self._expired():
                self._publish()
            if position >= self._course.length:
                self.pause()
                continue
            try:
                async with asyncio.timeout(self._until_next(position)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _expired(self) -> bool:
        valid_until = self.assessment.diagnosis.valid_until
        return valid_until is not None and self._cursor.now.steady > valid_until.steady

    def _until_next(self, position: float) -> float:
        """Seconds until something may have to be shown."""
        following = self._cursor.next_position
        ahead = [(following if following is not None else self._course.length) - position]
        valid_until = self.assessment.diagnosis.valid_until
        if valid_until is not None:
            ahead.append(valid_until.seconds_since(self._cursor.instant(position)) + 0.001)
        return max(min(ahead) / self._speed, FRAME)

    def _shown_after(self, position: float) -> float | None:
        for index in range(self._course.member_at(position), len(self._course.members)):
            found = next((p for p in self._course.shown_positions(index) if p > position), None)
            if found is not None:
                return found
        return None

    def _shown_before(self, position: float) -> float | None:
        for index in range(self._course.member_at(position), -1, -1):
            earlier = [p for p in self._course.shown_positions(index) if p < position]
            if earlier:
                return earlier[-1]
        return None

    # The chronicle.

    async def _verdict_after(self, position: float) -> float | None:
        while (found := self._chronicle.verdict_after(position)) is None and not self._chronicle.complete:
            await self._chronicle_goes_on()
        return found

    async def _verdict_before(self, position: float) -> float | None:
        while self._chronicle.reached < position and not self._chronicle.complete:
            await self._chronicle_goes_on()
        return self._chronicle.verdict_before(position)

    async def _chronicle_goes_on(self) -> None:
        """Let the chronicle be written without pauses for a moment."""
        self._awaited += 1
        try:
            self._progress.clear()
            await self._progress.wait()
        finally:
            self._awaited -= 1
        if self._publication.failure is not None:
            raise self._publication.failure

    async def _write_chronicle(self) -> None:
        told = 0.0
        while not self._chronicle.complete:
            end = time.perf_counter() + SLICE
            while not self._chronicle.complete and time.perf_counter() < end:
                self._chronicle.advance()
            self._progress.set()
            if end - told > NEWS_EVERY and not self._playing:
                told = end
                self._show_news()
            behind = self._awaited or self._chronicle.reached < self._cursor.position
            await sleep(0.0 if behind else SLICE)
        self._show_news()

    def _show_news(self) -> None:
        """Show what the chronicle has found of the time up to here."""
        if self._chronicle.timeline(self._cursor.position) != self.assessment.timeline:
            self._publish()


def assessment_at(recording: Recording, position: float) -> Assessment:
    """What was known at that position, diagnosed as of then. Raises RecordingError."""
    cursor = Cursor(Course(recording))
    cursor.seek(position)
    snapshot, now = cursor.snapshot(), cursor.now
    return Assessment(0, now, snapshot, diagnose(snapshot, now), ())
