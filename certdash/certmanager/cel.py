"""The part of the Common Expression Language that admission conditions are written in.

Literals, lists and maps, field and index access, has(), comparison, arithmetic on numbers and texts, `in`, the
logical operators with CEL's tolerance of errors in the other operand, `?:`, size(), the functions on texts, and the
macros all, exists, exists_one, filter and map. Optional syntax (`?.`, orValue) is not understood.
Source: the language definition of cel-spec, and "Common Expression Language in Kubernetes" of the documentation.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = Any
Environment: TypeAlias = Mapping[str, Value]
Node: TypeAlias = Callable[[Environment], Value]

_LONGEST = 8192
_DEEPEST = 100

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+\.\d*(?:[eE][+-]?\d+)?|0x[0-9a-fA-F]+u?|\d+u?)
    | (?P<text>[rR]?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'))
    | (?P<name>[A-Za-z_]\w*)
    | (?P<mark>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "`": "`", "?": "?", "a": "\a", "b": "\b"}
_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})


class CelSyntaxError(ValueError):
    """Not an expression, or one with parts that are not understood here."""


class CelError(ValueError):
    """The expression can't be evaluated on these values."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression."""

    source: str
    _node: Node

    def evaluate(self, variables: Environment) -> Value:
        """The expression's value. Raises CelError."""
        return self._node(variables)


def parse(source: str) -> Expression:
    """Raises CelSyntaxError."""
    if len(source) > _LONGEST:
        raise CelSyntaxError("the expression is too long")
    parser = _Parser(list(_tokens(source)))
    node = parser.expression()
    parser.expect("end", "")
    return Expression(source, node)


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    position = 0
    while True:
        found = _TOKEN.match(source, position)
        if found is None:
            raise CelSyntaxError(f"unexpected {source[position : position + 10]!r}")
        position = found.end()
        kind = str(found.lastgroup)
        yield kind, found.group(kind)
        if kind == "end":
            return


class _Parser:
    """Recursive descent over the tokens; each method answers a function of the variables."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def expect(self, kind: str, text: str) -> None:
        """Take this very token. Raises CelSyntaxError."""
        if self._tokens[self._at] != (kind, text):
            raise CelSyntaxError(f"expected {text or 'the end'!r}, found {self._tokens[self._at][1]!r}")
        self._at += 1

    def _take(self, *marks: str) -> str:
        kind, text = self._tokens[self._at]
        if (kind == "mark" and text in marks) or (kind == "name" and text == "in" and "in" in marks):
            self._at += 1
            return text
        return ""

    def expression(self) -> Node:
        """`condition ? this : that`."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise CelSyntaxError("the expression is nested too deeply")
        condition = self._either()
        if self._take("?"):
            this = self._either()
            self.expect("mark", ":")
            that = self.expression()
            self._depth -= 1
            return lambda env: this(env) if _truth(condition(env)) else that(env)
        self._depth -= 1
        return condition

    def _either(self) -> Node:
        node = self._both()
        while self._take("||"):
            node = _logical(node, self._both(), decides=True)
        return node

    def _both(self) -> Node:
        node = self._relation()
        while self._take("&&"):
            node = _logical(node, self._relation(), decides=False)
        return node

    def _relation(self) -> Node:
        node = self._sum()
        while operator := self._take("==", "!=", "<", "<=", ">", ">=", "in"):
            node = _binary(_RELATIONS[operator], node, self._sum())
        return node

    def _sum(self) -> Node:
        node = self._product()
        while operator := self._take("+", "-"):
            node = _binary(_ARITHMETIC[operator], node, self._product())
        return node

    def _product(self) -> Node:
        node = self._unary()
        while operator := self._take("*", "/", "%"):
            node = _binary(_ARITHMETIC[operator], node, self._unary())
        return node

    def _unary(self) -> Node:
        if self._take("!"):
            inner = self._unary()
            return lambda env: not _truth(inner(env))
        if self._take("-"):
            inner = self._unary()
            return lambda env: -_number(inner(env))
        return self._member()

    def _member(self) -> Node:
        node = self._primary()
        while mark := self._take(".", "["):
            if mark == "[":
                node = _binary(_index, node, self.expression())
                self.expect("mark", "]")
                continue
            name = self._name()
            node = self._call(node, name) if self._take("(") else _field(node, name)
        return node

    def _name(self) -> str:
        kind, text = self._tokens[self._at]
        if kind != "name":
            raise CelSyntaxError(f"expected a name, found {text!r}")
        self._at += 1
        return text

    def _call(self, target: Node, name: str) -> Node:
        if name in _MACROS:
            variable = self._name()
            self.expect("mark", ",")
            body = self.expression()
            self.expect("mark", ")")
            return _macro(name, target, variable, body)
        arguments = self._arguments(")")
        method = _METHODS.get(name)
        if method is None:
            raise CelSyntaxError(f"the function {name} is not understood")
        return lambda env: method(target(env), *(argument(env) for argument in arguments))

    def _arguments(self, closing: str) -> list[Node]:
        found: list[Node] = []
        while not self._take(closing):
            if found:
                self.expect("mark", ",")
            found.append(self.expression())
        return found

    def _primary(self) -> Node:
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            number = _literal_number(text)
            return lambda _: number
        if kind == "text":
            value = _unquoted(text)
            return lambda _: value
        if kind == "name":
            return self._named(text)
        if text == "(":
            node = self.expression()
            self.expect("mark", ")")
            return node
        if text == "[":
            items = self._arguments("]")
            return lambda env: [item(env) for item in items]
        if text == "{":
            return self._map()
        raise CelSyntaxError(f"unexpected {text or 'end'!r}")

    def _map(self) -> Node:
        pairs: list[tuple[Node, Node]] = []
        while not self._take("}"):
            if pairs:
                self.expect("mark", ",")
            key = self.expression()
            self.expect("mark", ":")
            pairs.append((key, self.expression()))
        return lambda env: {key(env): value(env) for key, value in pairs}

    def _named(self, text: str) -> Node:
        constants = {"true": True, "false": False, "null": None}
        if text in constants:
            constant = constants[text]
            return lambda _: constant
        if not self._take("("):
            return _variable(text)
        if text == "has":
            node = self.expression()
            self.expect("mark", ")")
            return _has(node)
        arguments = self._arguments(")")
        function = _FUNCTIONS.get(text)
        if function is None or len(arguments) != 1:
            raise CelSyntaxError(f"the function {text} is not understood")
        return lambda env: function(arguments[0](env))


