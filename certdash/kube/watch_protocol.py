"""What a reflector asks for and how it reads the answers: queries, events, refusals. Pure.

Sources: the API concepts page of the Kubernetes documentation ("Efficient detection of changes", "Resource
versions", "Streaming lists"), client-go's tools/cache/reflector.go and tools/pager/pager.go.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import orjson

from certdash.kube.status_body import StatusBody, parse_status, read_status
from certdash.model.stream import StreamSpec

PAGE_SIZE = 500

Query: TypeAlias = tuple[tuple[str, str], ...]

_PARTIAL = "application/json;as={};g=meta.k8s.io;v=v1"
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


def list_accept(spec: StreamSpec) -> str:
    """The Accept header of a list. A Secret's is only ever its metadata: rather no answer than its data."""
    return _PARTIAL.format("PartialObjectMetadataList") if spec.metadata_only else "application/json"


def watch_accept(spec: StreamSpec) -> str:
    """The Accept header of a watch; the kind asked for differs from the list's (the wrong one is answered 406)."""
    return _PARTIAL.format("PartialObjectMetadata") if spec.metadata_only else "application/json"


def _selectors(spec: StreamSpec) -> Query:
    pairs = []
    if spec.name:
        # RBAC's resourceNames apply to a list or watch with this selector, and the server reads a single key.
        pairs.append(("fieldSelector", f"metadata.name={spec.name}"))
    if spec.label_selector:
        pairs.append(("labelSelector", spec.label_selector))
    return tuple(pairs)


def list_query(spec: StreamSpec, version: str, continue_token: str = "", *, paged: bool = True) -> Query:
    """A list not older than `version`: "0" whatever the server's cache holds, "" the newest, read in pages.

    A page after the first must not name a version (client-go: tools/pager/pager.go).
    """
    if continue_token:
        return (*_selectors(spec), ("limit", str(PAGE_SIZE)), ("continue", continue_token))
    if version:
        return (*_selectors(spec), ("resourceVersion", version))
    return (*_selectors(spec), ("limit", str(PAGE_SIZE))) if paged else _selectors(spec)


def watch_query(spec: StreamSpec, version: str, timeout_seconds: int) -> Query:
    """A watch that goes on after `version`. `timeout` would be ignored, `timeoutSeconds` is not."""
    return (
        *_selectors(spec),
        ("watch", "true"),
        ("allowWatchBookmarks", "true"),
        ("resourceVersion", version),
        ("timeoutSeconds", str(timeout_seconds)),
    )


def watch_list_query(spec: StreamSpec, version: str, timeout_seconds: int) -> Query:
    """A watch that begins with everything there is (KEP-3157); `version` as in `list_query`."""
    wanted = (("resourceVersion", version),) if version else ()
    return (
        *_selectors(spec),
        ("watch", "true"),
        ("sendInitialEvents", "true"),
        ("resourceVersionMatch", "NotOlderThan"),
        ("allowWatchBookmarks", "true"),
        *wanted,
        ("timeoutSeconds", str(timeout_seconds)),
    )


class EventType(Enum):
    """The types of a watch event; whatever else a server may send is OTHER."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"
    ERROR = "ERROR"
    OTHER = ""


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One line of a watch. `version` is the resourceVersion it carries, "" when it carries none."""

    type: EventType
    body: dict[str, Any]
    version: str = ""

    @property
    def ends_initial_events(self) -> bool:
        """Whether this is the bookmark that says: that was everything there is."""
        annotations = _dict(_dict(self.body.get("metadata")).get("annotations"))
        return self.type is EventType.BOOKMARK and annotations.get(_INITIAL_EVENTS_END) == "true"

    @property
    def refusal(self) -> "Refusal":
        """What an ERROR event says."""
        status = read_status(self.body)
        return Refusal(status.code or 500, status, status.retry_after)


class NotAWatchError(Exception):
    """A line is no watch event: whatever answers is no Kubernetes API server."""


def parse_event(line: bytes) -> WatchEvent:
    """Read one line. Raises NotAWatchError for anything that no API server sends."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise NotAWatchError("the answer is not a Kubernetes watch: a line of it is not JSON") from None
    if not isinstance(document, dict) or "type" not in document or not isinstance(document.get("object"), dict):
        raise NotAWatchError("the answer is not a Kubernetes watch: a line of it is not an event")
    try:
        kind = EventType(document["type"])
    except ValueError:
        kind = EventType.OTHER
    body = document["object"]
    return WatchEvent(kind, body, _version(body))


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list."""

    items: tuple[dict[str, Any], ...]
    version: str
    continue_token: str


def parse_list(body: bytes) -> ListPage:
    """Read a list's body. Raises NotAWatchError for anything that no API server sends."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotAWatchError("the answer is not a Kubernetes list: it is not JSON") from None
    items = document.get("items") if isinstance(document, dict) else None
    version = _version(document) if isinstance(document, dict) else ""
    # An empty list may come as null.
    if not isinstance(document, dict) or not isinstance(items or [], list) or not version:
        raise NotAWatchError("the answer is not a Kubernetes list: it has no items or no resourceVersion")
    token = _dict(document.get("metadata")).get("continue")
    return ListPage(
        items=tuple(item for item in items or [] if isinstance(item, dict)),
        version=version,
        continue_token=token if isinstance(token, str) else "",
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server said no, by HTTP status or by an ERROR event. `retry_after` in seconds, None when not told."""

    status: int
    body: StatusBody
    retry_after: float | None = None

    @property
    def expired(self) -> bool:
        """The version asked for is gone from the server's history."""
        return self.status == 410

    @property
    def version_too_large(self) -> bool:
        """This server has not yet seen the version that another one gave us."""
        return self.status == 504 and (
            "ResourceVersionTooLarge" in self.body.cause_reasons or "Too large resource version" in self.body.message
        )

    @property
    def text(self) -> str:
        """The server's own words, or the HTTP status when it had none."""
        return self.body.message or self.body.reason or f"HTTP {self.status}"


def read_refusal(status: int, body: bytes, retry_after: str | None) -> Refusal:
    """What an HTTP answer other than 200 says; `retry_after` is the header of that name."""
    parsed = parse_status(body)
    seconds = _seconds(retry_after)
    return Refusal(status, parsed, seconds if seconds is not None else parsed.retry_after)


def _seconds(text: str | None) -> float | None:
    # The API server sends seconds; the header's other form, a date, comes from proxies and is left to the back-off.
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def _version(body: dict[str, Any]) -> str:
    version = _dict(body.get("metadata")).get("resourceVersion")
    return version if isinstance(version, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
