"""What the dashboard asks of the app: what leads out of its screen."""

from typing import TYPE_CHECKING, Protocol

from certdash.model.instant import Instant
from certdash.model.resource import Ref
from certdash.tui.commands import CommandSet

if TYPE_CHECKING:
    from certdash.engine.playback import RecordingState


class Intents(Protocol):
    """Implemented by the app."""

    def probe_now(self) -> None:
        """Start a probe round."""
        ...

    def open_object(self, ref: Ref, tab: str) -> None:
        """Show one object whole."""
        ...

    def show_findings(self) -> None:
        """Show every finding."""
        ...

    def show_help(self, commands: CommandSet) -> None:
        """Show what all keys do."""
        ...

    def copy_fix(self) -> str:
        """Copy the fix; answers what to say."""
        ...

    async def toggle_recording(self, file: str) -> str:
        """Record what comes in, to that file or one of its own, or stop it; answers what to say."""
        ...

    @property
    def recording(self) -> "RecordingState | None":
        """What is being recorded."""
        ...

    def show_issuance(self) -> str:
        """Show the issuance test, planning one where there is none; answers what to say."""
        ...

    @property
    def issuance_proven(self) -> Instant | None:
        """When a test last had a certificate issued."""
        ...
