"""Asks the API server what a create would do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from certdash.kube.errors import TransportError
from certdash.kube.response import Headers, Response
from certdash.kube.session import Session
from certdash.kube.status_body import StatusBody, parse_status

FIELD_MANAGER = "certdash"

_SEGMENT = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
# A collection and nothing behind it: no subresource, no query, nothing to decode.
_COLLECTION = re.compile(rf"/(?:api/v1|apis/{_SEGMENT}/{_SEGMENT})(?:/namespaces/{_SEGMENT})?/{_SEGMENT}")
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
# The server answers this much before we give up, so that its explanation arrives.
_HEAD_START = 3.0


@dataclass(frozen=True, slots=True)
class CreateAnswer:
    """What the API server (or the transport) said to one dry-run create.

    `status` is None when no answer came; then `transport_error` says why. `message`, `reason` and `causes` (field,
    message) come from a Status body; for any other refusal `message` is its text. `body` is the parsed answer.
    `latency` and `retry_after` in seconds. `date_offset` is the server's Date minus our clock in seconds, good to
    half a second, None without a Date.
    """

    status: int | None
    latency: float
    is_status: bool = False
    reason: str = ""
    message: str = ""
    causes: tuple[tuple[str, str], ...] = ()
    details_kind: str = ""
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    transport_error: str = ""
    timed_out: bool = False
    retry_after: float | None = None
    warnings: tuple[str, ...] = ()
    audit_id: str = ""
    date_offset: float | None = None


class DryRunner:
    """The one way by which certdash sends a create that must change nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def create(
        self, path: str, body: Mapping[str, Any], *, timeout: float, fresh_connection: bool = False
    ) -> CreateAnswer:
        """Send `body` to the collection at `path` with dryRun=All; `timeout` in seconds is our own patience.

        Never raises for what the server or the network does. Raises ValueError for a path that is not a plain
        collection: nothing in it may compete with the query that makes this a dry run.
        """
        if not _COLLECTION.fullmatch(path):
            raise ValueError(f"{path!r} is not the path of a collection")
        query = (
            ("dryRun", "All"),
            ("fieldValidation", "Ignore"),
            ("fieldManager", FIELD_MANAGER),
            ("timeout", _go_duration(max(timeout - _HEAD_START, timeout / 2))),
        )
        begun = self._session.now()
        try:
            response = await self._session.request(
                "POST",
                path,
                query=query,
                body=orjson.dumps(dict(body)),
                timeout=timeout,
                fresh_connection=fresh_connection,
            )
        except TransportError as error:
            latency = self._session.now().seconds_since(begun)
            return CreateAnswer(None, latency, transport_error=str(error), timed_out=error.timed_out)
        return _read_answer(response, begun.wall + response.latency / 2)


def _read_answer(response: Response, answered_at: float) -> CreateAnswer:
    status = StatusBody() if response.status in (200, 201) else parse_status(response.body)
    return CreateAnswer(
        status=response.status,
        latency=response.latency,
        is_status=status.is_status,
        reason=status.reason,
        message=status.message,
        causes=status.causes,
        details_kind=status.details_kind,
        body=_parsed(response.body),
        retry_after=_retry_after(response.headers, status),
        warnings=_warnings(response.headers),
        audit_id=response.headers.get("Audit-Id") or "",
        date_offset=_date_offset(response.headers, answered_at),
    )


def _parsed(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _retry_after(headers: Headers, status: StatusBody) -> float | None:
    text = headers.get("Retry-After")
    return float(text) if text is not None and text.isascii() and text.isdigit() else status.retry_after


def _warnings(headers: Headers) -> tuple[str, ...]:
    """The texts of `Warning: 299 - "text"` headers; one header may hold several."""
    found = (match for value in headers.get_all("Warning") for match in _WARNING.findall(value))
    return tuple(re.sub(r"\\(.)", r"\1", text) for text in found)


def _date_offset(headers: Headers, answered_at: float) -> float | None:
    try:
        # The header is cut to whole seconds: on average it is half of one old.
        return parsedate_to_datetime(headers.get("Date") or "").timestamp() + 0.5 - answered_at
    except (ValueError, TypeError):
        return None


def _go_duration(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"
