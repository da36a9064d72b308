"""The same request by kubectl and by certdash to one server that notes what arrives: credentials, names, identity."""

import asyncio
import json
import os
import ssl
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from certdash.kube.access import load_cluster_access
from certdash.kube.errors import AccessError, TransportError
from certdash.kube.options import ConnectionOptions
from certdash.kube.session import Session
from tests.unit.kube.certificates import Authority, Pair
from tests.unit.kube.fault_server import FaultServer, Reply, Request, fault_server


@dataclass
class Arrival:
    """What a request brought with it."""

    path: str
    authorization: str
    impersonation: list[tuple[str, str]]
    client_name: str
    server_name: str


@dataclass
class KubectlComparison:
    """A folder for kubeconfigs, a server that notes what arrives, and an authority that both sides know."""

    folder: Path
    kubectl: Path
    authority: Authority
    client: Pair
    server: FaultServer
    server_names: list[str] = field(default_factory=list)
    complaint: bytes = b""
    own_complaint: str = ""

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def cluster(self, **more: Any) -> dict[str, Any]:
        (self.folder / "ca.crt").write_bytes(self.authority.pem)
        return {"server": self.server.url, "certificate-authority": str(self.folder / "ca.crt"), **more}

    def config(self, name: str, user: Mapping[str, Any], *, context: str = "c", **cluster: Any) -> Path:
        """One context of one cluster and one user."""
        return self.write(
            name,
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": context,
                    "contexts": [{"name": context, "context": {"cluster": "k", "user": "u"}}],
                    "clusters": [{"name": "k", "cluster": {**self.cluster(), **cluster}}],
                    "users": [{"name": "u", "user": dict(user)}],
                }
            ),
        )

    def plugin(self, status: Mapping[str, Any], version: str = "v1", **more: Any) -> dict[str, Any]:
        """An exec entry whose plugin prints `status`, and keeps what it was told in exec-info."""
        api_version = f"client.authentication.k8s.io/{version}"
        answer = json.dumps({"apiVersion": api_version, "kind": "ExecCredential", "status": dict(status)})
        (self.folder / "answer.json").write_text(answer)
        script = self.write(
            "plugin",
            f'#!/bin/sh\nprintf "%s" "$KUBERNETES_EXEC_INFO" > "{self.folder}/exec-info"\n'
            f'echo "$ADDED" > "{self.folder}/added"\ncat "{self.folder}/answer.json"\n',
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return {"apiVersion": api_version, "command": str(script), "interactiveMode": "IfAvailable", **more}

    def with_server(self, server: FaultServer) -> "KubectlComparison":
        """The same folder and authority, but another server."""
        return KubectlComparison(self.folder, self.kubectl, self.authority, self.client, server)

    async def by_kubectl(self, environ: Mapping[str, str], flags: list[str]) -> Arrival | None:
        process = await asyncio.create_subprocess_exec(
            self.kubectl,
            *flags,
            "get",
            "--raw",
            "/version",
            env=dict(environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, self.complaint = await process.communicate()
        return self._taken()

    async def by_certdash(self, environ: Mapping[str, str], flags: list[str]) -> Arrival | None:
        try:
            access = load_cluster_access(_options(flags), environ)
            session = Session(access, "certdash/test", environ=environ)
            try:
                await session.open()
                await session.request("GET", "/version", timeout=5)
            finally:
                await session.close()
        except (AccessError, TransportError) as error:
            self.own_complaint = str(error)
        return self._taken()

    def _taken(self) -> Arrival | None:
        if not self.server.requests:
            return None
        last = self.server.requests[-1]
        arrival = Arrival(
            path=last.path,
            authorization=last.headers.get("authorization", ""),
            impersonation=sorted(
                (name.lower(), value) for name, value in last.header_pairs if name.lower().startswith("impersonate-")
            ),
            client_name=last.client_name,
            server_name=self.server_names[-1] if self.server_names else "",
        )
        self.server.requests.clear()
        self.server_names.clear()
        return arrival

    async def both(self, *flags: str, environ: Mapping[str, str] | None = None) -> Arrival | None:
        """Send it both ways and return what both sent."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "nobody"),
            **(environ or {}),
        }
        expected = await self.by_kubectl(environment, list(flags))
        found = await self.by_certdash(environment, list(flags))
        assert found == expected, f"{flags}: kubectl: {self.complaint.decode()} certdash: {self.own_complaint}"
        return found


def _options(flags: list[str]) -> ConnectionOptions:
    options = ConnectionOptions()
    for flag in flags:
        name, _, value = flag.removeprefix("--").partition("=")
        field_name = {"as": "as_user", "as-group": "as_groups"}.get(name, name.replace("-", "_"))
        old = getattr(options, field_name)
        new: Any = True if isinstance(old, bool) else (*old, value) if isinstance(old, tuple) else value
        options = replace(options, **{field_name: new})
    return options


@asynccontextmanager
async def comparison_in(folder: Path, kubectl: Path) -> AsyncIterator[KubectlComparison]:
    """A comparison whose server runs as long as the context is open."""
    authority = Authority()
    context = authority.serve(folder, authority.issue("server", "127.0.0.1", "api.test"), want_client=True)
    names: list[str] = []

    def note(_: Any, name: str | None, __: ssl.SSLContext) -> None:
        names.append(name or "")

    context.sni_callback = note

    async def handler(_: Request, reply: Reply) -> None:
        await reply.json({"gitVersion": "v1.36.2"})

    async with fault_server(handler, context) as server:
        yield KubectlComparison(folder, kubectl, authority, authority.issue("client"), server, names)
