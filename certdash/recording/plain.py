"""Frozen dataclasses as plain JSON values, and back by their annotations.

A field that has its default is left out, an unknown one is passed over, and a missing one gets its default: so a
recording can be read by an older and by a newer program than wrote it. Moments are kept to the microsecond, as
distances from a base that both sides know.
"""

import dataclasses
import types
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from certdash.model.instant import Instant
from certdash.model.resource import Kind

MICRO = 1_000_000


def kept(moment: Instant) -> Instant:
    """The moment as it is kept."""
    return Instant(_micros(moment.steady) / MICRO, _micros(moment.wall) / MICRO)


def instant_to_plain(moment: Instant, base: Instant) -> Any:
    """Microseconds on the steady clock after `base`; with how far the wall clock went astray meanwhile, if it did."""
    steady, wall = _micros(moment.steady), _micros(moment.wall)
    passed = steady - _micros(base.steady)
    astray = wall - _micros(base.wall) - passed
    return [passed, astray] if astray else passed


def instant_from_plain(data: Any, base: Instant) -> Instant:
    """The moment. Raises ValueError when the data is something else."""
    passed, astray = data if isinstance(data, list) and len(data) == 2 else (data, 0)
    if type(passed) is not int or type(astray) is not int:
        raise ValueError(f"{data!r} is not a moment")
    steady, wall = _micros(base.steady) + passed, _micros(base.wall) + passed + astray
    return Instant(steady / MICRO, wall / MICRO)


def _micros(seconds: float) -> int:
    return round(seconds * MICRO)


def to_plain(value: Any, base: Instant) -> Any:
    """The value as what JSON can hold. Mappings are passed on as they are."""
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value
    if isinstance(value, Instant):
        return instant_to_plain(value, base)
    if isinstance(value, Kind):
        return value.name
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        kept: dict[str, Any] = {}
        for name, default in _defaults(value.__class__).items():
            found = getattr(value, name)
            if default is dataclasses.MISSING or found != default:
                kept[name] = to_plain(found, base)
        return kept
    if isinstance(value, frozenset):
        return sorted(to_plain(item, base) for item in value)
    if isinstance(value, (tuple, list)):
        return [to_plain(item, base) for item in value]
    return value


@lru_cache(maxsize=64)
def _defaults(cls: Any) -> Mapping[str, Any]:
    return {
        field.name: field.default_factory() if callable(field.default_factory) else field.default
        for field in dataclasses.fields(cls)
    }


def from_plain(hint: Any, data: Any, base: Instant) -> Any:
    """The value of that annotation. Raises ValueError when the data does not fit it."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(hint, data, base)
    if origin is tuple:
        return _tuple(get_args(hint), data, base)
    if origin is frozenset:
        return frozenset(from_plain(get_args(hint)[0], item, base) for item in _list(data))
    if hint is Instant:
        return instant_from_plain(data, base)
    if hint is Kind:
        return _kind(data)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(data)
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint, data, base)
    if hint is float and type(data) is int:
        return float(data)
    if hint in (str, int, float, bool) and type(data) is not hint:
        raise ValueError(f"{data!r} is not of type {hint.__name__}")
    return data


def _optional(hint: Any, data: Any, base: Instant) -> Any:
    inner = [option for option in get_args(hint) if option is not type(None)]
    return None if data is None else from_plain(inner[0], data, base)


def _tuple(hints: tuple[Any, ...], data: Any, base: Instant) -> tuple[Any, ...]:
    items = _list(data)
    if len(hints) == 2 and hints[1] is ...:
        return tuple(from_plain(hints[0], item, base) for item in items)
    if len(items) != len(hints):
        raise ValueError(f"{data!r} has not {len(hints)} items")
    return tuple(from_plain(hint, item, base) for hint, item in zip(hints, items, strict=True))


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValueError(f"{data!r} is not a list")
    return data


def _kind(data: Any) -> Kind:
    try:
        return Kind[data]
    except KeyError:
        raise ValueError(f"{data!r} is not a kind that is known") from None


@lru_cache(maxsize=64)
def _hints(cls: Any) -> Mapping[str, Any]:
    return get_type_hints(cls)


def _dataclass(cls: Any, data: Any, base: Instant) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{data!r} is not a {cls.__name__}")
    hints = _hints(cls)
    given = {name: from_plain(hints[name], found, base) for name, found in data.items() if name in hints}
    try:
        return cls(**given)
    except TypeError as error:
        raise ValueError(str(error)) from None
