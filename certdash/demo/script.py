"""Stories that play by themselves: an install, an upgrade, an incident."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from certdash.demo.chart.components import VERSION
from certdash.demo.pace import Pace

OLD_VERSION = "v1.20.3"
INSTALL = "install"


@dataclass(frozen=True, slots=True)
class Step:
    """`after` seconds of the cluster since the step before: what is told, and what is done (a verb, or `install` with
    a version, or nothing)."""

    after: float
    text: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """One story. `installed` is the version that is there when it begins, "" for an empty cluster."""

    name: str
    about: str
    installed: str
    steps: tuple[Step, ...]


class Stage(Protocol):
    """Where a story plays."""

    pace: Pace

    async def install(self, version: str) -> None:
        """Apply the chart of that version."""
        ...


_LISTED = (
    Script(
        "install",
        f"An empty cluster, then an install of {VERSION}",
        "",
        (
            Step(2, "An empty cluster. In a moment Helm installs cert-manager"),
            Step(8, f"helm install cert-manager {VERSION}", f"{INSTALL} {VERSION}"),
            Step(2, "The CRDs are there: an older check would say ready now"),
            Step(8, "The webhook makes its CA, the cainjector writes the caBundle"),
            Step(10, "Proven: the API server asks cert-manager, and cert-manager denies what is wrong"),
        ),
    ),
    Script(
        "upgrade",
        f"An upgrade from {OLD_VERSION} to {VERSION}",
        OLD_VERSION,
        (
            Step(5, f"{OLD_VERSION} serves. In a moment Helm upgrades it"),
            Step(8, f"helm upgrade cert-manager to {VERSION}", f"{INSTALL} {VERSION}"),
            Step(3, "The old Pods serve until the new ones are ready: READY, but the install is rolling"),
            Step(15, f"The new Pods serve. Only now is the upgrade to {VERSION} complete"),
        ),
    ),
    Script(
        "incident",
        "Something deletes the CA Secret's bundle, the webhook crashes, and all is healed",
        VERSION,
        (
            Step(5, "All is well"),
            Step(8, "A GitOps tool reverts the caBundle, and the cainjector is gone", "blank_ca_bundle"),
            Step(15, "The cainjector is back and writes the caBundle", "heal"),
            Step(10, "The webhook begins to crash", "crash_loop webhook"),
            Step(20, "The fix is out", "heal"),
            Step(15, "Somebody's policy webhook fails, and blocks cert-manager's resources", "third_party_webhook"),
            Step(15, "It is removed", "heal"),
            Step(10, "All is well again"),
        ),
    ),
)
SCRIPTS: Mapping[str, Script] = MappingProxyType({script.name: script for script in _LISTED})


async def play(
    script: Script,
    stage: Stage,
    perform: Callable[[str, Sequence[str]], Awaitable[object]],
    tell: Callable[[str], None],
) -> None:
    """Play it to its end. What a step can't do is told, and the story goes on."""
    for step in script.steps:
        await stage.pace.sleep(step.after)
        tell(step.text)
        verb, *arguments = step.action.split() or [""]
        try:
            if verb == INSTALL:
                await stage.install(*arguments)
            elif verb:
                await perform(verb, arguments)
        except (ValueError, OSError) as error:
            tell(f"{step.text}: {error}")
