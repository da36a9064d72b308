"""An HTTP answer, free of the client package's classes."""

from collections.abc import Iterable
from dataclasses import dataclass


class Headers:
    """Response headers; names are matched without regard to case, repeated ones are kept."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def get(self, name: str) -> str | None:
        """The first value, None when there is none."""
        values = self._values.get(name.lower())
        return values[0] if values else None

    def get_all(self, name: str) -> tuple[str, ...]:
        """All values in order."""
        return tuple(self._values.get(name.lower(), ()))


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer; `latency` in seconds, from the first attempt's start to the last byte."""

    status: int
    headers: Headers
    body: bytes
    latency: float
