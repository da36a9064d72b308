"""Reads from the API server, and can do nothing else."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from certdash.kube.line_stream import LineStream
from certdash.kube.response import Response
from certdash.kube.session import Session

METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""Accept header for one object without its content: a Secret's data then never reaches this process."""


class Reader:
    """GET requests and watches over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(
        self, path: str, query: Sequence[tuple[str, str]] = (), *, accept: str = "", timeout: float
    ) -> Response:
        """One GET, whatever its status. `timeout` in seconds. Raises TransportError."""
        return await self._session.request("GET", path, query=query, headers=_headers(accept), timeout=timeout)

    def watch(
        self,
        path: str,
        query: Sequence[tuple[str, str]],
        *,
        accept: str = "",
        head_timeout: float,
        idle_timeout: float,
    ) -> AbstractAsyncContextManager[LineStream]:
        """A GET whose body goes on; see Session.stream. Raises TransportError."""
        return self._session.stream(
            path, query=query, headers=_headers(accept), head_timeout=head_timeout, idle_timeout=idle_timeout
        )


def _headers(accept: str) -> dict[str, str]:
    return {"Accept": accept} if accept else {}
