"""The way back from each fault."""

from collections.abc import Callable, Collection

# What has to live again before anything else can be repaired.
_FIRST = ("process kube-apiserver", "process etcd")


class Repairs:
    """What is broken, part by part, each with how it is undone."""

    def __init__(self) -> None:
        self._undo: dict[str, Callable[[], object]] = {}
        self._noted: list[str] = []

    @property
    def broken(self) -> tuple[str, ...]:
        """The broken parts, in the order in which they broke."""
        return tuple(self._undo)

    @property
    def noted(self) -> tuple[str, ...]:
        """The parts that broke since `start_noting`."""
        return tuple(self._noted)

    def start_noting(self) -> None:
        """Note from now on what breaks."""
        self._noted.clear()

    def add(self, part: str, undo: Callable[[], object]) -> None:
        """Remember the way back; breaking the same part again keeps the first one, at the end of the order."""
        self._undo[part] = self._undo.pop(part, undo)
        self._noted.append(part)

    def take(self, part: str) -> Callable[[], object] | None:
        """Forget a part that is whole again; answers how it would have been undone."""
        return self._undo.pop(part, None)

    def undo(self, parts: Collection[str]) -> None:
        """Undo these, the last first. One that is whole again is left out; one whose repair raises stays broken, as
        do those after it."""
        wanted = [part for part in (*_FIRST, *reversed(tuple(parts))) if part in parts]
        for part in dict.fromkeys(wanted):
            if undo := self._undo.get(part):
                undo()
                self._undo.pop(part, None)
