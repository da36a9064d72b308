"""The catalogue of findings for people who read it offline: a list by component, and single entries."""

import shutil
import textwrap
from collections.abc import Iterable

from certdash.diagnosis.catalogue import CatalogueEntry

_INDENT = "  "
_WIDEST = 100


def terminal_width() -> int:
    """The columns to write prose for: the terminal's, but no line longer than is good to read."""
    return min(shutil.get_terminal_size().columns, _WIDEST)


def catalogue_list(entries: Iterable[CatalogueEntry]) -> str:
    """One line for each entry, under the names of their components."""
    lines: list[str] = []
    component = None
    for entry in entries:
        if entry.component is not component:
            component = entry.component
            lines += ["", component.value] if lines else [component.value]
        lines.append(f"{_INDENT}{entry.code}  {entry.severity.value:<8} {entry.title}")
    return "\n".join([*lines, ""])


def entry_text(entry: CatalogueEntry, width: int) -> str:
    """One entry whole, its prose in lines of `width` columns."""
    prose = textwrap.fill(
        entry.explanation, max(width, 40), initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False
    )
    lines = [
        f"{entry.code}  {entry.title}",
        f"{_INDENT}{entry.severity.value} · {entry.component.value}",
        "",
        prose,
        "",
        f"{_INDENT}{entry.reference}",
        "",
    ]
    return "\n".join(lines)
