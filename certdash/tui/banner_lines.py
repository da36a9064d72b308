"""The banner's text: the verdict first, then why, what fixes it, install and issuance, what else was seen."""

from certdash.model.diagnosis import Status, Verdict
from certdash.model.instant import Instant
from certdash.present.text import age, duration, fit
from certdash.present.view_model import BannerView, StateLine
from certdash.tui.lines import Line, Span, line, spans_width, wrapped
from certdash.tui.theme import Ink, block_of, ink_of

SIDE_WIDTH = 30
_LABEL_WIDTH = 10
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*#@"
PROVEN = "valid Certificate admitted · invalid one denied by the webhook · requester stamped"


def banner_lines(view: BannerView, now: Instant, width: int, height: int, *, ascii: bool = False) -> list[Line]:  # noqa: A002
    """Exactly `height` lines. With room on the right the proof stands there; long causes wrap while lines are left."""
    side = _side(view, now, ascii) if width >= 100 else []
    room = width - (SIDE_WIDTH + 2 if side else 0)
    rows: list[tuple[Span, ...]] = [_verdict(view, now, room, beside=bool(side))]
    states = _state_rows(view, compact=height < 6 or not side)
    others = [_labelled("also", view.others, Ink.PLAIN)] if view.others else []
    free = height - 1 - len(states) - len(others)
    if free < 2 and others:
        others, free = [], free + 1
    explained = _explanation(view, now, room, free)
    blank = [()] if free > len(explained) and view.verdict is Verdict.READY else []
    rows += [*explained, *blank, *states, *others]
    rows += [()] * (height - len(rows))
    return [_beside(row, side[i] if i < len(side) else ()) for i, row in enumerate(rows[:height])]


def _beside(row: tuple[Span, ...], side: tuple[Span, ...]) -> Line:
    if not side:
        return line(*row)
    text = [*side, (" " * (SIDE_WIDTH - spans_width(side)), Ink.PLAIN)]
    return line(*row, right=text)


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


def _explanation(view: BannerView, now: Instant, room: int, free: int) -> list[tuple[Span, ...]]:
    """Why it is so and what fixes it, in at most `free` lines; the fix gets its line before the cause gets two."""
    if free <= 0:
        return []
    if view.lost_since is not None and view.last_truth:
        return [_labelled("before", f"{view.last_truth}", Ink.PLAIN), *_cause(view, room, free - 1)]
    if view.verdict is Verdict.READY:
        return [_labelled("proof", PROVEN, Ink.PLAIN)]
    slow = view.slow_since
    if slow is not None:
        waiting = _labelled("probe", f"no answer for {age(now.seconds_since(slow))}, still waiting", Ink.WAITING)
        return [*_cause(view, room, free - 1), waiting]
    return _cause(view, room, free)


def _cause(view: BannerView, room: int, free: int) -> list[tuple[Span, ...]]:
    width = max(room - _LABEL_WIDTH, 10)
    fix = view.fix or view.fix_text
    prompt = "$ " if view.fix else ""
    fix_lines = wrapped(prompt + fix, width, max(1, min(2, free - 1))) if fix and free > 0 else []
    reason_lines = wrapped(view.reason, width, max(free - len(fix_lines), 0)) if view.reason else []
    if free - len(fix_lines) <= 0:
        reason_lines = []
    spare = free - len(fix_lines) - len(reason_lines)
    rows = [_labelled("why" if i == 0 else "", text, Ink.PLAIN) for i, text in enumerate(reason_lines)]
    if view.fix and view.fix_text and spare > 0:
        label = "for now" if view.fix_temporary else "do"
        rows.append(_labelled(label, view.fix_text, Ink.PLAIN))
    rows += [_labelled("fix" if i == 0 else "", text, Ink.ACCENT) for i, text in enumerate(fix_lines)]
    return rows


def _state_rows(view: BannerView, *, compact: bool) -> list[tuple[Span, ...]]:
    install, issuance = _state(view.install, brief=compact), _state(view.issuance, brief=compact)
    if compact:
        return [((" ", Ink.PLAIN), *install, ("   ", Ink.PLAIN), *issuance)]
    return [((" ", Ink.PLAIN), *install), ((" ", Ink.PLAIN), *issuance)]


def _state(state: StateLine, *, brief: bool) -> tuple[Span, ...]:
    calm = state.status is Status.OK
    label = f"{state.label} " if brief else fit(state.label, _LABEL_WIDTH - 1)
    spans: list[Span] = [
        (label, Ink.DIM),
        (f"{state.mark} {state.word}", ink_of(state.status)),
    ]
    if state.summary and (not brief or not calm):
        spans.append((f"  {state.summary}", Ink.PLAIN))
    return tuple(spans)


def _side(view: BannerView, now: Instant, ascii: bool) -> list[tuple[Span, ...]]:  # noqa: A002
    """The proof: its age, the latencies of the newest rounds, the streak."""
    if view.proof_begun is not None:
        top: tuple[Span, ...] = (("proof ", Ink.DIM), (f"{age(now.seconds_since(view.proof_begun))} ago", Ink.STRONG))
    else:
        top = (("no proof", Ink.DIM),)
    rows: list[tuple[Span, ...]] = [top]
    if view.latencies:
        newest = view.latencies[-1]
        said = duration(newest) if newest is not None else "no answer"
        bars = sparkline(view.latencies[-16:], ascii=ascii)
        rows.append(((bars, Ink.ACCENT), (f"  {said}", Ink.DIM)))
    else:
        rows.append(())
    rows.append(((f"{view.streak} in a row", Ink.PLAIN),) if view.streak else ())
    rows.append(((f"probing every {duration(view.interval)}", Ink.DIM),))
    return rows


def sparkline(values: tuple[float | None, ...], *, ascii: bool = False) -> str:  # noqa: A002
    """One cell for each value, by its share of the largest; a cross where there is none."""
    bars = _ASCII_BARS if ascii else _BARS
    top = max((v for v in values if v is not None), default=0.0)
    if top <= 0:
        top = 1.0
    cells = ("x" if ascii else "╳") if top else ""
    return "".join(cells if v is None else bars[min(int(v / top * (len(bars) - 1) + 0.5), 7)] for v in values)
