"""Regular expressions in the syntax of RE2, compiled to steps that patterns.search follows.

Look-ahead and back-references, which RE2 does not have either, and Unicode classes are not understood.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Test: TypeAlias = Callable[[str], bool]

_LONGEST_PATTERN = 1000
_MOST_REPEATS = 1000
_MOST_STEPS = 2000
_DEEPEST = 50


class PatternError(ValueError):
    """Not a pattern, one with parts that are not understood, or one that is too costly."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: take a character that passes `test`, or go on at `then` and `other` without one where the
    place in the text fits `place`."""

    test: Test | None = None
    place: str = ""
    then: int = 0
    other: int = -1


def is_word(character: str) -> bool:
    """Whether it is a letter, a digit or an underscore of ASCII."""
    return character.isascii() and (character.isalnum() or character == "_")


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _is_space(character: str) -> bool:
    return character in "\t\n\f\r "


_CLASSES: dict[str, Test] = {"d": _is_digit, "w": is_word, "s": _is_space}
_POSIX: dict[str, Test] = {
    "alpha": lambda c: c.isascii() and c.isalpha(),
    "digit": _is_digit,
    "alnum": lambda c: c.isascii() and c.isalnum(),
    "lower": lambda c: "a" <= c <= "z",
    "upper": lambda c: "A" <= c <= "Z",
    "space": lambda c: c in "\t\n\v\f\r ",
    "word": is_word,
    "xdigit": lambda c: c in "0123456789abcdefABCDEF",
    "punct": lambda c: c.isascii() and c.isprintable() and not c.isalnum() and c != " ",
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_PLACES = {"A": "begin", "z": "end", "b": "boundary", "B": "within"}


def compiled(pattern: str) -> list[Step]:
    """The steps of a pattern; behind the last one it has matched. Raises PatternError."""
    return _Compiler(pattern).steps


class _Compiler:
    """Recursive descent over the pattern that writes steps as it goes. A fragment is a list of steps with targets
    relative to its own beginning; its end is the target behind its last step."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > _LONGEST_PATTERN:
            raise PatternError("the pattern is too long")
        self._pattern = pattern
        self._at = 0
        self._depth = 0
        self._fold = self._all = False
        self._flags()
        self.steps = self._alternatives()
        if self._at < len(pattern):
            raise PatternError("unexpected )")

    def _flags(self) -> None:
        for flags, fold, everything in (("(?i)", True, False), ("(?s)", False, True), ("(?is)", True, True)):
            if self._pattern.startswith(flags):
                self._at, self._fold, self._all = len(flags), fold, everything

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self, text: str) -> bool:
        if not self._pattern.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _next(self) -> str:
        if self._at >= len(self._pattern):
            raise PatternError("unexpected end")
        self._at += 1
        return self._pattern[self._at - 1]

    def _alternatives(self) -> list[Step]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternError("nested too deeply")
        made = self._sequence()
        while self._take("|"):
            other = self._sequence()
            size = len(made) + len(other) + 2
            # Either the first, which then goes over the second, or the second.
            first = [Step(then=1, other=len(made) + 2), *_moved(made, 1), Step(then=size)]
            made = self._checked([*first, *_moved(other, len(made) + 2)])
        self._depth -= 1
        return made

    def _sequence(self) -> list[Step]:
        made: list[Step] = []
        while self._peek() not in ("", "|", ")"):
            made = self._checked([*made, *_moved(self._repeated(), len(made))])
        return made

    def _repeated(self) -> list[Step]:
        atom = self._atom()
        while (bounds := self._bounds()) is not None:
            low, high = bounds
            self._take("?")
            atom = self._checked(self._times(atom, low, high))
        return atom

    def _bounds(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(mark):
                return bounds
        closing = self._pattern.find("}", self._at)
        if self._peek() != "{" or closing < 0:
            return None
        low, comma, high = self._pattern[self._at + 1 : closing].partition(",")
        if not low.isdigit() or (high and not high.isdigit()):
            return None
        self._at = closing + 1
        most = int(high) if high else (None if comma else int(low))
        if int(low) > _MOST_REPEATS or (most is not None and not int(low) <= most <= _MOST_REPEATS):
            raise PatternError("invalid repeat count")
        return int(low), most

    def _times(self, atom: list[Step], low: int, high: int | None) -> list[Step]:
        copies = low + (high - low if high is not None else 1)
        if copies * (len(atom) + 2) > _MOST_STEPS:
            raise PatternError("the pattern is too costly")
        made: list[Step] = []
        for _ in range(low):
            made += _moved(atom, len(made))
        if high is None:
            begin, size = len(made), len(atom) + 2
            loop = [Step(then=1, other=size), *_moved(atom, 1), Step(then=0)]
            return [*made, *_moved(loop, begin)]
        for _ in range(high - low):
            optional = [Step(then=1, other=len(atom) + 1), *_moved(atom, 1)]
            made += _moved(optional, len(made))
        return made

    def _checked(self, steps: list[Step]) -> list[Step]:
        if len(steps) > _MOST_STEPS:
            raise PatternError("the pattern is too costly")
        return steps

    def _atom(self) -> list[Step]:
        character = self._next()
        match character:
            case "(":
                return self._group()
            case "[":
                return [Step(self._class())]
            case ".":
                everything = self._all
                return [Step(lambda c: everything or c != "\n")]
            case "^":
                return [Step(place="begin", then=1)]
            case "$":
                return [Step(place="end", then=1)]
            case "\\":
                return self._escaped()
            case "*" | "+" | "?":
                raise PatternError(f"missing argument to repetition operator: {character}")
            case _:
                return [Step(self._literal(character))]

    def _group(self) -> list[Step]:
        if self._take("?"):
            if self._take("P<") or self._take("<"):
                closing = self._pattern.find(">", self._at)
                if closing < 0 or not self._pattern[self._at : closing].isidentifier():
                    raise PatternError("invalid named capture")
                self._at = closing + 1
            elif not self._take(":"):
                raise PatternError("invalid or unsupported Perl syntax")
        made = self._alternatives()
        if not self._take(")"):
            raise PatternError("missing closing )")
        return made

    def _escaped(self) -> list[Step]:
        character = self._next()
        if character in _PLACES:
            return [Step(place=_PLACES[character], then=1)]
        return [Step(self._escape(character))]

    def _escape(self, character: str) -> Test:
        if character.lower() in _CLASSES:
            test = _CLASSES[character.lower()]
            return test if character.islower() else lambda c: not test(c)
        return self._literal(self._escaped_literal(character))

    def _escaped_literal(self, character: str) -> str:
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character == "x":
            return self._code_point()
        if character.isascii() and character.isalnum():
            raise PatternError(f"invalid escape sequence: \\{character}")
        return character

    def _code_point(self) -> str:
        if self._take("{"):
            closing = self._pattern.find("}", self._at)
            digits = self._pattern[self._at : max(closing, self._at)]
            self._at = closing + 1
        else:
            digits = self._pattern[self._at : self._at + 2]
            self._at += 2
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            raise PatternError("invalid escape sequence: \\x") from None

    def _literal(self, wanted: str) -> Test:
        if self._fold:
            folded = wanted.casefold()
            return lambda c: c.casefold() == folded
        return lambda c: c == wanted

    def _class(self) -> Test:
        negated = self._take("^")
        tests: list[Test] = []
        while not self._take("]") or not tests:
            tests.append(self._member(first=not tests))
        if negated:
            return lambda c: not any(test(c) for test in tests)
        return lambda c: any(test(c) for test in tests)

    def _member(self, *, first: bool) -> Test:
        if self._take("[:"):
            name, closed, _ = self._pattern[self._at :].partition(":]")
            if not closed or name not in _POSIX:
                raise PatternError("invalid character class range")
            self._at += len(name) + 2
            return _POSIX[name]
        # A bracket that comes first has been taken for the end of the class.
        character = "]" if first and self._pattern[self._at - 1] == "]" else self._next()
        if character == "\\":
            character = self._next()
            if character.lower() in _CLASSES:
                return self._escape(character)
            character = self._escaped_literal(character)
        if self._peek() != "-" or self._pattern[self._at + 1 : self._at + 2] in ("", "]"):
            return self._literal(character)
        self._at += 1
        last = self._next()
        last = self._escaped_literal(self._next()) if last == "\\" else last
        if last < character:
            raise PatternError("invalid character class range")
        if self._fold:
            return lambda c: any(character <= form <= last for form in (c, c.lower(), c.upper()))
        return lambda c: character <= c <= last


def _moved(steps: list[Step], by: int) -> list[Step]:
    """The fragment, begun at another place. What takes a character goes on behind itself, wherever it is."""
    if by == 0:
        return steps
    return [
        step
        if step.test is not None
        else Step(None, step.place, step.then + by, step.other + by if step.other >= 0 else -1)
        for step in steps
    ]
