"""What operators and functions do with values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from certdash.certmanager.cel.errors import CelError
from certdash.certmanager.cel.pattern_compiler import PatternError
from certdash.certmanager.cel.patterns import search

Value: TypeAlias = Any


def truth(value: Value) -> bool:
    """A bool, and nothing that merely could be one. Raises CelError."""
    if not isinstance(value, bool):
        raise CelError("no such overload: expected a bool")
    return value


def number(value: Value) -> int | float:
    """A number, which a bool is not. Raises CelError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CelError("no such overload: expected a number")
    return value


def index(container: Value, key: Value) -> Value:
    """`container[key]` of a map or a list. Raises CelError."""
    try:
        if isinstance(container, Mapping):
            return container[key]
        if isinstance(container, Sequence) and not isinstance(container, str) and 0 <= number(key) < len(container):
            return container[int(key)]
    except (KeyError, TypeError):
        pass
    raise CelError(f"no such key: {key}")


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def compare(left: Value, right: Value) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return test(left, right)
        return test(number(left), number(right))

    return compare


def _contained(item: Value, container: Value) -> bool:
    if isinstance(container, Mapping):
        return item in container
    if isinstance(container, Sequence) and not isinstance(container, str):
        return any(_equal(item, other) for other in container)
    raise CelError("no such overload: in")


def _plus(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return number(left) + number(right)


def _divided(left: Value, right: Value) -> int | float:
    over, under = number(left), number(right)
    if under == 0:
        raise CelError("division by zero")
    if isinstance(over, int) and isinstance(under, int):
        return abs(over) // abs(under) * (1 if (over < 0) is (under < 0) else -1)
    return over / under


def _remainder(left: Value, right: Value) -> int | float:
    quotient = _divided(left, right)
    return number(left) - quotient * number(right)


def _size(value: Value) -> int:
    if isinstance(value, str | Sequence | Mapping):
        return len(value)
    raise CelError("no such overload: size")


def _on_text(function: Callable[[str, str], bool]) -> Callable[..., bool]:
    def call(target: Value, *arguments: Value) -> bool:
        if not isinstance(target, str) or len(arguments) != 1 or not isinstance(arguments[0], str):
            raise CelError("no such overload: expected texts")
        return function(target, arguments[0])

    return call


def _matches(text: str, pattern: str) -> bool:
    try:
        return search(pattern, text)
    except PatternError as error:
        raise CelError(f"error parsing regexp: {error}") from None


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise CelError("no such overload: string")


def _as_int(value: Value) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise CelError("no such overload: int") from None


RELATIONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _compare(lambda left, right: left < right),
    "<=": _compare(lambda left, right: left <= right),
    ">": _compare(lambda left, right: left > right),
    ">=": _compare(lambda left, right: left >= right),
    "in": _contained,
}
ARITHMETIC: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": _plus,
    "-": lambda left, right: number(left) - number(right),
    "*": lambda left, right: number(left) * number(right),
    "/": _divided,
    "%": _remainder,
}
METHODS: Mapping[str, Callable[..., Value]] = {
    "startsWith": _on_text(str.startswith),
    "endsWith": _on_text(str.endswith),
    "contains": _on_text(lambda text, part: part in text),
    "matches": _on_text(_matches),
    "size": _size,
    "lowerAscii": lambda text: str(text).lower(),
    "upperAscii": lambda text: str(text).upper(),
}
FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {"size": _size, "string": _as_text, "int": _as_int}
