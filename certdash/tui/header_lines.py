"""The header: where we look, as whom, what runs there, whether it answers."""

from collections.abc import Sequence

from certdash.model.connection import ConnectionPhase
from certdash.model.instant import Instant
from certdash.present.text import age, shorten
from certdash.present.view_model import HeaderView
from certdash.tui.lines import Line, Span, line, spans_width
from certdash.tui.theme import Ink, ink_of

_SEPARATOR: Span = (" · ", Ink.DIM)


def header_line(view: HeaderView, now: Instant, width: int, *, mark: str = "", flags: Sequence[str] = ()) -> Line:
    """One line of `width` cells. Versions and the user give way first, then the server is shortened.

    `mark` (what kind of dashboard it is) and `flags` (what is special just now) never give way.
    """
    left: list[Span] = [*title_spans(mark), (" ", Ink.PLAIN), (view.context or "no context", Ink.STRONG)]
    state: list[Span] = [(f"{view.connection_mark} {_connection(view, now)} ", ink_of(view.connection_status))]
    for flag in flags:
        state = [(f" {flag} ", Ink.BLOCK_WARN), ("  ", Ink.PLAIN), *state]
    extras: list[Span] = []
    for text in (
        f"k8s {view.cluster_version}" if view.cluster_version else "",
        f"cert-manager {view.certmanager_version}" if view.certmanager_version else "",
    ):
        if text:
            extras += [(text, Ink.PLAIN), _SEPARATOR]
    where: list[Span] = [_SEPARATOR, (view.server, Ink.PLAIN)]
    who: list[Span] = [_SEPARATOR, (view.user, Ink.DIM)] if view.user else []
    used = spans_width(left) + spans_width(state) + 1
    if used + spans_width(where) + spans_width(who) + spans_width(extras) > width:
        who = []
    while extras and used + spans_width(where) + spans_width(extras) > width:
        del extras[:2]
    room = width - used - spans_width(extras) - spans_width([_SEPARATOR])
    where = [_SEPARATOR, (shorten(view.server, room), Ink.PLAIN)] if room >= 8 else []
    return line(*left, *where, *who, right=(*extras, *state))


def title_spans(mark: str = "") -> list[Span]:
    """The program's name, and what must not be overlooked."""
    marked: list[Span] = [(f" {mark} ", Ink.BLOCK_WARN)] if mark else []
    return [(" certdash ", Ink.BLOCK_ACCENT), *marked]


def _connection(view: HeaderView, now: Instant) -> str:
    if view.connection == ConnectionPhase.LOST.value:
        return f"lost {age(now.seconds_since(view.since))} ago"
    return view.connection
