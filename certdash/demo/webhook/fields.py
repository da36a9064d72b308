"""Complaints about fields, worded as apimachinery's field errors."""

import json
import re
from collections.abc import Sequence
from typing import Any

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_DURATION = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def required(path: str, why: str = "") -> str:
    """A field that must be there is not."""
    return f"{path}: Required value{f': {why}' if why else ''}"


def invalid(path: str, value: Any, why: str) -> str:
    """A field with a value that can't be."""
    return f"{path}: Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}"


def forbidden(path: str, why: str) -> str:
    """A field that must not be set, or not so."""
    return f"{path}: Forbidden: {why}"


def not_supported(path: str, value: Any, allowed: Sequence[str]) -> str:
    """A field with a value that is none of those."""
    listed = ", ".join(json.dumps(item) for item in allowed)
    return f"{path}: Unsupported value: {json.dumps(value)}: supported values: {listed}"


def too_long(path: str, most: int) -> str:
    """A text with too many bytes."""
    return f"{path}: Too long: may not be more than {most} bytes"


def duplicate(path: str, value: str) -> str:
    """A value that is there twice."""
    return f"{path}: Duplicate value: {json.dumps(value)}"


def subdomain_complaints(path: str, name: str) -> list[str]:
    """What keeps a name from being a DNS subdomain."""
    complaints = []
    if len(name) > 253:
        complaints.append(invalid(path, name, "must be no more than 253 bytes"))
    if not _SUBDOMAIN.fullmatch(name):
        complaints.append(invalid(path, name, _SUBDOMAIN_RULE))
    return complaints


def joined(complaints: Sequence[str]) -> str:
    """Several complaints as one text, each once."""
    once = list(dict.fromkeys(complaints))
    return once[0] if len(once) == 1 else f"[{', '.join(once)}]"


def nanoseconds(text: str) -> int | None:
    """A Go duration; None for what is none."""
    sign = -1 if text.startswith("-") else 1
    rest = text.lstrip("+-")
    if rest == "0":
        return 0
    parts = _DURATION.findall(rest)
    if not parts or "".join(number + unit for number, unit in parts) != rest:
        return None
    return sign * round(sum(float(number) * _NANOSECONDS[unit] for number, unit in parts))


def duration_text(value: int) -> str:
    """Nanoseconds as Go prints a duration of whole seconds."""
    seconds = value // 10**9
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
