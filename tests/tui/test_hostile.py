"""Names and messages that try to crash, colour or escape: nothing of them reaches the terminal raw."""

import re
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.source import LookResult
from certdash.model.assessment import Assessment
from certdash.model.connection import Connection, ConnectionPhase, ServerFacts, Target
from certdash.model.diagnosis import Status
from certdash.model.finding import Evidence, Finding, Remedy
from certdash.model.resource import Kind, KubeObject, Ref
from certdash.present.view_model import PanelId
from tests.tui.scripted import ObservedApp, ScriptedSource, app_for, entry
from tests.unit import scenarios
from tests.unit.scenario_answers import good_round, same_answers
from tests.unit.scenario_chart import NS
from tests.unit.scenario_cluster import NOW, at

HOSTILE = (
    "[/x]",
    "[/etc/tls]",
    "[/",
    "[bold red]x[/]",
    "[@click=app.quit]quit[/]",
    "$x \\[ [",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;pwned\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1bPq\x1b\\",
    "\x9b2J\x9d0;t\x9c",
    "a\tb\r\nc\x00\x08\x7f",
    "\u202egnp.exe\u2066x\u2069",
    "zero\u200bwidth\u2060\ufeff",
    "\ud800 lone",
    "表" * 40,
    "e\u0301" * 200,
    "👩‍👩‍👧‍👦🇩🇪❤️" * 10,
    "x" * 20_000,
    "",
)
_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def poisoned(value: Any, text: str) -> Any:
    """The value with the text in every string that no code decides by."""
    if isinstance(value, dict):
        return {key: poisoned(inner, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, text) for inner in value]
    return text if isinstance(value, str) else value


def hostile_assessment(text: str) -> Assessment:
    """Everything that the screen shows says `text`."""
    cluster = scenarios.webhook_crashing()
    snapshot = cluster.snapshot()
    bodies: dict[Kind, dict[tuple[str, str], KubeObject]] = {}
    for kind, held in snapshot.objects.items():
        for key, item in held.items():
            spoiled = {part: poisoned(item.body[part], text) for part in item.body if part != "metadata"}
            spoiled["metadata"] = item.body["metadata"]
            named = KubeObject(kind, *key, item.uid, item.resource_version, spoiled)
            bodies.setdefault(kind, {})[key] = named
            extra = KubeObject(kind, key[0], text, "uid", "1", {**item.body, **spoiled})
            bodies[kind][key[0], text] = extra
    answers = tuple(replace(a, message=text, reason=text, transport_error=text) for a in same_answers(500))
    target = Target(text, text, text, text, "default", "here", text)
    snapshot = replace(
        snapshot,
        target=target,
        connection=Connection(ConnectionPhase.DEGRADED, at(9), NOW, text),
        server=ServerFacts(version=text),
        objects=bodies,
        streams={spec: replace(state, error=text) for spec, state in snapshot.streams.items()},
        probe=replace(snapshot.probe, rounds=(replace(good_round(), answers=answers),)),
    )
    found = diagnose(snapshot, NOW)
    ref = Ref("Pod", NS, text)
    if found.cause is not None:
        evil = Finding(
            text,
            text,
            found.cause.component,
            found.cause.severity,
            text,
            (Evidence(ref, text, text, 1e18), Evidence(None, text, text)),
            (Remedy(text, (("kubectl", text),), True),),
            text,
        )
        found = replace(found, cause=evil, headline=text, also=(evil,), warnings=(evil,))
    install = replace(found.install, summary=text, version=text)
    found = replace(found, install=install, issuance=replace(found.issuance, summary=text))
    found = replace(found, links=tuple(replace(link, summary=text) for link in found.links))
    timeline = (entry(3, Status.FAIL, text, ref), entry(2, Status.OK, text))
    return Assessment(1, NOW, snapshot, found, timeline)


def assert_clean(app: ObservedApp) -> None:
    """No raw byte of a hostile text in what is painted, nor in borders and titles."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            assert not _RAW.search(segment.text), segment
            assert segment.style is None or segment.style.link is None
            assert segment.style is None or "@click" not in (segment.style.meta or {})


async def walk_everywhere(app: ObservedApp, pilot: Pilot[None]) -> None:
    """Every panel, every screen that opens."""
    await app.shows(1)
    await pilot.pause()
    assert_clean(app)
    for number, _ in enumerate(PanelId, start=1):
        await pilot.press(str(number), "G")
        assert_clean(app)
    await pilot.press("2", "d")
    assert_clean(app)
    await pilot.press("2", "y", "e")
    assert_clean(app)
    await pilot.press("escape", "0")
    assert_clean(app)
    await pilot.press("escape", "w", "c", "z")
    assert_clean(app)


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text[:20]) for text in HOSTILE])
async def test_hostile_text_neither_crashes_nor_escapes(text: str) -> None:
    source = ScriptedSource(hostile_assessment(text))
    source.answer = lambda ref: LookResult(ref, yaml=f"{text}: {text}\n- {text}\n" * 3)
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await walk_everywhere(app, pilot)
        assert app.is_running


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_hostile_text_in_other_sizes(size: tuple[int, int]) -> None:
    app = app_for(ScriptedSource(hostile_assessment("[/x]\x1b[31m\u202e表")))
    async with app.run_test(size=size) as pilot:
        await walk_everywhere(app, pilot)


async def test_a_hostile_filter_is_only_text() -> None:
    app = app_for(ScriptedSource(hostile_assessment("[/x]")))
    async with app.run_test(size=(120, 40)) as pilot:
        await app.shows(1)
        await pilot.press("slash", "left_square_bracket", "slash", "x", "enter")
        assert_clean(app)
        await pilot.press("colon", "left_square_bracket", "slash", "enter")
        await pilot.pause()
        assert_clean(app)
