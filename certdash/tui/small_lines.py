"""What stands in for the panels where room is short."""

from certdash.present.view_model import PanelId, ScreenView
from certdash.tui.board import CHAIN, LEAST_HEIGHT, LEAST_WIDTH
from certdash.tui.lines import Line, Span, line
from certdash.tui.theme import Ink, ink_of


def chain_line(view: ScreenView, selected: PanelId) -> Line:
    """The whole chain in one line: number, mark and name of each panel."""
    spans: list[Span] = []
    for panel in view.panels:
        if panel.id in CHAIN:
            ink = Ink.ACCENT if panel.id is selected else Ink.DIM
            spans += [(f" {panel.number} ", ink), (f"{panel.mark} ", ink_of(panel.status))]
            spans.append((f"{panel.id.value} ", ink))
    return line(*spans)


def too_small_lines(width: int, height: int, extra_rows: int) -> list[Line]:
    """For a terminal without room for anything; `extra_rows` is what this dashboard needs beyond the least height."""
    need = f"(need {LEAST_WIDTH}x{LEAST_HEIGHT + extra_rows})"
    text = f"terminal too small {need}"
    words = [text] if len(text) <= width else ["terminal too small", need]
    above = max((height - len(words)) // 2, 0)
    return [line()] * above + [line(" " * max((width - len(w)) // 2, 0) + w) for w in words]
