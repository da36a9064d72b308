"""Starting and stopping a recording from the dashboard: which file, and what to say."""

import re
import time
from pathlib import Path

from certdash.engine.playback import Recordable, RecordingState
from certdash.model.instant import Instant
from certdash.recording.errors import RecordingError
from certdash.tui.recording_lines import stopped_text

SUFFIX = ".certdash"
_NAME_LIMIT = 60
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class RecordingControl:
    """One recording at a time, of whatever the dashboard follows."""

    def __init__(self, engine: object, folder: Path, context: str) -> None:
        self._folder = folder
        self._context = context
        self._engine = engine if isinstance(engine, Recordable) else None

    @property
    def state(self) -> RecordingState | None:
        """What is being written, or was until an error."""
        return self._engine.recording if self._engine is not None else None

    async def toggle(self, file: str, now: Instant) -> str:
        """Start, or stop what runs. `file` "" means one of its own in the folder. Answers what to say."""
        if self._engine is None:
            return "there is nothing to record here"
        state = self._engine.recording
        if state is None or state.error:
            await self._engine.stop_recording()
            return self._start(self._engine, file, now)
        if file:
            return f"already recording to {state.path}; r stops it"
        ended = await self._engine.stop_recording()
        return stopped_text(ended) if ended is not None else "recording stopped"

    def _start(self, engine: Recordable, file: str, now: Instant) -> str:
        try:
            path = Path(file).expanduser().absolute() if file else self._own_file(now)
            engine.start_recording(path)
        except OSError as error:
            return f"can't record to {error.filename or self._folder}: {error.strerror or error}"
        except (RecordingError, RuntimeError) as error:
            return f"can't record: {error}"
        return f"recording to {path}; r stops it"

    def _own_file(self, now: Instant) -> Path:
        """A file that tells by its name what it holds. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        context = _UNFIT.sub("-", self._context)[:_NAME_LIMIT].strip("-.") or "cluster"
        return self._folder / f"{context}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now.wall))}{SUFFIX}"
