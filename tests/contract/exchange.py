"""What is asked, as data: one request is a step, and steps that belong together are a script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

NAMESPACE = "contract"
JSON = "application/json"

Object = dict[str, Any]

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Step:
    """One request. `${made.metadata.name}` in path, query and body is read from the answer that was kept as `made`.

    `user` names an identity of `identities`. `view` names the part of the answer's body that is compared
    (`views`), or is "nothing".
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    content_type: str = JSON
    accept: str = JSON
    user: str = "admin"
    view: str = "whole"
    keep: str = ""

    def by(self, user: str) -> "Step":
        """The same, asked by somebody else."""
        return replace(self, user=user)

    def kept(self, name: str) -> "Step":
        """The same; later steps may refer to the answer by this name."""
        return replace(self, keep=name)

    def seen(self, view: str) -> "Step":
        """The same; only this part of the body is compared."""
        return replace(self, view=view)

    def accepting(self, accept: str) -> "Step":
        """The same with another Accept header."""
        return replace(self, accept=accept)

    @property
    def watches(self) -> bool:
        """Whether the answer is a stream of events."""
        return ("watch", "true") in self.query

    @property
    def title(self) -> str:
        """What a transcript is found again by; the body is left out."""
        query = "?" + urlencode(self.query, safe="${}.,=:/") if self.query else ""
        notes = [self.user] if self.user != "admin" else []
        notes += [self.content_type] if self.body is not None and self.content_type != JSON else []
        notes += [f"accept {self.accept}"] if self.accept != JSON else []
        return f"{self.method} {self.path}{query}" + (f" ({', '.join(notes)})" if notes else "")


@dataclass(frozen=True, slots=True)
class Script:
    """Steps in their order. What they create is deleted at the end."""

    name: str
    steps: tuple[Step, ...]


def script(name: str, *steps: Step) -> Script:
    """A script of these steps."""
    return Script(name, steps)


def get(path: str, **query: str) -> Step:
    """GET, with the query's parameters in this order."""
    return Step("GET", path, tuple(query.items()))


def watch(path: str, **query: str) -> Step:
    """A watch of one second."""
    return Step("GET", path, (("watch", "true"), *query.items(), ("timeoutSeconds", "1")))


def post(path: str, body: Any, **query: str) -> Step:
    """POST of JSON."""
    return Step("POST", path, tuple(query.items()), body)


def put(path: str, body: Any, **query: str) -> Step:
    """PUT of JSON."""
    return Step("PUT", path, tuple(query.items()), body)


def patch(path: str, body: Any, kind: str = "merge-patch+json", **query: str) -> Step:
    """PATCH of the kind: merge-patch+json, json-patch+json, strategic-merge-patch+json, apply-patch+yaml."""
    return Step("PATCH", path, tuple(query.items()), body, f"application/{kind}")


def delete(path: str, body: Any = None, **query: str) -> Step:
    """DELETE, with DeleteOptions as its body when they are given."""
    return Step("DELETE", path, tuple(query.items()), body)


@dataclass(slots=True)
class Memory:
    """The answers that later steps refer to."""

    kept: dict[str, Object] = field(default_factory=dict)

    def fill(self, value: Any) -> Any:
        """`value` with every placeholder replaced. Raises KeyError for an answer that is not there."""
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda match: str(self._look_up(match[1])), value)
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return [self.fill(item) for item in value]
        return value

    def _look_up(self, path: str) -> Any:
        name, *keys = path.split(".")
        value: Any = self.kept[name]
        for key in keys:
            value = value[int(key)] if isinstance(value, list) else value[key]
        return value
