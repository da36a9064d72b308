"""The list of faults: a letter breaks or heals one."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from certdash.tui.demo_control import DemoFault
from certdash.tui.demo_lines import FaultGrid, fault_grid
from certdash.tui.widgets.lines_view import LinesView

CLOSING_KEYS = ("escape", "b", "q", "enter")


class FaultList(LinesView, can_focus=True):
    """Shows every fault with its letter while it has the focus."""

    @dataclass
    class Chosen(Message):
        """A fault's letter was pressed, or its line clicked."""

        fault: DemoFault

    @dataclass
    class HealAll(Message):
        """Everything is to be healed."""

    @dataclass
    class Closed(Message):
        """The list is not wanted any more."""

    @dataclass
    class Unknown(Message):
        """A letter that no fault has."""

        key: str

    def __init__(self, faults: Sequence[DemoFault], *, id: str) -> None:  # noqa: A002 - as in Widget
        super().__init__(id=id)
        self._faults = tuple(faults)
        self._broken: Sequence[str] = ()
        self._grid = FaultGrid(self._faults, 1, 1)

    def lay(self, width: int, height: int) -> int:
        """Fit the list into a room of that many cells; returns the rows that it takes."""
        self._grid = fault_grid(self._faults, width, height)
        self.show_broken(self._broken)
        return self._grid.rows

    def show_broken(self, broken: Sequence[str]) -> None:
        """Mark the faults that are active."""
        self._broken = broken
        self.show(self._grid.lines(broken))

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Letters are ours while the list is open."""
        del key
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """A letter, or the end."""
        if event.key in CLOSING_KEYS:
            self.post_message(self.Closed())
        elif event.character == "B":
            self.post_message(self.HealAll())
        elif event.character is not None and event.character.isprintable():
            chosen = next((fault for fault in self._faults if fault.key == event.character), None)
            self.post_message(self.Chosen(chosen) if chosen else self.Unknown(event.character))
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        """The fault under the pointer."""
        place = event.get_content_offset(self)
        chosen = self._grid.at(place.x, place.y) if place is not None else None
        if chosen is not None:
            event.stop()
            self.post_message(self.Chosen(chosen))

    def on_blur(self) -> None:
        """The focus went elsewhere."""
        self.post_message(self.Closed())
