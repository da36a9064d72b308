"""One request to the embedded API server and its answer, whoever carried them."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from certdash.demo.api.objects import Object


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    name: str
    groups: tuple[str, ...] = ("system:authenticated",)
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ADMIN = User("kubernetes-admin", ("system:masters", "system:authenticated"))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


@dataclass(frozen=True, slots=True)
class Request:
    """`query` keeps the order and repeats of the URL; `headers` have lower-case names."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: User = ADMIN

    def parameter(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer: `body` is JSON when `text` is None. `bare`: written where most headers are not yet set."""

    code: int
    body: Object | None = None
    text: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    bare: bool = False


@dataclass(frozen=True, slots=True)
class StreamResponse:
    """An answer that goes on: a watch's lines of JSON, or a followed log. Whoever takes it closes `chunks`."""

    chunks: AsyncGenerator[bytes, None]
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
