"""What the demo adds to the dashboard, as text: the bar above the footer, and the list of faults."""

from collections.abc import Sequence
from dataclasses import dataclass

from certdash.present.text import fit, sanitise
from certdash.tui.demo_control import DemoFault, DemoState
from certdash.tui.lines import Line, Span, line
from certdash.tui.theme import Ink

MARK = "DEMO"
_HINT = "nothing is broken: press b to break it, and watch the verdict"
_COLUMN_FOR_ABOUT = 39
_AROUND_TEXT = 6


@dataclass(frozen=True, slots=True)
class Doing:
    """What was asked of the cluster: it runs, or (`error`) it failed."""

    text: str = ""
    error: str = ""


def bar_line(state: DemoState, doing: Doing) -> Line:
    """What goes on and what is broken; the newest matters most and stands first."""
    spans: list[Span] = [(f" {MARK} ", Ink.BLOCK_WARN), (" ", Ink.PLAIN)]
    parts: list[Span] = []
    if doing.error:
        parts.append((f"not done: {sanitise(doing.error)}", Ink.FAIL))
    elif doing.text:
        parts.append((f"{doing.text} …", Ink.WAITING))
    if state.story:
        parts.append((sanitise(state.story), Ink.STRONG))
    if state.broken:
        parts.append((f"broken: {', '.join(sanitise(label) for label in reversed(state.broken))}", Ink.FAIL))
    if not parts:
        parts.append((_HINT, Ink.PLAIN))
    for position, part in enumerate(parts):
        spans += [(" · ", Ink.DIM), part] if position else [part]
    keys: list[Span] = [("b", Ink.ACCENT), (" break ", Ink.DIM)]
    if state.broken:
        keys += [(" B", Ink.ACCENT), (" heal all ", Ink.DIM)]
    return line(*spans, right=keys)


@dataclass(frozen=True, slots=True)
class FaultGrid:
    """How the faults lie in a room of `width` cells: in columns, one below the other."""

    faults: Sequence[DemoFault]
    width: int
    columns: int

    @property
    def rows(self) -> int:
        """Lines that the list takes."""
        return -(-len(self.faults) // self.columns)

    def at(self, x: int, y: int) -> DemoFault | None:
        """The fault in that cell."""
        column = min(x * self.columns // max(self.width, 1), self.columns - 1)
        index = column * self.rows + y
        return self.faults[index] if 0 <= y < self.rows and index < len(self.faults) else None

    def lines(self, broken: Sequence[str]) -> list[Line]:
        """The list; a fault that is active is marked, and says what is so."""
        return [self._line(y, broken) for y in range(self.rows)]

    def _line(self, y: int, broken: Sequence[str]) -> Line:
        spans: list[Span] = []
        column = self.width // self.columns
        for fault in self.faults[y :: self.rows]:
            active = fault.label in broken
            text = fault.about if column >= _COLUMN_FOR_ABOUT else fault.label
            said = f"{fault.label}: {fault.key} heals it" if active else text
            spans.append((" ✗ " if active else "   ", Ink.FAIL))
            spans.append((fault.key, Ink.ACCENT))
            spans.append((" " + fit(said, column - _AROUND_TEXT) + " ", Ink.FAIL if active else Ink.PLAIN))
        return line(*spans)


def fault_grid(faults: Sequence[DemoFault], width: int, height: int) -> FaultGrid:
    """As few columns as the height allows, so that each fault gets as many words as possible."""
    wanted = max(-(-len(faults) // max(height, 1)), 1)
    columns = max(wanted, min(width // _COLUMN_FOR_ABOUT, 3))
    return FaultGrid(tuple(faults), width, columns)
