"""What a screen may ask of a replay, and what of an engine that can record: intents, as `source` has them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from certdash.model.instant import Instant

SLOWEST: Final = 0.5
FASTEST: Final = 100.0


@dataclass(frozen=True, slots=True)
class Playhead:
    """Where a replay stands. `position` and `length` are seconds of recorded time: what was not recorded between two
    sessions of one file does not count. `at` is the recording's own clock there. `damage` says in one line what of the
    file can't be read, "" when all of it can."""

    position: float
    length: float
    at: Instant
    playing: bool
    speed: float
    damage: str = ""


class Playback(Protocol):
    """A recording that is being replayed. The engine that implements it is a `Source`, too: after each of these calls
    the newest assessment is that of the new position."""

    @property
    def playhead(self) -> Playhead:
        """Where it stands now."""
        ...

    def clock(self) -> Instant:
        """Now, by the recording: ages are shown as of this moment."""
        ...

    def play(self) -> None:
        """Go on from here; from the end, begin anew."""
        ...

    def pause(self) -> None:
        """Stand still."""
        ...

    def set_speed(self, factor: float) -> None:
        """Recorded seconds for each second, held within SLOWEST and FASTEST."""
        ...

    async def seek(self, position: float) -> None:
        """Go to so many seconds from the beginning, held within the recording. Playing goes on from there."""
        ...

    async def step(self, direction: int) -> bool:
        """Pause, and go to the next (1) or previous (-1) input that changes something to be seen. False, and nowhere,
        when there is none."""
        ...

    async def next_verdict(self, direction: int) -> bool:
        """Pause, and go to the next (1) or previous (-1) change of the verdict or its cause. False, and nowhere, when
        there is none."""
        ...


@dataclass(frozen=True, slots=True)
class RecordingState:
    """A recording that is being written, or was. `size` is in bytes, as far as written. `error` says in one line why
    it ended early, "" while it goes on or when it was ended as asked."""

    path: Path
    size: int
    since: Instant
    error: str = ""


@runtime_checkable
class Recordable(Protocol):
    """An engine whose inputs can be recorded."""

    @property
    def recording(self) -> RecordingState | None:
        """What is being written; after an error, what was written until then, with the error. None when nothing was
        asked for, or it was stopped."""
        ...

    def start_recording(self, path: Path) -> None:
        """Write to that file from now on, beginning with all that is known. A recording that is there is continued.
        Raises RecordingError (certdash.recording.errors) when it can't be."""
        ...

    async def stop_recording(self) -> RecordingState | None:
        """Complete the file; answers what was written, None when nothing was being."""
        ...
