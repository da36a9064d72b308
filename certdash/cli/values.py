"""Parses the values of flags. Each raises ValueError in words that say what to write instead."""

import re
from dataclasses import dataclass

_DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def parse_boolean(text: str) -> bool:
    """A switch in the environment."""
    lowered = text.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def parse_count(text: str) -> int:
    """A whole number from 1 on."""
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or int(text) < 1:
        raise ValueError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def parse_port(text: str) -> int:
    """A TCP port."""
    if not re.fullmatch(r"[0-9]{1,5}", text.strip()) or not 1 <= int(text) <= 65535:
        raise ValueError(f"{text!r} is not a port: 1 to 65535")
    return int(text)


def parse_speed(text: str) -> float:
    """How many times as fast; 0.1 to 100."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", text.strip()) or not 0.1 <= float(text) <= 100:
        raise ValueError(f"{text!r} is not a speed: a number from 0.1 to 100")
    return float(text)


_SIZE = re.compile(r"([0-9]{1,9})\s*(B|[KMG]i?B?)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
SMALLEST_FILE = 1 << 20


def parse_size(text: str) -> int:
    """Bytes of `500KiB`, `64MiB` or `1GiB`; not less than 1 MiB."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a size: write 64MiB or 1GiB")
    size = int(found[1]) * _UNITS[(found[2] or "").lower()[:1]]
    if size < SMALLEST_FILE:
        raise ValueError(f"{text!r} is too small: 1MiB is the least")
    return size


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a recording: `wall` in Unix seconds, or else `offset` in seconds from the beginning."""

    offset: float = 0.0
    wall: float | None = None


def parse_moment(text: str) -> Moment:
    """`12m30s` from the beginning, or a time as RFC 3339 writes it; UTC when it names no zone."""
    from datetime import UTC, datetime

    from certdash.cli.durations import parse_duration

    if "-" not in text and ":" not in text:
        return Moment(offset=parse_duration(text))
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no moment: write 12m30s, or 2026-11-24T02:15:00Z") from None
    return Moment(wall=(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def parse_dns_name(text: str) -> str:
    """A name as the API server accepts it for namespaces and DNS names (RFC 1123)."""
    if len(text) > 253 or not _DNS_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a valid name: lower-case letters, digits, - and . only")
    return text


def parse_label(text: str) -> tuple[str, str]:
    """KEY=VALUE; the value may be empty."""
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise ValueError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value


def parse_issuer(text: str) -> tuple[str, str, str]:
    """[KIND[.GROUP]/]NAME as kind, name and group, the way kubectl writes TYPE.GROUP/NAME.

    The group stands with the kind because an issuer's name may contain dots itself.
    """
    head, separator, name = text.rpartition("/")
    kind, _, group = head.partition(".")
    if not name or (separator and not kind):
        raise ValueError(f"{text!r} is not [KIND[.GROUP]/]NAME, as in ClusterIssuer/letsencrypt")
    return kind or "Issuer", name, group or "cert-manager.io"


def parse_version(text: str) -> str:
    """A release of cert-manager, with or without the leading v; answered with it."""
    if not re.fullmatch(r"v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?", text):
        raise ValueError(f"{text!r} is not a version: write it as v1.21.1")
    return text if text.startswith("v") else f"v{text}"


def parse_goal(text: str) -> str:
    """What --for may ask."""
    if text not in ("install", "api", "issuance"):
        raise ValueError(f"{text!r} is not known: ask for install, api or issuance")
    return text
