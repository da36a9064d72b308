"""The literalSubject of a Certificate: a distinguished name in the notation of RFC 4514.

Read, and complained about, as github.com/go-ldap/ldap does, which cert-manager uses.
"""

import re
from collections.abc import Iterator

_KNOWN = frozenset({"C", "O", "OU", "CN", "SERIALNUMBER", "L", "ST", "STREET", "DC", "UID"})
_NUMBERED = re.compile(r"\d+(\.\d+)+")
_SPECIAL = ' "#+,;<=>\\'


def parse_subject(text: str) -> list[tuple[str, str]]:
    """The attributes and their values, in the order of the text. Raises ValueError."""
    if not text.strip():
        return []
    found = []
    for part, last in _parts(text):
        name, separator, value = part.partition("=")
        if not separator:
            raise ValueError("DN ended with incomplete type, value pair" if last else "incomplete type, value pair")
        found.append((_decoded(name), _decoded(value)))
    return found


def is_known_attribute(name: str) -> bool:
    """Whether it is a type that cert-manager knows by name, or is given as its number."""
    return name in _KNOWN or _NUMBERED.fullmatch(name) is not None


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text between separators, and whether it is the last."""
    begin, escaping = 0, False
    for index, character in enumerate(text):
        if escaping:
            escaping = False
        elif character == "\\":
            escaping = True
        elif character in ",+;":
            yield text[begin:index], False
            begin = index + 1
    yield text[begin:], True


def _decoded(text: str) -> str:
    stripped = text.strip(" ")
    made, index = "", 0
    while index < len(stripped):
        if stripped[index] != "\\":
            made += stripped[index]
            index += 1
            continue
        if index + 1 == len(stripped):
            raise ValueError(f"got corrupted escaped character: '{stripped}'")
        if stripped[index + 1] in _SPECIAL:
            made += stripped[index + 1]
            index += 2
            continue
        made += _from_hex(stripped[index + 1 : index + 3])
        index += 3
    return made


def _from_hex(digits: str) -> str:
    try:
        if len(digits) == 2:
            return bytes.fromhex(digits).decode("latin-1")
    except ValueError:
        pass
    wrong = next((digit for digit in digits if digit not in "0123456789abcdefABCDEF"), digits[:1])
    raise ValueError(f"failed to decode escaped character: encoding/hex: invalid byte: {wrong}")