def _literal_number(text: str) -> int | float:
    text = text.rstrip("u")
    if text.startswith("0x"):
        return int(text, 16)
    return float(text) if any(mark in text for mark in ".eE") else int(text)


def _unquoted(text: str) -> str:
    if text[0] in "rR":
        return text[2:-1]
    return re.sub(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", _unescaped, text[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    mark = found[1]
    if mark[0] in "ux" and len(mark) > 1:
        return chr(int(mark[1:], 16))
    if mark not in _ESCAPES:
        raise CelSyntaxError(f"unknown escape \\{mark}")
    return _ESCAPES[mark]


def _variable(name: str) -> Node:
    def read(env: Environment) -> Value:
        if name not in env:
            raise CelError(f"undeclared reference to '{name}'")
        return env[name]

    return read


def _field(node: Node, name: str) -> Node:
    def read(env: Environment) -> Value:
        value = node(env)
        if not isinstance(value, Mapping) or name not in value:
            raise CelError(f"no such key: {name}")
        return value[name]

    return read


def _has(node: Node) -> Node:
    def present(env: Environment) -> bool:
        try:
            node(env)
        except CelError:
            return False
        return True

    return present


def _logical(left: Node, right: Node, *, decides: bool) -> Node:
    """`||` (decided by true) and `&&` (by false): an error on one side counts only if the other does not decide."""

    def evaluate(env: Environment) -> bool:
        try:
            if _truth(left(env)) is decides:
                return decides
        except CelError:
            if _truth(right(env)) is decides:
                return decides
            raise
        return _truth(right(env))

    return evaluate


def _binary(operation: Callable[[Value, Value], Value], left: Node, right: Node) -> Node:
    return lambda env: operation(left(env), right(env))


def _macro(name: str, target: Node, variable: str, body: Node) -> Node:
    def evaluate(env: Environment) -> Value:
        items = target(env)
        if not isinstance(items, Sequence | Mapping) or isinstance(items, str):
            raise CelError("no such overload: expected a list or a map")
        results = [(item, body({**env, variable: item})) for item in items]
        if name == "map":
            return [result for _, result in results]
        truths = [(item, _truth(result)) for item, result in results]
        if name == "filter":
            return [item for item, holds in truths if holds]
        count = sum(holds for _, holds in truths)
        return {"all": count == len(truths), "exists": count > 0, "exists_one": count == 1}[name]

    return evaluate


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise CelError("no such overload: expected a bool")
    return value


def _number(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CelError("no such overload: expected a number")
    return value


def _index(container: Value, key: Value) -> Value:
    try:
        if isinstance(container, Mapping):
            return container[key]
        if isinstance(container, Sequence) and not isinstance(container, str) and 0 <= _number(key) < len(container):
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
        return test(_number(left), _number(right))

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
    return _number(left) + _number(right)


def _divided(left: Value, right: Value) -> int | float:
    over, under = _number(left), _number(right)
    if under == 0:
        raise CelError("division by zero")
    if isinstance(over, int) and isinstance(under, int):
        return abs(over) // abs(under) * (1 if (over < 0) is (under < 0) else -1)
    return over / under


def _remainder(left: Value, right: Value) -> int | float:
    quotient = _divided(left, right)
    return _number(left) - quotient * _number(right)


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
        return re.search(pattern, text) is not None
    except re.error as error:
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


_RELATIONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _compare(lambda left, right: left < right),
    "<=": _compare(lambda left, right: left <= right),
    ">": _compare(lambda left, right: left > right),
    ">=": _compare(lambda left, right: left >= right),
    "in": _contained,
}
_ARITHMETIC: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": _plus,
    "-": lambda left, right: _number(left) - _number(right),
    "*": lambda left, right: _number(left) * _number(right),
    "/": _divided,
    "%": _remainder,
}
_METHODS: Mapping[str, Callable[..., Value]] = {
    "startsWith": _on_text(str.startswith),
    "endsWith": _on_text(str.endswith),
    "contains": _on_text(lambda text, part: part in text),
    "matches": _on_text(_matches),
    "size": _size,
    "lowerAscii": lambda text: str(text).lower(),
    "upperAscii": lambda text: str(text).upper(),
}
_FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {"size": _size, "string": _as_text, "int": _as_int}
