"""Transcripts: the masked answers of the real control plane, as files that a reader can compare."""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.contract import mask
from tests.contract.exchange import Memory, Script, Step
from tests.contract.views import VIEWS
from tests.contract.wire import Answer, Wire

FOLDER = Path(__file__).parent / "transcripts"
_MODULES = Path(__file__).parents[1] / "real" / "go"
_VERSIONED = {
    "kubernetes": (_MODULES / "controlplane" / "go.mod", "k8s.io/kubernetes"),
    "cert-manager": (_MODULES / "certmanager" / "go.mod", "github.com/cert-manager/cert-manager"),
}

_AT_ONCE = 8

Entry = dict[str, Any]


def versions() -> dict[str, str]:
    """The versions that the real control plane is built from."""
    return {name: _required(path, module) for name, (path, module) in _VERSIONED.items()}


def _required(path: Path, module: str) -> str:
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", path.read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{path} requires no {module}")
    return found[1]


def play(script: Script, wire: Wire) -> list[Entry]:
    """Send the steps of a script and return what a transcript says of them; delete what they created."""
    memory = Memory()
    created: list[Step] = []
    try:
        return list(_exchanges(script, wire, memory, created))
    finally:
        for undo in reversed(created):
            wire.send(undo, memory)


def _exchanges(script: Script, wire: Wire, memory: Memory, created: list[Step]) -> Iterator[Entry]:
    """One after the other, but watches that follow each other at once: each takes a second."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for watching, steps in groupby(script.steps, lambda step: step.watches):
            send = pool.map if watching else map
            group = list(steps)
            for step, answer in zip(group, send(lambda step: wire.send(step, memory), group), strict=True):
                yield _exchange(step, answer, memory, created)


def _exchange(step: Step, answer: Answer, memory: Memory, created: list[Step]) -> Entry:
    if step.keep or answer.status == 201:
        _remember(step, answer, memory, created)
    return {"request": step.title, **told(step, answer)}


def told(step: Step, answer: Answer) -> Entry:
    """What a transcript says of an answer: status, unusual headers, and the body, its text or its events."""
    headers = mask.headers(answer)
    unusual = {"headers": headers} if headers else {}
    return {"status": answer.status, **unusual, **_said(step, answer)}


def _remember(step: Step, answer: Answer, memory: Memory, created: list[Step]) -> None:
    body = answer.json
    if step.keep:
        memory.kept[step.keep] = body
    dry = any(key == "dryRun" for key, _ in step.query)
    if answer.status == 201 and step.method == "POST" and not dry and "name" in body.get("metadata", {}):
        created.append(Step("DELETE", f"{memory.fill(step.path)}/{body['metadata']['name']}"))


def _said(step: Step, answer: Answer) -> Entry:
    if step.view == "nothing" and answer.status == 200:
        return {}
    if step.watches and answer.status == 200 and b'"type":' in answer.body[:20]:
        return {"events": _events(step, [json.loads(line) for line in answer.body.splitlines()])}
    try:
        body = answer.json
    except ValueError:
        return {"text": mask.text(answer.body.decode(errors="replace"))}
    return {"body": _seen(step, body) if answer.status < 400 else mask.body(body)}


def _events(step: Step, events: list[Entry]) -> list[Entry]:
    if step.view == "initial":
        # What comes after the streamed list is chance, and its order where names are generated.
        end = next((n for n, event in enumerate(events) if event["type"] == "BOOKMARK"), len(events))
        seen = [{"type": event["type"], "object": _seen(step, event["object"])} for event in events[: end + 1]]
        return sorted(seen, key=lambda event: json.dumps(event, sort_keys=True))
    return [{"type": event["type"], "object": _seen(step, event["object"])} for event in events]


def _seen(step: Step, body: Any) -> Any:
    masked = mask.body(body)
    return masked if body.get("kind") == "Status" else VIEWS[step.view](masked)


def read(name: str) -> Any:
    """A stored transcript. Raises FileNotFoundError."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def record(name: str, part: str, content: Any) -> None:
    """Store one part of a transcript, and the versions that it was recorded from."""
    path = FOLDER / f"{name}.json"
    stored = read(name) if path.exists() else {}
    _write(name, {**stored, part: content})
    _write("versions", versions())


def _write(name: str, content: Any) -> None:
    """Sorted, one key a line, what is short in one line."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(_pretty(content) + "\n")


def _pretty(value: Any, indent: str = "") -> str:
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(indent) + len(flat) <= 116 or not isinstance(value, dict | list) or not value:
        return flat
    deeper = indent + " "
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"{deeper}{_pretty(item, deeper)}" for item in value) + f"\n{indent}]"
    lines = (f"{deeper}{json.dumps(key)}: {_pretty(value[key], deeper)}" for key in sorted(value))
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def differences(recorded: Any, got: Any, path: str = "") -> Iterator[str]:
    """Every place at which two transcripts differ, as `path: recorded …, got …`."""
    if isinstance(recorded, Mapping) and isinstance(got, Mapping):
        for key in sorted({*recorded, *got}):
            where = f"{path}.{key}" if path else key
            if key not in got:
                yield f"{where}: recorded {_short(recorded[key])}, missing"
            elif key not in recorded:
                yield f"{where}: not recorded, got {_short(got[key])}"
            else:
                yield from differences(recorded[key], got[key], where)
    elif isinstance(recorded, list) and isinstance(got, list) and len(recorded) == len(got):
        for index, pair in enumerate(zip(recorded, got, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif recorded != got:
        yield f"{path}: recorded {_short(recorded)}, got {_short(got)}"


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= 600 else text[:600] + "…"
