"""The `oidc` auth-provider of a kubeconfig: an id token, renewed with a refresh token.

The rules are client-go's (plugin/pkg/client/auth/oidc/oidc.go): an id token is used until ten seconds before it
expires, then the issuer's token endpoint, found by OpenID Connect Discovery, gives another.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from certdash.kube.access import read_pem
from certdash.kube.client_package import aiohttp
from certdash.kube.credentials import SingleFlight
from certdash.kube.errors import AccessError
from certdash.kube.resolver import DaemonResolver
from certdash.kube.tls import make_ssl_context
from certdash.kube.token_rotation import replace_in_file
from certdash.kube.transport_text import describe
from certdash.model.instant import Instant

_EXPIRY_MARGIN = 10.0
_TIME_LIMIT = 15.0


class OidcCredentials:
    """An id token as bearer. A rotated refresh token is written back to `source`, the kubeconfig it came from,
    since the old one may be worthless and kubectl needs the new one too."""

    def __init__(
        self,
        config: Mapping[str, Any],
        source: Path | None,
        client_pair: tuple[bytes, bytes],
        clock: Callable[[], Instant],
    ) -> None:
        self._config = {str(key): str(value) for key, value in config.items() if value is not None}
        self._source = source
        self._client_pair = client_pair
        self._clock = clock
        self._id_token = self._config.get("id-token", "")
        self._refresh_token = self._config.get("refresh-token", "")
        self._renewal = SingleFlight(lambda: asyncio.ensure_future(self._renew()))

    async def prime(self) -> None:
        """Renew the id token when it has expired. Raises AccessError."""
        await self.authorization()

    async def authorization(self) -> str:
        """`Bearer` and the id token."""
        if not self._fresh():
            await self._renewal()
        return f"Bearer {self._id_token}"

    async def renew(self, refused: str) -> bool:
        """Only an expired token can be renewed; a fresh one that is refused would be refused again."""
        if f"Bearer {self._id_token}" != refused:
            return True
        if self._fresh():
            return False
        await self._renewal()
        return True

    async def close(self) -> None:
        """End a renewal that is under way."""
        await self._renewal.cancel()

    @property
    def client_pair(self) -> tuple[bytes, bytes]:
        """As the kubeconfig has it."""
        return self._client_pair

    def _fresh(self) -> bool:
        expires = _expiry(self._id_token)
        return expires is not None and self._clock().wall < expires - _EXPIRY_MARGIN

    async def _renew(self) -> None:
        issuer, client = self._config.get("idp-issuer-url", ""), self._config.get("client-id", "")
        if not issuer or not client:
            raise AccessError("the kubeconfig's oidc auth-provider lacks idp-issuer-url or client-id: log in anew")
        if not self._refresh_token:
            raise AccessError("the OIDC id token has expired and there is no refresh token: log in anew")
        endpoint = issuer.rstrip("/") + "/.well-known/openid-configuration"
        async with self._open() as session:
            discovered = await _fetch(session, "GET", endpoint, None, None)
            token_endpoint = discovered.get("token_endpoint")
            if not isinstance(token_endpoint, str) or not token_endpoint:
                raise AccessError(f"{issuer} names no token endpoint: is it an OpenID Connect issuer?")
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
            secret = self._config.get("client-secret", "")
            answer = await _fetch(session, "POST", token_endpoint, form, (client, secret))
        self._take(answer, issuer)

    def _take(self, answer: Mapping[str, Any], issuer: str) -> None:
        id_token, refresh_token = answer.get("id_token"), answer.get("refresh_token")
        if not isinstance(id_token, str) or not id_token:
            raise AccessError(f"{issuer} gave no id token: log in anew")
        changes = {self._id_token: id_token}
        if isinstance(refresh_token, str) and refresh_token and refresh_token != self._refresh_token:
            changes[self._refresh_token] = refresh_token
            if self._source is not None:
                replace_in_file(self._source, changes)
            self._refresh_token = refresh_token
        self._id_token = id_token

    def _open(self) -> "aiohttp.ClientSession":
        roots = read_pem(
            self._config.get("idp-certificate-authority-data"),
            self._config.get("idp-certificate-authority", ""),
            "OIDC issuer's certificate authority",
        )
        context = make_ssl_context(roots, b"", b"", insecure=False)
        return aiohttp.ClientSession(
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_TIME_LIMIT),
            connector=aiohttp.TCPConnector(ssl=context, resolver=DaemonResolver()),
        )


async def _fetch(
    session: "aiohttp.ClientSession", method: str, url: str, form: dict[str, str] | None, client: tuple[str, str] | None
) -> Mapping[str, Any]:
    headers = {"Accept": "application/json"}
    if client is not None:
        encoded = base64.b64encode(":".join(client).encode()).decode()
        headers["Authorization"] = f"Basic {encoded}"
    try:
        async with session.request(method, url, data=form, headers=headers) as response:
            status, text = response.status, await response.text(errors="replace")
            if status in (400, 401) and client is not None and form is not None and "client_id" not in form:
                # Some issuers want the client named in the form (RFC 6749 section 2.3.1 allows both).
                named = {**form, "client_id": client[0]} | ({"client_secret": client[1]} if client[1] else {})
                return await _fetch(session, method, url, named, None)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise AccessError(f"the OIDC issuer can't be asked: {describe(error, url)}") from None
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if status != 200 or not isinstance(document, dict):
        said = str(document.get("error_description") or document.get("error")) if isinstance(document, dict) else ""
        raise AccessError(f"the OIDC issuer answered HTTP {status} {said} to {url}: log in anew".replace("  ", " "))
    return document


def _expiry(token: str) -> float | None:
    """The `exp` claim in Unix seconds, None when the token is no JWT or names none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    expires = claims.get("exp") if isinstance(claims, dict) else None
    return float(expires) if isinstance(expires, int | float) else None
