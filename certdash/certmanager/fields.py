"""Reading fields of an object whose shape nobody guarantees: a wrong type reads as absent, nothing raises."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})
# Nearly all are dicts, for which the abstract class takes five times as long to say so.
_MAPPING = (dict, Mapping)


def value(body: Any, *path: str) -> Any:
    """What lies at the path, or None."""
    for key in path:
        if not isinstance(body, _MAPPING):
            return None
        body = body.get(key)
    return body


def text(body: Any, *path: str) -> str:
    """The string at the path, "" when there is none."""
    found = value(body, *path)
    return found if isinstance(found, str) else ""


def number(body: Any, *path: str, default: int = 0) -> int:
    """The whole number at the path, `default` when there is none."""
    found = value(body, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def flag(body: Any, *path: str) -> bool:
    """Whether the path holds true."""
    return value(body, *path) is True


def mapping(body: Any, *path: str) -> Mapping[str, Any]:
    """The object at the path, an empty one when there is none."""
    found = value(body, *path)
    return found if isinstance(found, _MAPPING) else EMPTY


def items(body: Any, *path: str) -> tuple[Mapping[str, Any], ...]:
    """The objects of the list at the path; items of other types are left out."""
    found = value(body, *path)
    return tuple(i for i in found if isinstance(i, _MAPPING)) if isinstance(found, (list, tuple)) else ()


def texts(body: Any, *path: str) -> tuple[str, ...]:
    """The strings of the list at the path; items of other types are left out."""
    found = value(body, *path)
    return tuple(i for i in found if isinstance(i, str)) if isinstance(found, (list, tuple)) else ()


def string_map(body: Any, *path: str) -> Mapping[str, str]:
    """The string-to-string map at the path (labels, annotations, selectors)."""
    return {k: v for k, v in mapping(body, *path).items() if isinstance(k, str) and isinstance(v, str)}


def moment(body: Any, *path: str) -> float | None:
    """The RFC 3339 time at the path as UTC in Unix seconds, None when there is none."""
    found = text(body, *path)
    if not found:
        return None
    try:
        parsed = datetime.fromisoformat(found)
        return parsed.timestamp() if parsed.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
