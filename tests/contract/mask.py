"""Replaces what differs from run to run by a word in angle brackets, and leaves everything else as it was sent."""

import json
import re
from typing import Any

from tests.contract.wire import Answer

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_ADDRESS = re.compile(r"\b(?!0\.0\.0\.0)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
# The Service's own port says something; the ports of a cluster's processes and clients do not.
_PORT = re.compile(r"(<ip>|localhost):(?!443\b)\d+")
_LOCAL_ADDRESS = re.compile(r"<ip>:\S+->")
_POD = re.compile(r"\b(cert-manager(?:-webhook|-cainjector)?)-[a-z0-9]{6,10}-[a-z0-9]{5}(?![a-z0-9])")
_REPLICA_SET = re.compile(r"\b(cert-manager(?:-webhook|-cainjector)?)-(?=[a-z0-9]*\d)[a-z0-9]{8,10}\b")
_SUFFIX = re.compile(
    r"\b(contract-[a-z]+-|certdash-probe-|cert-manager-(?:webhook-|cainjector-)?)[bcdfghjklmnpqrstvwxz2456789]{5}\b"
)
_PAIR_OF_VERSIONS = re.compile(r"(resource version: )\d+( \()\d+(\))|(Too large resource version: )\d+(, current: )\d+")
_FINGERPRINT = re.compile(r"X509SHA256=[0-9a-f]{64}")
_QUOTED_VERSION = re.compile(r'(resourceVersion\\?":\\?")\d+')
_RECORDED_VERSION = re.compile(r"(in record \()\d+(\))")
# Three timers of a call end together when a connection is not made within 30 s; which of them is told is chance.
_NOT_CONNECTED = re.compile(
    r"context deadline exceeded|dial tcp <ip>:443: i/o timeout|net/http: request canceled while waiting for connection "
    r"\(Client.Timeout exceeded while awaiting headers\)"
)
_WORDS = (
    (_QUOTED_VERSION, r"\1<version>"),
    (_RECORDED_VERSION, r"\1<version>\2"),
    (_FINGERPRINT, "X509SHA256=<fingerprint>"),
    (_UUID, "<uid>"),
    (_TIME, "<time>"),
    (_ADDRESS, "<ip>"),
    (_LOCAL_ADDRESS, "<ip>:<port>->"),
    (_PORT, r"\1:<port>"),
    (_NOT_CONNECTED, "<deadline exceeded>"),
    (_POD, r"\1-<hash>-<suffix>"),
    (_REPLICA_SET, r"\1-<hash>"),
    (_SUFFIX, r"\1<suffix>"),
)
_OPAQUE = ("resourceVersion", "continue", "caBundle", "token", "selfLink", "pod-template-hash")
_KEPT = ("", "0")
_HEADERS = ("content-type", "warning", "retry-after", "cache-control", "allow", "location", "x-content-type-options")
_PRESENT = ("audit-id", "x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid")

USUAL = {
    **dict.fromkeys(_PRESENT, "<set>"),
    "cache-control": "no-cache, private",
    "content-type": "application/json",
}


def text(value: str) -> str:
    """A string without addresses, times, ids and generated parts of names."""
    value = _PAIR_OF_VERSIONS.sub(lambda m: re.sub(r"\d+", "<version>", m[0]), value)
    for pattern, replacement in _WORDS:
        value = pattern.sub(replacement, value)
    return value


def body(value: Any, key: str = "") -> Any:
    """A parsed body, masked. Of managedFields only who holds fields, and how, is left."""
    if isinstance(value, dict) and value.get("kind") == "Status" and value.get("reason") == "Invalid":
        value = _without_order(value)
    if key == "managedFields" and isinstance(value, list):
        return sorted(_holder(entry) for entry in value)
    if isinstance(value, dict):
        return {name: body(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [body(item) for item in value]
    if isinstance(value, str):
        return f"<{key}>" if key in _OPAQUE and value not in _KEPT else text(value)
    return value


def _without_order(status: dict[str, Any]) -> dict[str, Any]:
    """A refusal with its causes in an order of ours: the server walks a map, and no two answers are alike. What
    it says twice counts once."""
    told = {json.dumps(cause, sort_keys=True): cause for cause in status.get("details", {}).get("causes", [])}
    causes = list(told.values())
    if len(causes) < 2:
        return {**status, "details": {**status["details"], "causes": causes}} if causes else status
    ordered = sorted(causes, key=lambda cause: (cause.get("field", ""), cause["message"]))
    message = re.sub(r"\[.*\]$", "[<causes>]", status["message"], flags=re.DOTALL)
    return {**status, "message": message, "details": {**status["details"], "causes": ordered}}


def _holder(entry: dict[str, Any]) -> str:
    parts = (entry.get(name, "") for name in ("manager", "operation", "apiVersion", "subresource"))
    return " ".join(part for part in parts if part)


def headers(answer: Answer) -> dict[str, str]:
    """The headers that a client may act on, by their lower-case names, as far as they are not the usual ones.

    A usual header that is not there is told, too.
    """
    found: dict[str, list[str]] = {}
    for name, value in answer.headers:
        lower = name.lower()
        if lower in _HEADERS:
            found.setdefault(lower, []).append(text(value))
        elif lower in _PRESENT:
            found[lower] = ["<set>"]
    joined = {name: ", ".join(values) for name, values in found.items()}
    missing = dict.fromkeys(USUAL.keys() - joined.keys(), "<missing>")
    return {name: value for name, value in {**joined, **missing}.items() if USUAL.get(name) != value}
