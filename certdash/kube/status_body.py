"""Reads what the API server says when it refuses: a Status object, or just text."""

import html
import re
from dataclasses import dataclass
from typing import Any

import orjson

_LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class StatusBody:
    """The parts of a metav1.Status that matter; for any other body `is_status` is False and `message` its text.

    `causes` are (field, message) pairs, `cause_reasons` their reasons. `retry_after` in seconds.
    """

    is_status: bool = False
    code: int | None = None
    reason: str = ""
    message: str = ""
    causes: tuple[tuple[str, str], ...] = ()
    cause_reasons: tuple[str, ...] = ()
    details_kind: str = ""
    retry_after: float | None = None


def parse_status(body: bytes) -> StatusBody:
    """Read a response body. Never raises: what is no Status is text."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return StatusBody(message=_plain_text(body))
    if not isinstance(document, dict) or document.get("kind") != "Status":
        return StatusBody(message=_plain_text(body))
    return read_status(document)


def read_status(document: dict[str, Any]) -> StatusBody:
    """Read a parsed Status, whose fields may be of any type."""
    details = document.get("details")
    details = details if isinstance(details, dict) else {}
    listed = details.get("causes")
    causes = [cause for cause in listed if isinstance(cause, dict)] if isinstance(listed, list) else []
    code, retry_after = document.get("code"), details.get("retryAfterSeconds")
    return StatusBody(
        is_status=True,
        code=code if isinstance(code, int) else None,
        reason=_text(document.get("reason")),
        message=_text(document.get("message")),
        causes=tuple((_text(cause.get("field")), _text(cause.get("message"))) for cause in causes),
        cause_reasons=tuple(_text(cause.get("reason")) for cause in causes),
        details_kind=_text(details.get("kind")),
        retry_after=float(retry_after) if isinstance(retry_after, int | float) and retry_after > 0 else None,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _plain_text(body: bytes) -> str:
    text = body[: 4 * _LONGEST_TEXT].decode("utf-8", "replace").strip()
    if text[:1] == "<":
        # A proxy's error page: its title and headings say it, the rest is decoration.
        text = html.unescape(re.sub(r"(?s)<(script|style)\b.*?</\1\s*>|<[^>]*>", " ", text))
        text = " ".join(text.split())
    return text[:_LONGEST_TEXT]
