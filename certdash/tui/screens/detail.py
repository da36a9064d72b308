"""One object: facts, conditions, events as they change, and its YAML fetched on demand."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from certdash.engine.source import LookResult
from certdash.model.assessment import Assessment
from certdash.model.instant import Instant
from certdash.model.resource import Ref
from certdash.present.detail import DetailView, detail_view
from certdash.present.text import sanitise
from certdash.tui.lines import Line, Span, line
from certdash.tui.screens.reading import ReadingScreen, section_lines
from certdash.tui.theme import Ink

TABS = ("facts", "conditions", "yaml", "events")
_YAML_LINES = 20_000
_YAML_LINE = 4_000


class DetailScreen(ReadingScreen):
    """Shows one object."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_tab(1)", "next", show=False, priority=True),
        Binding("shift+tab", "next_tab(-1)", "previous", show=False, priority=True),
        Binding("d,1", "tab('facts')", "facts", show=False),
        Binding("2", "tab('conditions')", "conditions", show=False),
        Binding("y,3", "tab('yaml')", "yaml", show=False),
        Binding("e,4", "tab('events')", "events", show=False),
        Binding("ctrl+r", "fetch", "fetch again", show=False),
    ]
    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("esc", "back"),
        ("d", "facts"),
        ("2", "conditions"),
        ("y", "yaml"),
        ("e", "events"),
        ("tab", "next"),
        ("ctrl-r", "fetch yaml"),
        ("w", "wrap"),
    )

    def __init__(
        self,
        ref: Ref,
        tab: str,
        look: Callable[[Ref], Awaitable[LookResult]],
        *,
        mark: str = "",
        ascii: bool = False,  # noqa: A002 - as the flag
    ) -> None:
        super().__init__(mark=mark, ascii=ascii)
        self._ref = ref
        self._tab = tab
        self._look = look
        self._detail: DetailView | None = None
        self._yaml: LookResult | None = None

    @property
    def tab(self) -> str:
        """The open tab."""
        return self._tab

    def show_assessment(self, assessment: Assessment, now: Instant) -> None:
        """The object may have changed."""
        self._detail = detail_view(assessment, self._ref, now, ascii=self._ascii)
        super().show_assessment(assessment, now)

    def on_mount(self) -> None:
        """Fetch the YAML when it is what was asked for."""
        self.action_tab(self._tab)

    def heading(self) -> Sequence[Span]:
        """The object, and the tabs."""
        title = self._detail.title if self._detail else sanitise(self._ref.name)
        tabs: list[Span] = []
        for tab in TABS:
            tabs += [(f" {tab} ", Ink.BLOCK_ACCENT if tab == self._tab else Ink.DIM)]
        return ((f" {title}  ", Ink.STRONG), *tabs)

    def text_lines(self) -> list[Line]:
        """What the open tab shows."""
        if self._tab == "yaml":
            return self._yaml_lines()
        view = self._detail
        if view is None:
            return []
        gone = [line((f" the object is {view.gone}", Ink.WARN)), line()] if view.gone else []
        if self._tab == "conditions":
            return [*gone, *section_lines(view.conditions, "no conditions")]
        if self._tab == "events":
            return [*gone, *section_lines(view.events, "no events")]
        return [*gone, *(section_lines(view.facts, "nothing is known") if view.facts or not gone else [])]

    def _yaml_lines(self) -> list[Line]:
        found = self._yaml
        if found is None:
            return [line((" fetching…", Ink.DIM))]
        if found.error or not found.yaml:
            return [line((f" {sanitise(found.error or 'nothing came back')}", Ink.WARN))]
        lines = found.yaml.split("\n", _YAML_LINES)[:_YAML_LINES]
        return [_yaml_line(text) for text in lines]

    def action_tab(self, tab: str) -> None:
        """Open a tab."""
        self._tab = tab
        if tab == "yaml" and self._yaml is None:
            self.action_fetch()
        self.paint()

    def action_next_tab(self, step: int) -> None:
        """The tab after, or before."""
        self.action_tab(TABS[(TABS.index(self._tab) + step) % len(TABS)])

    def action_fetch(self) -> None:
        """Fetch the object whole, again."""
        self._yaml = None
        self.paint()
        self._fetch()

    @work(exclusive=True, group="look")
    async def _fetch(self) -> None:
        self._yaml = await self._look(self._ref)
        self.paint()


def _yaml_line(text: str) -> Line:
    """One line of YAML; the key is written calmer than the value."""
    clean = sanitise(text, _YAML_LINE)
    key, colon, value = clean.partition(":")
    if colon and key.strip(" -") and (not value or value.startswith(" ")) and '"' not in key:
        return line((f" {key}:", Ink.ACCENT), (value, Ink.PLAIN))
    return line((f" {clean}", Ink.PLAIN))
