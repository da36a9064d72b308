"""Takes out of any text what nobody but its owner may know: tokens, passwords, private keys.

The fields that may hold such things are not kept in the first place (see certmanager.reduce); this is for what somebody
put where it does not belong: a token in a container's arguments, a key pasted into a caBundle, a URL with a password.
"""

import base64
import binascii
import re
from typing import Any, Final

REMOVED: Final = "(removed)"

_WORDS: Final = "token|passw(?:or)?d|secret|api[-_]?key|access[-_]?key|credentials?"
_SECRET = re.compile(
    rf"""
    (?P<jwt>\beyJ[\w-]{{8,}}\.[\w-]{{8,}}(?:\.[\w-]*)?)
    | (?P<pem>-----BEGIN[ A-Z0-9]*PRIVATE\ KEY-----.*?(?:-----END[ A-Z0-9]*PRIVATE\ KEY-----|\Z))
    | (?P<scheme>\b(?:bearer|basic)\s+)(?=[^\s]*\d)[\w.~+/=-]{{12,}}
    | (?P<url>://)(?!\(removed)[^\s/@"']+@
    | (?P<named>(?:{_WORDS})(?:["']?=["']?|["']\s*:\s*["'])
        |passw(?:or)?d:\s+|--[\w-]*(?:{_WORDS})\s+)
      (?!\$\(|\(removed)(?=[^\s"',}}\]]*[\w/+-]{{6}})[^\s"',}}\]]+
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_FLAG = re.compile(rf"--?[\w-]*(?:{_WORDS})", re.IGNORECASE)
# Base64 of "-----BEGIN".
_PEM_IN_BASE64 = "LS0tLS1CRUdJT"
_BASE64_RUN = re.compile(rf"{_PEM_IN_BASE64}[A-Za-z0-9+/]+={{0,2}}")


def scrubbed(value: Any) -> Any:
    """The value with every text in it scrubbed; keys stay."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list):
        return [REMOVED if _follows_flag(value, index) else scrubbed(item) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: scrubbed(item) for key, item in value.items()}
    return value


def _follows_flag(items: list[Any], index: int) -> bool:
    """Whether the item is the value of a container's argument before it, as in `--token`, `abc`."""
    before, item = items[index - 1] if index else None, items[index]
    if not isinstance(before, str) or not isinstance(item, str) or item.startswith(("-", "$(")):
        return False
    return _FLAG.fullmatch(before) is not None


def scrub(text: str) -> str:
    """The text without tokens, passwords and private keys."""
    if len(text) < 12:
        return text
    if _PEM_IN_BASE64 in text:
        text = _BASE64_RUN.sub(_scrub_base64, text)
    return _SECRET.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    if found["url"]:
        return f"://{REMOVED}@"
    return (found["scheme"] or found["named"] or "") + REMOVED


def _scrub_base64(found: re.Match[str]) -> str:
    """Certificates stay, private keys beside them go."""
    try:
        inner = base64.b64decode(found[0], validate=True).decode("ascii", "replace")
    except (binascii.Error, ValueError):
        return found[0]
    clean = _SECRET.sub(_replacement, inner)
    return found[0] if clean == inner else base64.b64encode(clean.encode()).decode()
