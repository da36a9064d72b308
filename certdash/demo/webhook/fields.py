"""Complaints about fields, worded as apimachinery's field errors."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from certdash.demo import names


def required(path: str, why: str = "") -> str:
    """A field that must be there is not."""
    return f"{path}: Required value{f': {why}' if why else ''}"


def invalid(path: str, value: Any, why: str) -> str:
    """A field with a value that can't be."""
    return f"{path}: Invalid value: {_shown(value)}: {why}"


def forbidden(path: str, why: str) -> str:
    """A field that must not be set, or not so."""
    return f"{path}: Forbidden: {why}"


def not_supported(path: str, value: Any, allowed: Sequence[str]) -> str:
    """A field with a value that is none of those."""
    listed = ", ".join(json.dumps(item) for item in allowed)
    return f"{path}: Unsupported value: {_shown(value)}: supported values: {listed}"


def too_long(path: str, most: int) -> str:
    """A text with too many bytes."""
    return f"{path}: Too long: may not be more than {most} bytes"


def duplicate(path: str, value: str) -> str:
    """A value that is there twice."""
    return f"{path}: Duplicate value: {json.dumps(value)}"


def invalid_for(path: str, value: Any, faults: Iterable[str]) -> list[str]:
    """One complaint for each fault of a value."""
    return [invalid(path, value, fault) for fault in faults]


def label_complaints(path: str, labels: Mapping[str, str]) -> list[str]:
    """What is wrong with labels."""
    found = []
    for key, value in sorted(labels.items()):
        found += invalid_for(path, key, names.key_faults(key))
        found += invalid_for(path, value, names.value_faults(value))
    return found


def joined(complaints: Sequence[str]) -> str:
    """Several complaints as one text, each once."""
    once = list(dict.fromkeys(complaints))
    return once[0] if len(once) == 1 else f"[{', '.join(once)}]"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
