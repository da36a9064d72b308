"""Stories that play by themselves: an install, an upgrade, an incident."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from certdash.demo.chart.components import VERSION
from certdash.demo.faults.verbs import check_call
from certdash.demo.pace import Pace

OLD_VERSION = "v1.20.3"
INSTALL = "install"
_VERSION = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+")
_SECONDS = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?s?")


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
            Step(1, "An empty cluster. In a moment Helm installs cert-manager"),
            Step(7, "Helm creates the CRDs. A check that looks no further would say ready now", "restore_crds"),
            Step(7, "Helm creates the Deployments, the Service, the webhook configurations", f"{INSTALL} {VERSION}"),
            Step(1.5, "The webhook makes its CA, the cainjector writes it into the caBundle, the Pods start"),
            Step(6, "The webhook is ready, and denies what is wrong: now the API is proven"),
        ),
    ),
    Script(
        "upgrade",
        f"An upgrade from {OLD_VERSION} to {VERSION}",
        OLD_VERSION,
        (
            Step(1, f"{OLD_VERSION} serves. In a moment Helm upgrades it"),
            Step(7, f"Helm upgrades cert-manager to {VERSION}", f"{INSTALL} {VERSION}"),
            Step(1.5, "The old webhook serves until the new one is ready: READY, but the install is rolling"),
            Step(7, "The old Pods are gone. The new leaders wait for the Leases of the old ones"),
            Step(15, f"{VERSION} serves and issues: the upgrade is complete"),
        ),
    ),
    Script(
        "incident",
        "An empty caBundle, a crashing webhook, somebody else's webhook: each found and healed",
        VERSION,
        (
            Step(1, "All is well"),
            Step(6, "The cainjector is gone, and somebody's tool empties the caBundle", "blank_ca_bundle"),
            Step(14, "The cainjector is back, and writes the caBundle", "heal"),
            Step(10, "The webhook begins to crash", "crash_loop webhook"),
            Step(14, "Its fix is out", "heal"),
            Step(12, "Somebody else's webhook fails, and blocks cert-manager's resources", "third_party_webhook"),
            Step(14, "It is removed", "heal"),
            Step(6, "All is well again"),
        ),
    ),
)
SCRIPTS: Mapping[str, Script] = MappingProxyType({script.name: script for script in _LISTED})


class ScriptError(Exception):
    """A script is not there, can't be read, or is malformed; one line that names the place."""


def find_script(name: str) -> Script:
    """The story of that name, else the one in that file. Raises ScriptError."""
    if name in SCRIPTS:
        return SCRIPTS[name]
    try:
        return parse_script(Path(name).read_text(encoding="utf-8"), name)
    except UnicodeDecodeError:
        raise ScriptError(f"{name} is not a text file") from None
    except OSError as error:
        told = error.strerror or str(error)
        raise ScriptError(f"{name!r} is none of {', '.join(SCRIPTS)}, and no file to read: {told}") from None


def parse_script(text: str, name: str) -> Script:
    """A story as a person writes it, a step a line: SECONDS [VERB [ARGUMENT]...] [# what is told].

    The first line may be `begin VERSION` or `begin empty`; otherwise the cluster has the newest version. Raises
    ScriptError with the number of the line.
    """
    installed = VERSION
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), start=1):
        told = line.partition("#")[2].strip()
        words = line.partition("#")[0].split()
        try:
            if words[:1] == ["begin"] and not steps:
                installed = _beginning(words[1:])
            elif words:
                steps.append(_step(words, told))
        except ValueError as error:
            raise ScriptError(f"{name}, line {number}: {error}") from None
    if not steps:
        raise ScriptError(f"{name} has no step; one is a line such as `5 scale webhook 0  # the webhook goes`")
    return Script(name, "", installed, tuple(steps))


def _beginning(words: Sequence[str]) -> str:
    if len(words) != 1 or not (words[0] == "empty" or _VERSION.fullmatch(words[0])):
        raise ValueError("`begin` takes a version such as v1.20.3, or `empty`")
    return "" if words[0] == "empty" else words[0]


def _step(words: Sequence[str], told: str) -> Step:
    if not _SECONDS.fullmatch(words[0]):
        raise ValueError(f"{words[0]!r} is no number of seconds")
    match words[1:]:
        case [] | ["heal", *_]:
            pass
        case ["install", *versions]:
            if len(versions) != 1 or not _VERSION.fullmatch(versions[0]):
                raise ValueError("`install` takes a version such as v1.20.3")
        case [verb, *arguments]:
            check_call(verb, arguments)
    action = " ".join(words[1:])
    return Step(float(words[0].rstrip("s")), told or action, action)


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
