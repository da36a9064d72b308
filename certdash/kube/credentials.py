"""What a request is authorized with, and how that is renewed."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from certdash.kube.access import ClusterAccess
from certdash.kube.errors import AccessError
from certdash.model.instant import Instant

# client-go: transport/token_source.go reads a token file anew every minute.
_TOKEN_FILE_PERIOD = 60.0


class Credentials(Protocol):
    """How one cluster knows us. All methods may be called by many requests at once."""

    async def prime(self) -> None:
        """Run what must run before the first request, so that errors show early. Raises AccessError."""
        ...

    async def authorization(self) -> str:
        """The Authorization header's value, "" for none; renewed first when it is about to expire.

        Raises AccessError when it can't be had.
        """
        ...

    async def renew(self, refused: str) -> bool:
        """The server answered 401 to this value: renew it, once for all who ask. True: try again.

        Raises AccessError when renewing fails.
        """
        ...

    async def close(self) -> None:
        """End a renewal that is under way."""
        ...

    @property
    def client_pair(self) -> tuple[bytes, bytes]:
        """Client certificate and key as PEM, empty for none. It may change with a renewal."""
        ...


class FixedCredentials:
    """A token, a name and password or a client certificate that nothing can renew."""

    def __init__(self, authorization: str, client_pair: tuple[bytes, bytes]) -> None:
        self._authorization = authorization
        self._client_pair = client_pair

    async def prime(self) -> None:
        """Nothing to do."""

    async def authorization(self) -> str:
        """The header's value."""
        return self._authorization

    async def renew(self, refused: str) -> bool:  # noqa: ARG002 - there is nothing else to offer
        """Never helps."""
        return False

    async def close(self) -> None:
        """Nothing is ever under way."""

    @property
    def client_pair(self) -> tuple[bytes, bytes]:
        """As the kubeconfig has it."""
        return self._client_pair


class TokenFileCredentials:
    """A token in a file that somebody else keeps fresh, a pod's service account for one.

    `fallback` is used while the file can't be read (client-go: transport/round_trippers.go).
    """

    def __init__(
        self, path: str, fallback: str, client_pair: tuple[bytes, bytes], clock: Callable[[], Instant]
    ) -> None:
        self._path = Path(path)
        self._token = fallback
        self._client_pair = client_pair
        self._clock = clock
        self._read_at: Instant | None = None

    async def prime(self) -> None:
        """Read the file. Raises AccessError when it can't be read and there is no token to fall back to."""
        self._read()

    async def authorization(self) -> str:
        """The token, read anew once a minute."""
        now = self._clock()
        if self._read_at is None or now.seconds_since(self._read_at) >= _TOKEN_FILE_PERIOD:
            self._read()
        return f"Bearer {self._token}"

    async def renew(self, refused: str) -> bool:
        """Read the file: it may have been rotated since."""
        self._read()
        return f"Bearer {self._token}" != refused

    async def close(self) -> None:
        """Nothing is ever under way."""

    @property
    def client_pair(self) -> tuple[bytes, bytes]:
        """As the kubeconfig has it."""
        return self._client_pair

    def _read(self) -> None:
        self._read_at = self._clock()
        try:
            token = self._path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            token = ""
            reason = getattr(error, "strerror", None) or "it is not text"
        else:
            reason = "it is empty"
        self._token = token or self._token
        if not self._token:
            raise AccessError(f"the token file {self._path} can't be used: {reason}")


class SingleFlight:
    """Runs a renewal once for all who wait for it; one waiter's cancellation does not end it for the others."""

    def __init__(self, run: Callable[[], "asyncio.Future[None]"]) -> None:
        self._run = run
        self._running: asyncio.Future[None] | None = None

    async def __call__(self) -> None:
        """Join the run in flight, or start one. Raises what it raises."""
        if self._running is None or self._running.done():
            self._running = self._run()
            # Nobody may be left to see its failure; then it must not be reported as never retrieved.
            self._running.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(self._running)

    async def cancel(self) -> None:
        """Stop the run in flight."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            await asyncio.wait([self._running], timeout=0.5)


def make_credentials(access: ClusterAccess, environ: Mapping[str, str], clock: Callable[[], Instant]) -> Credentials:
    """The credentials that kubectl would use for this access.

    Over plain http it sends none (client-go: clientcmd/client_config.go reads them only for TLS). A token or a
    client certificate keeps an exec plugin from being run.
    """
    if access.primed is not None:
        return access.primed
    if not access.target.server.startswith("https:"):
        return FixedCredentials("", (b"", b""))
    pair = (access.client_certificate, access.client_key)
    if access.token_file:
        return TokenFileCredentials(access.token_file, access.token, pair, clock)
    if access.token:
        return FixedCredentials(f"Bearer {access.token}", pair)
    if access.basic_auth is not None:
        encoded = base64.b64encode(":".join(access.basic_auth).encode()).decode()
        return FixedCredentials(f"Basic {encoded}", pair)
    if access.exec_spec is not None and not access.client_certificate:
        from certdash.kube.exec_plugin import ExecCredentials

        return ExecCredentials(access, environ, clock)
    if access.oidc is not None:
        from certdash.kube.oidc import OidcCredentials

        return OidcCredentials(access.oidc, access.oidc_source, pair, clock)
    return FixedCredentials("", pair)


async def prime_access(
    access: ClusterAccess, environ: Mapping[str, str], clock: Callable[[], Instant]
) -> ClusterAccess:
    """The same access with its credentials got, so that a session neither runs a plugin nor spends a refresh token
    again. It may be used in another event loop. Raises AccessError."""
    credentials = make_credentials(access, environ, clock)
    await credentials.prime()
    return replace(access, primed=credentials)
