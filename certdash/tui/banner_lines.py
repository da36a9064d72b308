"""The banner's text: the verdict first, then why, what fixes it, install and issuance, what else was seen."""

from certdash.model.diagnosis import Status, Verdict
from certdash.model.instant import Instant
from certdash.present.text import age, cell_width, duration, fit
from certdash.present.view_model import BannerView, StateLine
from certdash.tui.lines import Line, Span, cut, line, spans_width, wrapped, wrapped_to
from certdash.tui.theme import Ink, block_of, ink_of

SIDE_WIDTH = 26
SIDE_HEIGHT = 3
_LABEL_WIDTH = 10
# Below this everything is quick: noise must not look like mountains.
_CALM = 0.05
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*#@"
PROVEN = "valid Certificate admitted · invalid one denied · requester stamped"


def banner_lines(view: BannerView, now: Instant, width: int, height: int) -> list[Line]:
    """Exactly `height` lines. Where `proof_fits`, its room on the right stays free; causes wrap while lines last."""
    beside = proof_fits(width)
    rooms = [width - (SIDE_WIDTH + 2 if beside and i < SIDE_HEIGHT else 0) for i in range(height)]
    rows = _verdict_rows(view, now, rooms, beside=beside)
    states = _state_rows(view, now, rooms[-1], compact=height < 6 or not beside)
    others = [_labelled("also", view.others, Ink.PLAIN)] if view.others else []
    free = height - len(rows) - len(states) - len(others)
    crowded = free < 3 and cell_width(view.fix) > rooms[-1] - _LABEL_WIDTH
    if (free < 2 or crowded) and others:
        others, free = [], free + 1
    explained = _explanation(view, now, rooms[len(rows) : len(rows) + free])
    spare = free - len(explained)
    rows += [*explained, *_blank(min(spare, 1)), *states, *_blank(max(spare - 1, 0)), *others]
    return [line(*cut(row, room)) for row, room in zip(rows, rooms, strict=False)]


def proof_fits(width: int) -> bool:
    """Whether a banner of that inner width has room for the proof on the right."""
    return width >= 100


def _blank(count: int) -> list[tuple[Span, ...]]:
    return [()] * count


def _verdict_rows(view: BannerView, now: Instant, rooms: list[int], *, beside: bool) -> list[tuple[Span, ...]]:
    """The verdict; with lines to spare a long headline goes on under itself."""
    first = _verdict(view, now, rooms[0], beside=beside)
    if len(rooms) < 7 or view.lost_since is not None or spans_width(first) <= rooms[0]:
        return [first]
    indent = spans_width(first[:2])
    one, *more = wrapped_to(view.headline, [rooms[0] - indent, rooms[1] - indent])
    return [(*first[:2], (one, Ink.STRONG)), *(((" " * indent, Ink.PLAIN), (text, Ink.STRONG)) for text in more)]


def _verdict(view: BannerView, now: Instant, room: int, *, beside: bool) -> tuple[Span, ...]:
    block: list[Span] = [(f" {view.mark} {view.verdict.value} ", block_of(view.status)), ("  ", Ink.PLAIN)]
    if view.lost_since is not None:
        lost = f"connection lost {age(now.seconds_since(view.lost_since))} ago"
        return (*block, (lost, Ink.STRONG), (f" · {view.headline}", Ink.PLAIN))
    spans = [*block, (view.headline, Ink.STRONG)]
    proof = f"  proof {age(now.seconds_since(view.proof_begun))} ago" if view.proof_begun and not beside else ""
    if proof and spans_width(spans) + len(proof) <= room:
        spans.append((proof, Ink.DIM))
    return tuple(spans)


def _labelled(label: str, text: str, ink: Ink) -> tuple[Span, ...]:
    return ((fit(f" {label}", _LABEL_WIDTH), Ink.DIM), (text, ink))


def _explanation(view: BannerView, now: Instant, rooms: list[int]) -> list[tuple[Span, ...]]:
    """Why it is so and what fixes it, one line for each room; the fix gets its line before the cause gets two."""
    if not rooms:
        return []
    if view.lost_since is not None and view.last_truth:
        return [_labelled("before", view.last_truth, Ink.PLAIN), *_cause(view, rooms[1:])]
    slow = _still_waiting(view, now)
    left = rooms[: len(rooms) - len(slow)]
    if view.verdict is Verdict.READY:
        return [*[_labelled("proof", PROVEN, Ink.PLAIN)][: len(left)], *slow]
    return [*_cause(view, left), *slow]


