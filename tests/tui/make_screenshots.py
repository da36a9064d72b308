"""Draws the pictures in `screenshots/`: `python -m tests.tui.make_screenshots`.

The clusters are the made-up ones of the unit tests, the clock stands still, so that the same code draws the same
picture.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from certdash.model.assessment import TimelineEntry
from certdash.model.connection import Target
from certdash.model.diagnosis import Status
from certdash.model.probe import ProbeRound
from certdash.model.resource import Kind, Ref
from certdash.model.stream import StreamPhase
from tests.tui.scripted import ObservedApp, ScriptedSource, app_for, assessment_of, entry, verdict_entry
from tests.tui.scripted_demo import ScriptedDemo
from tests.tui.scripted_issuance import ScriptedTests
from tests.tui.scripted_playback import ScriptedPlayback
from tests.unit import scenarios
from tests.unit.scenario_answers import answer, good_answers, round_of
from tests.unit.scenario_chart import NS, WEBHOOK_POD
from tests.unit.scenario_cluster import NOW, Cluster

FOLDER = Path(__file__).parents[2] / "screenshots"
_LATENCIES = (11, 12, 10, 14, 11, 9, 12, 31, 13, 11, 10, 12)


@dataclass(frozen=True, slots=True)
class Picture:
    """One file: which cluster, what happened before, what size, which keys are pressed first; `options` are the app's,
    each made anew."""

    name: str
    cluster: Callable[[], Cluster]
    timeline: tuple[TimelineEntry, ...]
    size: tuple[int, int] = (120, 40)
    keys: tuple[str, ...] = ()
    theme: str = ""
    options: dict[str, Callable[[], Any]] = field(default_factory=dict)

    def app(self) -> ObservedApp:
        """The app that the picture is of."""
        source = ScriptedSource(assessment_of(self.cluster(), timeline=self.timeline))
        return app_for(source, **{name: make() for name, make in self.options.items()})


def with_history(cluster: Cluster) -> Cluster:
    """A dozen good rounds behind the newest."""
    rounds: list[ProbeRound] = []
    for number, latency in enumerate(_LATENCIES):
        ago = 2 + 10 * (len(_LATENCIES) - 1 - number)
        answers = tuple(
            answer(a.probe, a.status, a.message, reason=a.reason, stamped_username=a.stamped_username, latency=ms)
            for a, ms in zip(good_answers(), (latency / 1000, latency / 1250, latency / 1100), strict=True)
        )
        rounds.append(round_of(answers, number + 1, seconds_ago=ago))
    cluster.probed(*rounds)
    return cluster


def ready() -> Cluster:
    """All is well."""
    return with_history(scenarios.healthy())


def rolling() -> Cluster:
    """An upgrade under way, the old webhook still serving."""
    return with_history(scenarios.rolling_upgrade())


def nothing_readable() -> Cluster:
    """We may neither create nor read the workloads."""
    cluster = scenarios.forbidden()
    for kind in (Kind.DEPLOYMENT, Kind.REPLICASET, Kind.POD, Kind.SECRET):
        cluster.stream(kind, StreamPhase.FORBIDDEN)
    return cluster


def in_demo(cluster: Cluster) -> Cluster:
    """The demo's names and address."""
    server = "https://127.0.0.1:41337"
    cluster.target = Target("certdash-demo", "certdash-demo", "demo-admin", server, "default", "demo")
    return cluster


def demo_crashing() -> Cluster:
    """The webhook of the demo crashes."""
    return in_demo(scenarios.webhook_crashing())


def demo_ready() -> Cluster:
    """The demo as it starts."""
    return in_demo(ready())


def broken_demo() -> ScriptedDemo:
    """Somebody made the webhook crash."""
    control = ScriptedDemo()
    control.tell("webhook crashes")
    return control


def replaying() -> ScriptedPlayback:
    """In the middle of an hour, at twice the speed."""
    playback = ScriptedPlayback(position=2500.0)
    playback.change(at=NOW, playing=True, speed=2.0)
    return playback


def _pod(name: str) -> Ref:
    return Ref("Pod", NS, name)


