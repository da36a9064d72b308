"""Collects what a reflector emits, and folds it as a store would."""

import asyncio
from collections.abc import Callable
from typing import Any

from certdash.model.inputs import ChangeType, Input, ObjectsChanged, StreamChanged
from certdash.model.instant import Instant
from certdash.model.stream import StreamPhase, StreamState


class Recorder:
    """Call it as a reflector's `emit`. `objects` is name -> (uid, version); a change that does not fit is an error."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self.objects: dict[str, tuple[str, str]] = {}
        self.states: list[StreamState] = []
        self.batches: list[list[tuple[str, str]]] = []
        self._changed = asyncio.Event()

    def __call__(self, new: Input) -> None:
        self.inputs.append(new)
        if isinstance(new, StreamChanged):
            assert new.state is not None
            self.states.append(new.state)
        elif isinstance(new, ObjectsChanged):
            self.batches.append([(change.type.value, change.body["metadata"]["name"]) for change in new.changes])
            for change in new.changes:
                self._fold(change.type, change.body["metadata"])
        self._changed.set()

    def _fold(self, kind: ChangeType, metadata: dict[str, Any]) -> None:
        name, identity = metadata["name"], (metadata["uid"], metadata["resourceVersion"])
        if kind is ChangeType.ADDED:
            assert name not in self.objects, f"{name} added twice"
        else:
            assert name in self.objects, f"{name} {kind.value} and never added"
        if kind is ChangeType.MODIFIED:
            assert self.objects[name][0] == identity[0], f"{name} changed its uid without being deleted"
        if kind is ChangeType.DELETED:
            del self.objects[name]
        else:
            self.objects[name] = identity

    @property
    def state(self) -> StreamState:
        """The newest; before the first, that of a stream that has not begun."""
        return self.states[-1] if self.states else StreamState(StreamPhase.CONNECTING, Instant(0.0, 0.0))

    @property
    def phases(self) -> list[StreamPhase]:
        """The phases in order, repetitions left out."""
        phases: list[StreamPhase] = []
        for state in self.states:
            if not phases or phases[-1] is not state.phase:
                phases.append(state.phase)
        return phases

    @property
    def names(self) -> set[str]:
        return set(self.objects)

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until something emitted makes the condition true."""
        async with asyncio.timeout(timeout):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
