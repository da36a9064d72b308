"""The oidc auth-provider against an issuer of our own."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from certdash.kube.errors import AccessError
from certdash.kube.oidc import OidcCredentials
from certdash.kube.token_rotation import replace_in_file
from certdash.model.instant import Instant
from tests.unit.kube.certificates import Authority
from tests.unit.kube.fault_server import FaultServer, Reply, Request, fault_server

NOW = 1_700_000_000.0


def clock() -> Instant:
    return Instant(0.0, NOW)


def token(expires: float, name: str = "x") -> str:
    def encode(document: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    return ".".join((encode({"alg": "none"}), encode({"exp": expires, "sub": name}), "signature"))


OLD, NEW = token(NOW - 60, "old"), token(NOW + 600, "new")


@dataclass
class Issuer:
    """Answers refresh requests with `answer`; `only_form` refuses clients that use basic authentication."""

    authority: Authority
    answer: dict[str, Any] = field(default_factory=lambda: {"id_token": NEW})
    status: int = 200
    only_form: bool = False
    server: FaultServer | None = None

    async def handle(self, request: Request, reply: Reply) -> None:
        assert self.server is not None
        if request.path == "/realm/.well-known/openid-configuration":
            await reply.json({"token_endpoint": f"{self.server.url}/token"})
        elif self.only_form and "authorization" in request.headers:
            await reply.json({"error": "invalid_client"}, 401)
        else:
            await reply.json(self.answer, self.status)

    def credentials(self, changes: dict[str, str] | None = None, source: Path | None = None) -> OidcCredentials:
        assert self.server is not None
        config = {
            "idp-issuer-url": f"{self.server.url}/realm",
            "client-id": "me",
            "client-secret": "hush",
            "id-token": OLD,
            "refresh-token": "refresh-1",
            "idp-certificate-authority-data": base64.b64encode(self.authority.pem).decode(),
            **(changes or {}),
        }
        return OidcCredentials(config, source, (b"", b""), clock)


@asynccontextmanager
async def issuing(folder: Path, **more: Any) -> AsyncIterator[Issuer]:
    authority = Authority()
    issuer = Issuer(authority, **more)
    tls = authority.serve(folder, authority.issue("issuer", "127.0.0.1"))
    async with fault_server(issuer.handle, tls) as server:
        issuer.server = server
        yield issuer


async def test_a_good_token_is_used_as_it_is(tmp_path: Path) -> None:
    async with issuing(tmp_path) as issuer:
        assert issuer.server is not None
        made = issuer.credentials({"id-token": NEW})
        await made.prime()
        assert await made.authorization() == f"Bearer {NEW}"
        assert not await made.renew(f"Bearer {NEW}")
        assert issuer.server.requests == []


async def test_an_expired_token_is_renewed(tmp_path: Path) -> None:
    async with issuing(tmp_path) as issuer:
        assert issuer.server is not None
        made = issuer.credentials()
        await made.prime()
        assert await made.authorization() == f"Bearer {NEW}"
        form = issuer.server.requests[-1]
        assert form.body == b"grant_type=refresh_token&refresh_token=refresh-1"
        assert form.headers["authorization"] == "Basic " + base64.b64encode(b"me:hush").decode()


async def test_an_issuer_that_wants_the_client_in_the_form(tmp_path: Path) -> None:
    async with issuing(tmp_path, only_form=True) as issuer:
        assert issuer.server is not None
        await issuer.credentials().prime()
        assert b"client_id=me&client_secret=hush" in issuer.server.requests[-1].body


async def test_a_rotated_refresh_token_reaches_the_kubeconfig(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(f"# mine\nusers:\n- name: u\n  id-token: {OLD}\n  refresh-token: refresh-1 # keep\n")
    path.chmod(0o600)
    async with issuing(tmp_path, answer={"id_token": NEW, "refresh_token": "refresh-2"}) as issuer:
        await issuer.credentials(source=path).prime()
    assert path.read_text() == f"# mine\nusers:\n- name: u\n  id-token: {NEW}\n  refresh-token: refresh-2 # keep\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "config.lock").exists()


async def test_a_kubeconfig_that_kubectl_holds_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("refresh-1")
    (tmp_path / "config.lock").touch()
    assert not replace_in_file(path, {"refresh-1": "refresh-2"})
    assert path.read_text() == "refresh-1"


async def complaint(made: OidcCredentials) -> str:
    with pytest.raises(AccessError) as caught:
        await made.prime()
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_what_can_not_be_renewed(tmp_path: Path) -> None:
    async with issuing(tmp_path, status=400, answer={"error": "invalid_grant"}) as issuer:
        assert "no refresh token: log in anew" in await complaint(issuer.credentials({"refresh-token": ""}))
        assert "lacks idp-issuer-url or client-id" in await complaint(issuer.credentials({"client-id": ""}))
        assert "HTTP 400 invalid_grant" in await complaint(issuer.credentials())
        issuer.status, issuer.answer = 200, {"access_token": "x"}
        assert "gave no id token" in await complaint(issuer.credentials())
        gone = issuer.credentials()
    assert "connection refused" in await complaint(gone)
