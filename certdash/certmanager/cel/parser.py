"""Parses an expression into a function of its variables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from certdash.certmanager.cel.errors import CelError, CelSyntaxError
from certdash.certmanager.cel.operations import ARITHMETIC, FUNCTIONS, METHODS, RELATIONS, Value, index, number, truth
from certdash.certmanager.cel.tokens import literal_number, tokens, unquoted

Environment: TypeAlias = Mapping[str, Value]
Node: TypeAlias = Callable[[Environment], Value]

_LONGEST = 8192
_DEEPEST = 100

_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})


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
    parser = _Parser(list(tokens(source)))
    node = parser.expression()
    parser.expect("end", "")
    return Expression(source, node)


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
            return lambda env: this(env) if truth(condition(env)) else that(env)
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
            node = _binary(RELATIONS[operator], node, self._sum())
        return node

    def _sum(self) -> Node:
        node = self._product()
        while operator := self._take("+", "-"):
            node = _binary(ARITHMETIC[operator], node, self._product())
        return node

    def _product(self) -> Node:
        node = self._unary()
        while operator := self._take("*", "/", "%"):
            node = _binary(ARITHMETIC[operator], node, self._unary())
        return node

    def _unary(self) -> Node:
        if self._take("!"):
            inner = self._unary()
            return lambda env: not truth(inner(env))
        if self._take("-"):
            inner = self._unary()
            return lambda env: -number(inner(env))
        return self._member()

    def _member(self) -> Node:
        node = self._primary()
        while mark := self._take(".", "["):
            if mark == "[":
                node = _binary(index, node, self.expression())
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
        method = METHODS.get(name)
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
            number = literal_number(text)
            return lambda _: number
        if kind == "text":
            value = unquoted(text)
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
        function = FUNCTIONS.get(text)
        if function is None or len(arguments) != 1:
            raise CelSyntaxError(f"the function {text} is not understood")
        return lambda env: function(arguments[0](env))


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
            if truth(left(env)) is decides:
                return decides
        except CelError:
            if truth(right(env)) is decides:
                return decides
            raise
        return truth(right(env))

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
        truths = [(item, truth(result)) for item, result in results]
        if name == "filter":
            return [item for item, holds in truths if holds]
        count = sum(holds for _, holds in truths)
        return {"all": count == len(truths), "exists": count > 0, "exists_one": count == 1}[name]

    return evaluate
