"""An append-only log of everything that certdash changed in a cluster."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from certdash.model.resource import Ref

FILE_NAME = "actions.log"


@dataclass(slots=True)
class Journal:
    """One JSON object a line, appended to `path` (None: nothing is kept). `failure` says why it can't be written.

    A log that can't be written stops nothing: what has been created must still be removed.
    """

    path: Path | None
    server: str = ""
    failure: str = ""

    def wrote(self, action: str, ref: Ref, uid: str, result: str, *, run: str, at: float, reason: str = "") -> None:
        """One create or delete and what came of it; `at` is UTC in Unix seconds."""
        about = {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name, "uid": uid}
        self._append({"action": action, **about, "result": result, "reason": reason, "run": run}, at)

    def ended(self, run: str, outcome: str, *, at: float, reason: str = "") -> None:
        """How a run ended."""
        self._append({"action": "end", "result": outcome, "reason": reason, "run": run}, at)

    def _append(self, entry: dict[str, str], at: float) -> None:
        if self.path is None:
            return
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": moment, "server": self.server, **entry}, ensure_ascii=True) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Opened for each line: two runs at once append whole lines, and whoever is killed leaves none half written.
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            self.failure = f"{self.path} can't be written: {error.strerror or error}"


def last_proven(path: Path, server: str) -> float | None:
    """When an issuance test was last proven against this server, UTC in Unix seconds; None when the log has none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            entry = json.loads(line)
            if entry["action"] == "end" and entry["result"] == "proven" and entry["server"] == server:
                return datetime.fromisoformat(entry["time"]).timestamp()
        except (ValueError, KeyError, TypeError):
            continue
    return None