_DEPLOYMENT = Ref("Deployment", NS, "cert-manager-webhook")
_INSTALLED = (
    entry(86_400, Status.OK, "ValidatingWebhookConfiguration cert-manager-webhook: caBundle injected"),
    entry(86_380, Status.OK, "Deployment cert-manager-webhook: 1/1 ready", _DEPLOYMENT),
    verdict_entry(86_370, Status.OK, "API READY"),
)
_ROLLING = (
    *_INSTALLED,
    entry(6, Status.WAITING, "Deployment cert-manager-webhook: 0/1 updated, cert-manager-webhook:v1.21.2", _DEPLOYMENT),
    entry(5, Status.WAITING, "ReplicaSet cert-manager-webhook-84f5d8c6d4 created: 0/1 ready"),
    entry(4, Status.WAITING, "Pod cert-manager-webhook-84f5d8c6d4-qd7vz created: not ready"),
)
_CRASHED = (
    *_INSTALLED,
    entry(61, Status.FAIL, "Pod cert-manager-webhook-6c9d5f7b8-k2xwq: CrashLoopBackOff", _pod(WEBHOOK_POD)),
    entry(60, Status.WARN, "EndpointSlice cert-manager-webhook-x7k2p: no ready endpoint"),
    verdict_entry(59, Status.FAIL, "API NOT READY: The webhook crashes"),
)
_STORY = (
    entry(31, Status.OK, "CustomResourceDefinition certificates.cert-manager.io created: established"),
    entry(31, Status.OK, "CustomResourceDefinition certificaterequests.cert-manager.io created: established"),
    entry(30, Status.OK, "CustomResourceDefinition issuers.cert-manager.io created: established"),
    verdict_entry(29, Status.FAIL, "API NOT READY: cert-manager is not installed"),
)
_LOST = (*_INSTALLED, verdict_entry(32, Status.UNKNOWN, "API UNKNOWN: No connection to the API server"))
_WEBHOOK_POD_ROW = ("2", "j", "j", "j", "j", "j")

PICTURES = (
    Picture("ready", ready, _INSTALLED),
    Picture("rolling-upgrade", rolling, _ROLLING),
    Picture("starting", scenarios.webhook_starting, _INSTALLED),
    Picture("not-ready-crds-only", scenarios.crds_only, _STORY),
    Picture("not-ready-crashing", scenarios.webhook_crashing, _CRASHED),
    Picture("unknown-forbidden", nothing_readable, _INSTALLED),
    Picture("connection-lost", scenarios.connection_lost, _LOST),
    Picture("why", scenarios.webhook_crashing, _CRASHED, keys=("0",)),
    Picture("object", scenarios.webhook_crashing, _CRASHED, keys=(*_WEBHOOK_POD_ROW, "enter")),
    Picture("small-80x24", scenarios.webhook_crashing, _CRASHED, size=(80, 24)),
    Picture("large-200x60", rolling, _ROLLING, size=(200, 60)),
    Picture("demo", demo_ready, _INSTALLED, options={"demo": ScriptedDemo}),
    Picture("demo-faults", demo_crashing, _CRASHED, keys=("b",), options={"demo": broken_demo}),
    Picture("demo-80x24", demo_crashing, _CRASHED, (80, 24), keys=("b",), options={"demo": broken_demo}),
    Picture("replay", rolling, _ROLLING, options={"playback": replaying}),
    Picture("replay-80x24", scenarios.webhook_crashing, _CRASHED, (80, 24), options={"playback": replaying}),
    Picture("issuance", ready, _INSTALLED, keys=("i", "y"), options={"issuance": ScriptedTests}),
    Picture("ready-light", ready, _INSTALLED, theme="certdash-light"),
)


async def draw(picture: Picture) -> str:
    """The picture as SVG; ids that would be random are fixed."""
    app = picture.app()
    if picture.theme:
        app.theme = picture.theme
    async with app.run_test(size=picture.size) as pilot:
        await app.shows(1)
        await pilot.pause()
        for key in picture.keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause()
        drawn = re.sub(r"terminal-\d+", f"terminal-{picture.name}", app.export_screenshot(title="certdash"))
    # A picture fetches nothing from elsewhere: the font of the machine that shows it will do.
    return re.sub(r',\s*url\("https://[^"]*"\) format\("[a-z0-9]+"\)', "", drawn)


async def draw_all() -> None:
    """Write every picture."""
    FOLDER.mkdir(exist_ok=True)
    for picture in PICTURES:
        (FOLDER / f"{picture.name}.svg").write_text(await draw(picture), encoding="utf-8")
        print(f"screenshots/{picture.name}.svg")


if __name__ == "__main__":
    asyncio.run(draw_all())
