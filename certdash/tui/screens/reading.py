"""A screen to read on: a title, lines that scroll, the keys. The verdict stays in the title line."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from certdash.model.assessment import Assessment
from certdash.model.instant import Instant
from certdash.present.detail import Section
from certdash.present.text import glyph, status_of
from certdash.tui.header_lines import title_spans
from certdash.tui.lines import Line, Span, line
from certdash.tui.theme import Ink, block_of
from certdash.tui.widgets.lines_view import LinesView
from certdash.tui.widgets.scroll_lines import ScrollLines, labelled_lines


class ReadingScreen(Screen[None]):
    """Base of what opens above the dashboard."""

    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back", show=False),
        Binding("w", "wrap", "wrap", show=False),
    ]
    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("esc", "back"), ("w", "wrap"), ("j k", "scroll"))

    def __init__(self, *, mark: str = "", ascii: bool = False) -> None:  # noqa: A002 - as the flag
        super().__init__()
        self._mark = mark
        self._ascii = ascii
        self._assessment: Assessment | None = None
        self._composed = False

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield LinesView(id="title")
        yield ScrollLines(id="text")
        yield LinesView(id="keys")

    def on_mount(self) -> None:
        """Paint."""
        self._composed = True
        self.paint()

    def show_assessment(self, assessment: Assessment, now: Instant) -> None:
        """Something changed."""
        del now
        self._assessment = assessment
        self.paint()

    def tick(self, now: Instant) -> None:
        """A second passed; what is read here ages with the next change."""

    def paint(self) -> None:
        """Show the present state."""
        if not self._composed:
            return
        right: list[Span] = []
        if self._assessment is not None:
            verdict = self._assessment.diagnosis.verdict
            block = f" {glyph(verdict, ascii=self._ascii)} {verdict.value} "
            right = [(block, block_of(status_of(verdict)))]
        self.query_one("#title", LinesView).show([line(*title_spans(self._mark), *self.heading(), right=right)])
        self.query_one("#text", ScrollLines).show(self.text_lines())
        hints: list[Span] = []
        for key, label in self.hints():
            hints += [(f" {key}", Ink.ACCENT), (f" {label} ", Ink.DIM)]
        self.query_one("#keys", LinesView).show([line(*hints)])

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys that do something now."""
        return self.HINTS

    def heading(self) -> Sequence[Span]:
        """What stands in the title line behind the program's name."""
        return ()

    def text_lines(self) -> list[Line]:
        """What there is to read."""
        return []

    def action_leave(self) -> None:
        """Back to where we came from."""
        self.dismiss()

    def action_wrap(self) -> None:
        """Wrap long lines, or not."""
        text = self.query_one("#text", ScrollLines)
        text.set_wrap(not text.wrap)


def section_lines(sections: Sequence[Section], empty: str) -> list[Line]:
    """Sections of a view model as lines."""
    written = [(s.title, [(f.label, f.value, Ink(f.tone.value)) for f in s.facts]) for s in sections]
    return labelled_lines(written, empty)