def _still_waiting(view: BannerView, now: Instant) -> list[tuple[Span, ...]]:
    if view.slow_since is None:
        return []
    said = f"no answer for {age(now.seconds_since(view.slow_since))}, still waiting"
    return [_labelled("probe", said, Ink.WAITING)]


def _cause(view: BannerView, rooms: list[int]) -> list[tuple[Span, ...]]:
    """The reason, what to do, the command. The command is whole before the reason gets a second line."""
    free = len(rooms)
    if not free:
        return []
    widths = [max(room - _LABEL_WIDTH, 10) for room in rooms]
    command = f"$ {view.fix}" if view.fix else view.fix_text
    fix = wrapped(command, widths[-1], 2 if free > 2 else 1) if command else []
    reason = wrapped_to(view.reason, widths[: min(free - len(fix), 2)]) if view.reason else []
    rows = [_labelled("why" if i == 0 else "", text, Ink.PLAIN) for i, text in enumerate(reason)]
    if view.fix and view.fix_text and free > len(fix) + len(reason):
        rows.append(_labelled("for now" if view.fix_temporary else "do", view.fix_text, Ink.PLAIN))
    return rows + [_labelled("fix" if i == 0 else "", text, Ink.ACCENT) for i, text in enumerate(fix)]


def _state_rows(view: BannerView, now: Instant, room: int, *, compact: bool) -> list[tuple[Span, ...]]:
    install, issuance = _state(view.install, brief=compact), _state(view.issuance, brief=compact)
    proven = _proven(view, now)
    if compact and spans_width((*install, *issuance, *proven)) + 4 > room:
        # The cause says what is wrong; here the two words matter.
        install, issuance = install[:2], issuance[:2]
    if compact:
        return [((" ", Ink.PLAIN), *install, ("   ", Ink.PLAIN), *issuance, *proven)]
    return [((" ", Ink.PLAIN), *install), ((" ", Ink.PLAIN), *issuance, *proven)]


def _proven(view: BannerView, now: Instant) -> tuple[Span, ...]:
    if view.issuance_proven is None:
        return ()
    return ((f"  proven {age(now.seconds_since(view.issuance_proven))} ago", Ink.STRONG),)


def _state(state: StateLine, *, brief: bool) -> tuple[Span, ...]:
    calm = state.status is Status.OK
    label = f"{state.label} " if brief else fit(state.label, _LABEL_WIDTH - 1)
    spans: list[Span] = [
        (label, Ink.DIM),
        (f"{state.mark} {state.word}", ink_of(state.status)),
    ]
    if state.summary and state.summary != state.word and (not brief or not calm):
        spans.append((f"  {state.summary}", Ink.PLAIN))
    return tuple(spans)


def proof_lines(view: BannerView, now: Instant, *, ascii: bool = False) -> list[Line]:  # noqa: A002
    """The proof: its age, the latencies of the newest rounds, the streak."""
    if view.proof_begun is not None:
        top: tuple[Span, ...] = (("proof ", Ink.DIM), (f"{age(now.seconds_since(view.proof_begun))} ago", Ink.STRONG))
    else:
        top = (("no proof", Ink.DIM),)
    rows: list[tuple[Span, ...]] = [top]
    pace = f"every {duration(view.interval)}"
    if view.latencies:
        newest = view.latencies[-1]
        said = duration(newest) if newest is not None else "no answer"
        rows.append(((sparkline(view.latencies[-12:], ascii=ascii), Ink.ACCENT), (f" {said}", Ink.DIM)))
    if view.streak and view.proof_begun is not None:
        rows.append(((f"{view.streak} in a row", Ink.PLAIN), (f" · {pace}", Ink.DIM)))
    return [line(*row) for row in rows] + [line()] * (SIDE_HEIGHT - len(rows))


def sparkline(values: tuple[float | None, ...], *, ascii: bool = False) -> str:  # noqa: A002
    """One cell for each value in seconds, by its share of the largest (or of 50 ms); a cross where there is none."""
    bars = _ASCII_BARS if ascii else _BARS
    missing = "x" if ascii else "╳"
    top = max([_CALM, *(v for v in values if v is not None)])
    return "".join(missing if v is None else bars[min(int(v / top * (len(bars) - 1) + 0.5), 7)] for v in values)
