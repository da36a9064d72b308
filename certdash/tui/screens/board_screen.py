"""What the dashboard shows and where: header, banner, the chain as panels, timeline, footer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from certdash.model.assessment import Assessment
from certdash.model.connection import Target
from certdash.model.instant import Instant
from certdash.present.detail import detail_view
from certdash.present.findings import finding_sections
from certdash.present.links import COLUMNS as LINK_COLUMNS
from certdash.present.links import link_rows
from certdash.present.text import sanitise
from certdash.present.view import connecting_header, panel_of, screen_view
from certdash.present.view_model import HeaderView, PanelId, ScreenView
from certdash.tui.banner_lines import proof_lines
from certdash.tui.board import Board, board_for
from certdash.tui.commands import COMMON, CommandSet
from certdash.tui.footer_lines import footer_line
from certdash.tui.header_lines import header_line
from certdash.tui.intents import Intents
from certdash.tui.prompt import Prompt
from certdash.tui.recording_lines import mark_of, stopped_text
from certdash.tui.screens.reading import section_lines
from certdash.tui.small_lines import chain_line, too_small_lines
from certdash.tui.widgets.banner import Banner
from certdash.tui.widgets.lines_view import LinesView
from certdash.tui.widgets.live_table import LiveTable
from certdash.tui.widgets.panel import Panel
from certdash.tui.widgets.scroll_lines import ScrollLines

_PANELS_EVERY = 10


class BoardScreen(Screen[None]):
    """Shows the newest assessment. Before the first one: where we look, and that we are connecting.

    Other kinds of dashboard add their mark, their commands and one row above the footer.
    """

    AUTO_FOCUS = ""
    MARK: ClassVar[str] = ""
    """What must not be overlooked about the cluster, for the header and the terminal's title."""
    COMMAND_SET: ClassVar[CommandSet] = COMMON
    BAR_ROWS: ClassVar[int] = 0
    """Rows above the footer that belong to the kind of dashboard."""

    def __init__(self, intents: Intents, target: Target, now: Instant, *, ascii: bool = False) -> None:  # noqa: A002
        super().__init__()
        self._intents = intents
        self.ascii = ascii
        self._now = now
        self._header: HeaderView = connecting_header(target, now, ascii=ascii)
        self._assessment: Assessment | None = None
        self._view: ScreenView | None = None
        self._board: Board | None = None
        self._selected = PanelId.CRDS
        self._frozen = self._full = self._wrap = False
        self._filter = ""
        self._said = ""
        self._ticks = 0
        self._steered = self._composed = False
        self._preview_title = ""
        self._recording_error = ""

    # What is shown.

    def compose(self) -> ComposeResult:
        """All widgets, once; sizes only decide where they lie."""
        yield LinesView(id="header")
        yield Banner(id="banner")
        yield LinesView(id="strip")
        # A widget of its own, so that the second's tick costs no more than its few cells.
        yield LinesView(id="proof")
        yield LiveTable(id="links")
        for panel in PanelId:
            yield Panel(panel)
        yield ScrollLines(id="preview")
        yield from self.compose_own()
        yield LinesView(id="footer")
        yield Prompt(id="prompt")
        yield LinesView(id="too-small")

    def compose_own(self) -> ComposeResult:
        """Widgets of this kind of dashboard."""
        return ()

    def on_mount(self) -> None:
        """Paint what the kubeconfig alone tells."""
        self._composed = True
        self.query_one("#links").can_focus = False
        self.query_one("#preview").can_focus = False
        self._arrange()
        self.focus_panel()

    def on_resize(self) -> None:
        """Lay everything out for the new size."""
        self._arrange()

    @property
    def view(self) -> ScreenView | None:
        """What is shown."""
        return self._view

    @property
    def selected_panel(self) -> PanelId:
        """The panel that has, or would have, the focus."""
        return self._selected

    def show_assessment(self, assessment: Assessment, now: Instant) -> None:
        """Show a new assessment; while frozen only header and banner."""
        self._assessment, self._now = assessment, now
        self._point_at_cause(assessment)
        self._refresh_view()

    def _point_at_cause(self, assessment: Assessment) -> None:
        """Until a panel was chosen, the one that the cause is about is the chosen one."""
        cause = assessment.diagnosis.cause
        if self._steered or cause is None or not self._composed:
            return
        panel = panel_of(cause.component)
        if panel is not self._selected:
            self._choose(panel)

    def tick(self, now: Instant) -> None:
        """A second passed: the ages of header and banner go on, the panels' every ten seconds."""
        self._now = now
        self._ticks += 1
        self._tell_of_recording()
        if self._ticks % _PANELS_EVERY == 0 and self._assessment is not None:
            self._refresh_view()
        else:
            self._paint_top()

    def _tell_of_recording(self) -> None:
        """A recording that ended by an error is news once."""
        state = self._intents.recording
        error = state.error if state is not None else ""
        if state is not None and error and error != self._recording_error:
            self.say(stopped_text(state))
        self._recording_error = error

    def say(self, text: str) -> None:
        """Say something at the edge of the footer until the next key that says something."""
        self._said = sanitise(text)
        self._paint_footer()

    def _refresh_view(self) -> None:
        if self._assessment is None:
            return
        view = screen_view(self._assessment, self._now, filter=self._filter, ascii=self.ascii)
        self._header = view.header
        if self._frozen and self._view is not None:
            view = ScreenView(view.header, view.banner, self._view.panels, self._view.filter)
        self._view = view
        self._paint_top()
        self._paint_panels()

    def _paint_top(self) -> None:
        if not self._composed or self._board is None:
            return
        self.paint_header()
        banner = self.query_one("#banner", Banner)
        frame = 2 if self._board.banner_framed else 0
        banner.set_class(not frame, "-unframed")
        width, height = self._board.banner.width - frame, self._board.banner.height - frame
        if self._view is None:
            banner.show_connecting(self._header.server, height, ascii=self.ascii)
            return
        view = replace(self._view.banner, issuance_proven=self._intents.issuance_proven)
        banner.show_view(view, self._now, width, height)
        self.query_one("#proof", LinesView).show(proof_lines(self._view.banner, self._now, ascii=self.ascii))

    def paint_header(self) -> None:
        """Show where we look as of now."""
        if self._composed and self._board is not None:
            view, width = self.header_of(self._header), self.size.width
            header = header_line(view, self._now, width, mark=self.header_mark, flags=self._flags())
            self.query_one("#header", LinesView).show([header])

    @property
    def header_mark(self) -> str:
        """The mark as the header shows it."""
        return self.MARK

    def header_of(self, view: HeaderView) -> HeaderView:
        """The header as this kind of dashboard shows it."""
        return view

    @property
    def header_view(self) -> HeaderView:
        """Where we look."""
        return self._header

    def _flags(self) -> Sequence[str]:
        flags = ("FROZEN" if self._frozen else "", mark_of(self._intents.recording))
        return tuple(flag for flag in flags if flag)

    def _paint_panels(self) -> None:
        if self._view is None or self._board is None or not self._composed:
            return
        for panel in self._view.panels:
            if panel.id in self._board.panels:
                self._panel(panel.id).show_view(panel)
        self._paint_preview()
        if self._board.links is not None and self._board.links.height > 1:
            links = self.query_one("#links", LiveTable)
            links.show(LINK_COLUMNS, link_rows(self._view), with_header=False)
        elif self._board.links is not None:
            self.query_one("#strip", LinesView).show([chain_line(self._view, self._selected)])

    def on_live_table_moved(self) -> None:
        """The preview shows what the cursor stands on."""
        self._paint_preview()

    def _paint_preview(self) -> None:
        if self._assessment is None or self._board is None or self._board.preview is None:
            return
        ref = self._panel(self._selected).selected
        preview = self.query_one("#preview", ScrollLines)
        if ref is None:
            title, sections = "Findings", finding_sections(self._assessment, ascii=self.ascii)
        else:
            view = detail_view(self._assessment, ref, self._now, ascii=self.ascii)
            title, sections = view.title, (*view.facts, *view.conditions, *view.events)
        if self._preview_title != title:
            self._preview_title = title
            preview.border_title = Content(title)
            preview.scroll_home(animate=False)
        preview.show(section_lines(sections, "nothing to report"))

    def _paint_footer(self) -> None:
        if self._composed:
            note = self._said or (f"filter: {self._filter}" if self._filter else "")
            self.query_one("#footer", LinesView).show([footer_line(self.COMMAND_SET, self.size.width, note)])

    # Where it lies.

    def _panel(self, panel: PanelId) -> Panel:
        return self.query_one(f"#{panel.value}", Panel)

    def _arrange(self) -> None:
        width, height = self.size
        if not width or not self._composed:
            return
        self._board = board_for(width, height - self.BAR_ROWS, self._selected, full=self._full)
        small = self.query_one("#too-small", LinesView)
        small.display = self._board is None
        if self._board is None:
            small.show(too_small_lines(width, height, self.BAR_ROWS))
        board = self._board or Board(Region(0, 0, 0, 0))
        self.place("#header", Region(0, 0, width, 1) if self._board else None)
        self.place("#footer", Region(0, height - 1, width, 1) if self._board else None)
        self.place("#prompt", Region(0, height - 1, width, 1), show=False)
        self.place("#banner", board.banner if self._board else None)
        self.place("#proof", board.proof)
        links = board.links
        self.place("#links", links if links and links.height > 1 else None)
        self.place("#strip", links if links and links.height == 1 else None)
        self.place("#preview", board.preview)
        for panel in PanelId:
            self.place(f"#{panel.value}", board.panels.get(panel))
        self.arrange_own(self._board)
        if self._board is not None:
            self._paint_top()
            self._paint_panels()
            self._paint_footer()

    def arrange_own(self, board: Board | None) -> None:
        """Place the widgets of this kind of dashboard; None: there is no room for anything."""

    def place(self, selector: str, region: Region | None, *, show: bool = True) -> None:
        """Let a widget lie there, or nowhere; `show` False leaves it hidden when it is."""
        widget = self.query_one(selector)
        if region is None:
            widget.display = False
            return
        styles = widget.styles
        styles.offset = (region.x, region.y)
        styles.width, styles.height = region.width, region.height
        if show:
            widget.display = True

    # Which panel has the focus.

    def _choose(self, panel: PanelId) -> None:
        self._selected = panel
        if self._board is not None and (self._full or self._board.links is not None):
            self._arrange()
        if not self.query_one("#prompt", Prompt).sign and not self.something_is_open:
            self.focus_panel()

    @property
    def something_is_open(self) -> bool:
        """Whether this kind of dashboard has opened what must keep the focus."""
        return False

    def focus_panel(self) -> None:
        """Give the focus to the chosen panel."""
        self.focus_now(self._panel(self._selected))

    def focus_now(self, widget: Widget) -> None:
        """Give a widget the focus before the next key, which `Widget.focus` would let slip by."""
        self.set_focus(widget, scroll_visible=False)

    def on_descendant_focus(self) -> None:
        """Remember which panel has the focus, however it got it."""
        if isinstance(self.focused, Panel):
            self._selected = self.focused.panel
