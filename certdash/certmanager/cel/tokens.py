"""Splits an expression into tokens, and reads literals."""

import re
from collections.abc import Iterator

from certdash.certmanager.cel.errors import CelSyntaxError

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


def tokens(source: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token, the last of kind `end`. Raises CelSyntaxError."""
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


def literal_number(text: str) -> int | float:
    """The value of a number token."""
    text = text.rstrip("u")
    if text.startswith("0x"):
        return int(text, 16)
    return float(text) if any(mark in text for mark in ".eE") else int(text)


def unquoted(text: str) -> str:
    """The value of a text token, raw or with escapes. Raises CelSyntaxError for an unknown escape."""
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
