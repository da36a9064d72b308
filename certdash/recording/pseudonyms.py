"""Replaces the names that people gave: of namespaces, objects, users, hosts.

A name is replaced word by word, the same word by the same pseudonym wherever it stands: so whatever belongs together by
its name still does (a Pod and its ReplicaSet, a Service and the host in an error's text), and the diagnosis comes out
the same. What words are names is learnt from the fields that hold names, and from what stands in quotes or looks like
a host in messages. IP addresses inside the cluster stay.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from certdash.recording.vocabulary import WORD, is_common

SERVER: Final = "apiserver.invalid"

_NAMES: Final = frozenset(
    {
        *("name", "namespace", "generateName", "nodeName", "holderIdentity", "serviceAccountName", "externalName"),
        *("context", "cluster", "user", "server", "source", "impersonate", "stamped_username", "url", "image"),
        *("install_namespace", "probe_namespace", "probe_dns_name", "probe_issuer_name", "probe_issuer_group"),
    }
)
_NAMES_AS_VALUES: Final = frozenset(
    {"labels", "matchLabels", "annotations", "selector", "probe_labels", "probe_annotations", "args", "command"}
)
_MESSAGES: Final = frozenset({"message", "error", "transport_error", "void_reason", "reason", "causes", "warnings"})
# What the program itself reads, and what no name stands in.
_KEPT: Final = frozenset(
    {"caBundle", "kind", "apiVersion", "type", "phase", "probe", "operation", "status", "strategy", "uid", "imageID"}
)
_IN_MESSAGES: Final = re.compile(r""""([^"]*)"|'([^']*)'|([a-z0-9-]+(?:\.[a-z0-9-]+)+)""")
_HOST_LIKE: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class Pseudonyms:
    """The replacements of one recording. The same word gets the same pseudonym from the first to the last record."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._host = ""

    def replaced(self, plain: Any) -> Any:
        """The record, as plain JSON, with every name replaced."""
        for word in _names_in(plain, ""):
            self._known.setdefault(word, f"name{len(self._known) + 1}")
        if isinstance(plain, dict) and isinstance(target := plain.get("target"), dict):
            self._host = _host(str(target.get("server", ""))) or self._host
            plain = {**plain, "target": {**target, "source": "a kubeconfig"}}
        return self._rewritten(plain, "")

    def _rewritten(self, value: Any, key: str) -> Any:
        if isinstance(value, str):
            return value if key in _KEPT else self._text(value)
        if isinstance(value, list):
            return [self._rewritten(item, key) for item in value]
        if isinstance(value, dict):
            return {self._key(name): self._rewritten(item, name) for name, item in value.items()}
        return value

    def _key(self, key: str) -> str:
        return self._text(key) if "." in key or "/" in key else key

    def _text(self, text: str) -> str:
        if self._host and self._host in text:
            text = text.replace(self._host, SERVER)
        return WORD.sub(lambda found: self._known.get(found[0], found[0]), text)


def _host(server: str) -> str:
    try:
        return urlsplit(server).hostname or ""
    except ValueError:
        return ""


def _names_in(value: Any, key: str) -> Iterator[str]:
    """The words of all names in a record."""
    if isinstance(value, str):
        yield from _names_in_text(value, key)
    elif isinstance(value, list):
        for item in value:
            yield from _names_in(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            if "." in name or "/" in name:
                yield from _uncommon(name)
            yield from _names_in(item, key if key in _NAMES_AS_VALUES else name)


def _names_in_text(text: str, key: str) -> Iterator[str]:
    if key in _NAMES:
        yield from _uncommon(text)
    elif key in ("args", "command"):
        for host in _HOST_LIKE.findall(text):
            yield from _uncommon(host)
    elif key in _NAMES_AS_VALUES:
        yield from _uncommon(text)
    elif key in _MESSAGES:
        for parts in _IN_MESSAGES.findall(text):
            yield from (word for part in parts for word in _uncommon(part) if word.islower())


def _uncommon(text: str) -> Iterator[str]:
    return (word for word in WORD.findall(text) if not is_common(word))
