"""What the demo cluster's process and the one that started it say to each other: one line of JSON each.

From the child: `Ready` once, an `Answer` to every order, and `News` in between. From the parent: `Order`s.
"""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ready:
    """The cluster is up."""

    kubeconfig: str
    server: str
    context: str


@dataclass(frozen=True, slots=True)
class Order:
    """A verb to perform; `heal` alone heals everything, with a verb and its arguments what that call broke."""

    id: int
    verb: str
    arguments: tuple[str, ...] = ()

    def line(self) -> bytes:
        """For the child's standard input."""
        return _line({"id": self.id, "verb": self.verb, "arguments": list(self.arguments)})


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of an order: `error` is "" or one line. `text` is what the verb answered, e.g. a kubeconfig's path."""

    id: int
    error: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What is broken now, as the calls that broke it, and what the running script does."""

    broken: tuple[str, ...] = ()
    story: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The cluster could not be started; one line."""

    error: str


Message = Ready | Answer | News | Failed


def message_line(message: Message) -> bytes:
    """For the parent."""
    fields = {name: _plain(getattr(message, name)) for name in message.__dataclass_fields__}
    return _line({type(message).__name__.lower(): fields})


def read_message(line: bytes) -> Message:
    """The other way. Raises ValueError for what is none of them."""
    document = json.loads(line)
    for kind in (Ready, Answer, News, Failed):
        fields = document.get(kind.__name__.lower()) if isinstance(document, dict) else None
        if isinstance(fields, dict) and set(fields) == set(kind.__dataclass_fields__):
            known = {key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()}
            made: Message = kind(**known)  # type: ignore[arg-type]
            return made
    raise ValueError(f"no message: {line[:60]!r}")


def read_order(line: bytes) -> Order:
    """An order. Raises ValueError."""
    document = json.loads(line)
    if not isinstance(document, dict) or not isinstance(document.get("verb"), str):
        raise ValueError("no order")
    return Order(int(document["id"]), document["verb"], tuple(str(item) for item in document.get("arguments") or ()))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _line(document: Any) -> bytes:
    return json.dumps(document).encode() + b"\n"
