"""Records what an assessor is told, beside the running engine: the loop encodes, a thread compresses and writes.

A second's worth is written at a time, so a process that is killed loses no more than about a second. Every few minutes,
or after many changes, a new member begins with a keyframe, so that any point can be reached soon.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from certdash import __version__
from certdash.engine.assessor import Assessor
from certdash.engine.playback import RecordingState
from certdash.model.inputs import Input, ObjectsChanged
from certdash.model.instant import Instant
from certdash.recording.container import ChunkCompressor
from certdash.recording.errors import RecordingError
from certdash.recording.pseudonyms import Pseudonyms
from certdash.recording.records import BasisSettled, Record, RecordEncoder, Rewrite, Standstill
from certdash.recording.scrub import scrubbed
from certdash.recording.writer import RecordingWriter

MIB: Final = 1 << 20
DEFAULT_MAX_SIZE: Final = 64 * MIB
FLUSH_EVERY: Final = 1.0
MEMBER_SECONDS: Final = 240.0
MEMBER_CHANGES: Final = 1500
# What may wait for a slow disk before the recording is given up.
_BACKLOG: Final = 64 * MIB
# How long the end of a recording may wait for the disk, in seconds.
_CLOSE_WITHIN: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Piece:
    data: bytes
    begins_member: bool
    until: Instant


class Recorder:
    """One recording in the making. Implements the assessor's `Tap`; lives on the loop."""

    def __init__(
        self,
        path: Path,
        assessor: Assessor,
        clock: Callable[[], Instant],
        *,
        max_size: int = DEFAULT_MAX_SIZE,
        replace_names: bool = False,
    ) -> None:
        """Open the file and begin with all that is known. Raises RecordingError."""
        self._assessor = assessor
        self._clock = clock
        self._since = self._last = clock()
        self._rewrite = _rewriter(Pseudonyms() if replace_names else None)
        self._writer = RecordingWriter(
            path, certdash=__version__, begun=self._since, max_size=max_size, names_replaced=replace_names
        )
        self._scribe = _Scribe(self._writer, self._failed)
        self._error = ""
        self._ended = False
        self._lines: list[bytes] = []
        self._timer = asyncio.get_running_loop().call_later(FLUSH_EVERY, self._flush_in_time)
        assessor.tap = self
        self._begin_member(self._since)
        self._scribe.start()

    @property
    def state(self) -> RecordingState:
        """How it is doing."""
        return RecordingState(self._writer.path, self._writer.size, self._since, self._error)

    # Tap.

    def took(self, event: Input) -> None:
        """One more input."""
        self._changes += len(event.changes) if isinstance(event, ObjectsChanged) else 1
        self._add(event)

    def settled(self, at: Instant) -> None:
        """The basis changed."""
        self._add(BasisSettled(at))

    # The file.

    def _add(self, record: Record) -> None:
        self._last = record.at
        line = self._encoded(lambda: self._encoder.record(record))
        if line:
            self._lines.append(line)

    def _begin_member(self, now: Instant) -> None:
        self._encoder = RecordEncoder(self._rewrite)
        self._member_since, self._changes = now, 0
        line = self._encoded(lambda: self._encoder.keyframe(self._assessor.store.keyframe(now)))
        if line:
            self._scribe.write(_Piece(line, True, now))

    def _encoded(self, encode: Callable[[], bytes]) -> bytes:
        """One line, "" after a failure: whatever an object holds, the engine goes on without the recording."""
        try:
            return encode()
        except Exception as error:  # noqa: BLE001 - as said
            self._failed(RecordingError(f"can't record what came in: {error!r}"))
            return b""

    def _flush_in_time(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(FLUSH_EVERY, self._flush_in_time)
        self.flush()

    def flush(self) -> None:
        """Hand over what came in since the last time; it does so by itself every second."""
        now = self._clock()
        old = now.seconds_since(self._member_since) >= MEMBER_SECONDS
        if old or self._changes >= MEMBER_CHANGES or self._writer.full:
            # A keyframe holds a settled basis, and that it was settled belongs to what came before.
            self._assessor.snapshot(now)
            self._hand_over()
            self._begin_member(now)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._lines:
            self._scribe.write(_Piece(b"".join(self._lines), False, self._last))
            self._lines = []

    async def stop(self, within: float = _CLOSE_WITHIN) -> RecordingState:
        """Complete the file, waiting for the disk for so many seconds."""
        if not self._ended:
            self._add(Standstill(self._clock()))
            self._hand_over()
        self._detach()
        await self._scribe.finish(within)
        return self.state

    def _detach(self) -> None:
        self._ended = True
        self._timer.cancel()
        if self._assessor.tap is self:
            self._assessor.tap = None

    def _failed(self, error: RecordingError) -> None:
        self._error = self._error or str(error)
        self._detach()


def _rewriter(pseudonyms: Pseudonyms | None) -> Rewrite:
    if pseudonyms is None:
        return scrubbed

    def rewrite(plain: Any) -> Any:
        return pseudonyms.replaced(scrubbed(plain))

    return rewrite


class _Scribe:
    """The thread that writes. A daemon: a disk that hangs must not keep the process alive."""

    def __init__(self, writer: RecordingWriter, failed: Callable[[RecordingError], None]) -> None:
        self._writer = writer
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._pieces: SimpleQueue[_Piece | None] = SimpleQueue()
        self._backlog = 0
        self._done = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def write(self, piece: _Piece) -> None:
        """Write it soon."""
        self._backlog += len(piece.data)
        if self._backlog > _BACKLOG:
            self._failed(RecordingError(f"can't write {self._writer.path}: the disk does not keep up"))
            return
        self._pieces.put(piece)

    async def finish(self, within: float) -> None:
        """Write what is left, and close the file."""
        self._pieces.put(None)
        try:
            async with asyncio.timeout(within):
                await self._done.wait()
        except TimeoutError:
            self._failed(RecordingError(f"can't complete {self._writer.path}: the disk does not answer"))

    def _run(self) -> None:
        compressor = ChunkCompressor()
        try:
            while (piece := self._pieces.get()) is not None:
                if piece.begins_member:
                    compressor = ChunkCompressor()
                self._writer.append(
                    compressor.compress(piece.data), begins_member=piece.begins_member, until=piece.until
                )
                self._tell(self._wrote, len(piece.data))
            self._writer.close()
        except RecordingError as error:
            self._tell(self._failed, error)
        self._tell(self._done.set)

    def _wrote(self, size: int) -> None:
        self._backlog -= size

    def _tell(self, callback: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            # The loop is closed: nobody is left to be told.
            return
