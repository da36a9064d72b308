"""Every finding with its evidence and its fix."""

from collections.abc import Sequence

from certdash.present.findings import finding_sections
from certdash.tui.lines import Line, Span
from certdash.tui.screens.reading import ReadingScreen, section_lines
from certdash.tui.theme import Ink


class FindingsScreen(ReadingScreen):
    """Why the verdict is what it is."""

    def heading(self) -> Sequence[Span]:
        """Findings."""
        return ((" why", Ink.STRONG),)

    def text_lines(self) -> list[Line]:
        """The cause first."""
        if self._assessment is None:
            return []
        sections = finding_sections(self._assessment, ascii=self._ascii)
        return section_lines(sections, "nothing to report: no finding")
