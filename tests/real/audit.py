"""The API server's audit log, so that tests can count what a client asked."""

import json
from dataclasses import dataclass
from pathlib import Path

HARNESS_USER = "certdash-harness"

# Who keeps the cluster going is left out; every other request is written at each stage, hanging ones included.
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [
        {"level": "None", "users": [HARNESS_USER, "system:apiserver", "system:kube-controller-manager"]},
        {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One stage of one request. `stage` is RequestReceived, ResponseStarted, ResponseComplete or Panic."""

    audit_id: str
    verb: str
    uri: str
    user_agent: str
    user: str
    code: int
    stage: str
    received: str


@dataclass(frozen=True, slots=True)
class AuditLog:
    """Reads the log file at `path`."""

    path: Path

    def mark(self) -> int:
        """A position to read on from later."""
        return self.path.stat().st_size if self.path.exists() else 0

    def entries(self, *, since: int = 0, user_agent: str = "", stage: str = "") -> list[AuditEntry]:
        """What was logged after the position `since`, of user agents that begin so, at that stage (or all)."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as log:
            log.seek(since)
            lines = log.read().split(b"\n")
        found = [_entry(line) for line in lines[:-1] if line]
        return [e for e in found if e.user_agent.startswith(user_agent) and stage in ("", e.stage)]

    def count(self, verb: str, *, since: int = 0, user_agent: str = "certdash/", containing: str = "") -> int:
        """How many requests with that verb, and `containing` in their URI, were received from that user agent."""
        received = self.entries(since=since, user_agent=user_agent, stage="RequestReceived")
        return sum(1 for e in received if e.verb == verb and containing in e.uri)


def _entry(line: bytes) -> AuditEntry:
    raw = json.loads(line)
    return AuditEntry(
        audit_id=raw["auditID"],
        verb=raw["verb"],
        uri=raw["requestURI"],
        user_agent=raw.get("userAgent", ""),
        user=raw.get("user", {}).get("username", ""),
        code=raw.get("responseStatus", {}).get("code", 0),
        stage=raw["stage"],
        received=raw["requestReceivedTimestamp"],
    )
