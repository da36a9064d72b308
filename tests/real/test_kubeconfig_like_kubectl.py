"""The same kubeconfig leads kubectl and certdash to the same server, with the same credentials.

Both send one request to a server that notes what arrives: authorization, impersonation, client certificate, server
name. Where kubectl refuses a kubeconfig, certdash has to refuse it too.
"""

import asyncio
import base64
import json
import os
import ssl
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from certdash.kube.access import load_cluster_access
from certdash.kube.errors import AccessError, TransportError
from certdash.kube.options import ConnectionOptions
from certdash.kube.session import Session
from tests.unit.kube.certificates import Authority, Pair
from tests.unit.kube.fault_server import FaultServer, Reply, Request, fault_server

pytestmark = pytest.mark.real


@dataclass
class Arrival:
    """What a request brought with it."""

    path: str
    authorization: str
    impersonation: list[tuple[str, str]]
    client_name: str
    server_name: str


@dataclass
class Ground:
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
async def _ground(folder: Path, kubectl: Path) -> AsyncIterator[Ground]:
    authority = Authority()
    context = authority.serve(folder, authority.issue("server", "127.0.0.1", "api.test"), want_client=True)
    names: list[str] = []

    def note(_: Any, name: str | None, __: ssl.SSLContext) -> None:
        names.append(name or "")

    context.sni_callback = note

    async def handler(_: Request, reply: Reply) -> None:
        await reply.json({"gitVersion": "v1.36.2"})

    async with fault_server(handler, context) as server:
        yield Ground(folder, kubectl, authority, authority.issue("client"), server, names)


@pytest.fixture
async def ground(tmp_path: Path, binaries: Path) -> AsyncIterator[Ground]:
    kubectl = next(path for path in (binaries / "kubectl", binaries / "bin" / "kubectl") if path.exists())
    async with _ground(tmp_path, kubectl) as made:
        yield made


async def test_a_token(ground: Ground) -> None:
    path = ground.config("config", {"token": "T"})
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.authorization == "Bearer T"


async def test_of_several_files_the_first_counts(ground: Ground) -> None:
    first = ground.config("first", {"token": "first"}, context="one")
    second = ground.config("second", {"token": "second"}, context="two")
    empty = ground.write("empty", "")
    listed = f"{ground.folder}/missing:{empty}:{first}:{second}:{first}"
    arrival = await ground.both(environ={"KUBECONFIG": listed})
    assert arrival is not None
    assert arrival.authorization == "Bearer first"
    await ground.both("--context=two", environ={"KUBECONFIG": listed})
    await ground.both("--context=two", environ={"KUBECONFIG": f"{second}:{first}"})


async def test_entries_may_come_from_different_files(ground: Ground) -> None:
    whole = ground.config("whole", {"token": "T"})
    bare = ground.write(
        "bare", "apiVersion: v1\nkind: Config\ncurrent-context: c\nusers:\n- name: u\n  user: {token: bare}\n"
    )
    arrival = await ground.both(environ={"KUBECONFIG": f"{bare}:{whole}"})
    assert arrival is not None
    assert arrival.authorization == "Bearer bare"
    await ground.both(environ={"KUBECONFIG": f"{whole}:{bare}"})


async def test_the_default_place(ground: Ground) -> None:
    ground.config("nobody/.kube/config", {"token": "home"})
    arrival = await ground.both()
    assert arrival is not None
    assert arrival.authorization == "Bearer home"
    await ground.both(environ={"KUBECONFIG": ""})


async def test_paths_are_relative_to_the_file_that_holds_them(ground: Ground) -> None:
    ground.client.write(ground.folder, "client")
    (ground.folder / "tokens").mkdir()
    (ground.folder / "tokens" / "t").write_text("from-file\n")
    user = {"client-certificate": "../client.crt", "client-key": "../client.key", "tokenFile": "../tokens/t"}
    path = ground.config("deep/config", user, **{"certificate-authority": "../ca.crt"})
    arrival = await ground.both(environ={"KUBECONFIG": str(path)})
    assert arrival is not None
    assert (arrival.authorization, arrival.client_name) == ("Bearer from-file", "client")


@pytest.mark.parametrize("present", [True, False])
async def test_a_token_file_beats_a_token(ground: Ground, present: bool) -> None:
    if present:
        (ground.folder / "t").write_text("from-file")
    path = ground.config("config", {"token": "T", "tokenFile": "t"})
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.authorization == ("Bearer from-file" if present else "Bearer T")
    await ground.both(f"--kubeconfig={path}", "--token=flag")


async def test_a_missing_token_file(ground: Ground) -> None:
    path = ground.config("config", {"tokenFile": "t"})
    assert await ground.both(f"--kubeconfig={path}") is None
    (ground.folder / "t").write_text("")
    await ground.both(f"--kubeconfig={path}")


async def test_name_and_password(ground: Ground) -> None:
    path = ground.config("config", {"username": "name", "password": "word"})
    await ground.both(f"--kubeconfig={path}")
    await ground.both(f"--kubeconfig={path}", "--token=flag")


async def test_a_client_certificate_and_a_token(ground: Ground) -> None:
    ground.client.write(ground.folder, "client")
    user = {"client-certificate": "client.crt", "client-key": "client.key"}
    path = ground.config("config", user)
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.client_name == "client"
    await ground.both(f"--kubeconfig={path}", "--token=flag")
    await ground.both(f"--kubeconfig={ground.config('other', {**user, 'token': 'T'})}")


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_data_instead_of_files(ground: Ground) -> None:
    user = {
        "client-certificate-data": _encoded(ground.client.certificate),
        "client-key-data": _encoded(ground.client.key),
    }
    roots = {"certificate-authority": "", "certificate-authority-data": _encoded(ground.authority.pem)}
    path = ground.config("config", user, **roots)
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.client_name == "client"
    (ground.folder / "wrong.crt").write_bytes(Authority().pem)
    assert await ground.both(f"--kubeconfig={path}", f"--certificate-authority={ground.folder}/wrong.crt") is None
    await ground.both(f"--kubeconfig={path}", f"--certificate-authority={ground.folder}/ca.crt")
    await ground.both(f"--kubeconfig={path}", f"--certificate-authority={ground.folder}/missing.crt")


async def test_data_beside_files_is_refused(ground: Ground) -> None:
    ground.client.write(ground.folder, "client")
    pair = {"client-certificate": "client.crt", "client-key": "client.key"}
    twice = {**pair, "client-key-data": _encoded(ground.client.key)}
    assert await ground.both(f"--kubeconfig={ground.config('key', twice)}") is None
    roots = {"certificate-authority-data": _encoded(ground.authority.pem)}
    assert await ground.both(f"--kubeconfig={ground.config('roots', pair, **roots)}") is None


@pytest.mark.parametrize("field_name", ["client-certificate-data", "certificate-authority-data"])
async def test_data_that_is_not_base64(ground: Ground, field_name: str) -> None:
    user = {"client-certificate-data": "###", "client-key-data": "###"} if field_name.startswith("client") else {}
    cluster = {} if user else {"certificate-authority": "", field_name: "###"}
    assert await ground.both(f"--kubeconfig={ground.config('config', {'token': 'T', **user}, **cluster)}") is None


async def test_a_certificate_without_its_key(ground: Ground) -> None:
    ground.client.write(ground.folder, "client")
    path = ground.config("config", {"client-certificate": "client.crt"})
    assert await ground.both(f"--kubeconfig={path}") is None


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
async def test_a_plugin_that_gives_a_token(ground: Ground, version: str) -> None:
    path = ground.config("config", {"exec": ground.plugin({"token": "P"}, version)})
    arrival = await ground.both(f"--kubeconfig={path}")
    assert (arrival is not None) == (version != "v1alpha1")
    await ground.both(f"--kubeconfig={path}", "--token=flag")


async def test_a_plugin_beside_other_credentials(ground: Ground) -> None:
    plugin = ground.plugin({"token": "P"})
    ground.client.write(ground.folder, "client")
    pair = {"client-certificate": "client.crt", "client-key": "client.key"}
    for name, more in {
        "token": {"token": "T"},
        "basic": {"username": "name", "password": "word"},
        "pair": pair,
    }.items():
        await ground.both(f"--kubeconfig={ground.config(name, {'exec': plugin, **more})}")


async def test_a_plugin_that_gives_a_certificate(ground: Ground) -> None:
    status = {
        "clientCertificateData": ground.client.certificate.decode(),
        "clientKeyData": ground.client.key.decode(),
    }
    path = ground.config("config", {"exec": ground.plugin(status)})
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.client_name == "client"


async def test_a_plugin_of_a_relative_path_with_arguments_and_environment(ground: Ground) -> None:
    plugin = ground.plugin({"token": "P"}, command="./plugin", env=[{"name": "ADDED", "value": "x y"}])
    path = ground.config("config", {"exec": plugin})
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert (ground.folder / "added").read_text() == "x y\n"


async def test_a_plugin_is_told_about_the_cluster(ground: Ground) -> None:
    plugin = ground.plugin({"token": "P"}, provideClusterInfo=True)
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    path = ground.config("config", {"exec": plugin}, extensions=[extension], **{"tls-server-name": "api.test"})
    environment = {"PATH": os.environ["PATH"], "HOME": str(ground.folder)}
    await ground.by_kubectl(environment, [f"--kubeconfig={path}"])
    expected = json.loads((ground.folder / "exec-info").read_text())
    await ground.by_certdash(environment, [f"--kubeconfig={path}"])
    assert json.loads((ground.folder / "exec-info").read_text()) == expected


@pytest.mark.parametrize(
    "status", [{}, {"token": ""}, {"clientCertificateData": "x"}, {"token": "P", "expirationTimestamp": "soon"}]
)
async def test_a_plugin_that_gives_nothing_of_use(ground: Ground, status: dict[str, str]) -> None:
    path = ground.config("config", {"exec": ground.plugin(status)})
    assert await ground.both(f"--kubeconfig={path}") is None


async def test_impersonation(ground: Ground) -> None:
    user = {
        "token": "T",
        "as": "jane",
        "as-uid": "u-1",
        "as-groups": ["g1", "g 2"],
        "as-user-extra": {"reason": ["a", "b"], "Example.com/Team": ["x"]},
    }
    path = ground.config("config", user)
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert len(arrival.impersonation) == 7
    await ground.both(f"--kubeconfig={path}", "--as=bob")
    await ground.both(f"--kubeconfig={path}", "--as=bob", "--as-group=h", "--as-group=i", "--as-uid=7")
    await ground.both(f"--kubeconfig={path}", "--as-group=h")
    bare = ground.config("bare", {"token": "T"})
    await ground.both(f"--kubeconfig={bare}", "--as=bob")
    await ground.both(f"--kubeconfig={bare}", "--as-group=h")
    await ground.both(f"--kubeconfig={bare}", "--as-uid=7")


async def test_names_on_the_command_line(ground: Ground) -> None:
    path = ground.write(
        "config",
        yaml.safe_dump(
            {
                "clusters": [
                    {"name": "k", "cluster": ground.cluster()},
                    {"name": "prefixed", "cluster": ground.cluster(server=ground.server.url + "/clusters/c-1/")},
                ],
                "users": [{"name": "u", "user": {"token": "T"}}, {"name": "v", "user": {"token": "V"}}],
                "contexts": [
                    {"name": "c", "context": {"cluster": "k", "user": "u"}},
                    {"name": "dangling", "context": {"cluster": "gone", "user": "gone"}},
                    {"name": "nobody", "context": {"cluster": "k"}},
                ],
            }
        ),
    )
    config = f"--kubeconfig={path}"
    for flags in (
        ["--context=c"],
        ["--context=c", "--user=v"],
        ["--context=c", "--cluster=prefixed"],
        ["--cluster=k", "--user=v"],
        ["--user=u", f"--server={ground.server.url}", f"--certificate-authority={ground.folder}/ca.crt"],
        ["--context=unknown"],
        ["--context=dangling"],
        ["--context=dangling", "--cluster=k"],
        ["--context=dangling", "--cluster=k", "--user=u"],
        ["--context=c", "--user=unknown"],
        ["--context=c", "--cluster=unknown"],
        ["--context=c", f"--server={ground.server.url}/other"],
    ):
        await ground.both(config, *flags)


async def test_without_credentials_the_server_decides(ground: Ground) -> None:
    """kubectl would ask for a name and a password on the terminal; certdash never does."""
    path = ground.config("config", {})
    arrival = await ground.by_certdash({}, [f"--kubeconfig={path}"])
    assert arrival is not None
    assert arrival.authorization == ""


async def test_how_the_server_is_verified(ground: Ground) -> None:
    path = ground.config("config", {"token": "T"}, **{"tls-server-name": "api.test"})
    arrival = await ground.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.server_name == "api.test"
    assert await ground.both(f"--kubeconfig={path}", "--tls-server-name=other.test") is None
    bare = ground.config("bare", {"token": "T"}, **{"certificate-authority": ""})
    assert await ground.both(f"--kubeconfig={bare}") is None
    assert await ground.both(f"--kubeconfig={bare}", "--insecure-skip-tls-verify") is not None
    await ground.both(f"--kubeconfig={path}", "--insecure-skip-tls-verify")
    insecure: dict[str, Any] = {"insecure-skip-tls-verify": True}
    skipping = ground.config("skipping", {"token": "T"}, **insecure)
    await ground.both(f"--kubeconfig={skipping}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "clusters: [",
        "[]",
        "text",
        "clusters: 5",
        "clusters:\n- name: k\n",
        "clusters:\n- cluster: {}\n",
        "apiVersion: v2\nkind: Other\n",
        "current-context: [a]\n",
        "\x00\x01",
    ],
)
async def test_a_damaged_file_sends_nothing(ground: Ground, text: str) -> None:
    path = ground.write("config", text)
    assert await ground.both(f"--kubeconfig={path}") is None
    good = ground.config("good", {"token": "T"})
    await ground.both(environ={"KUBECONFIG": f"{path}:{good}"})


async def test_a_name_given_twice_is_damage(ground: Ground) -> None:
    path = ground.config("config", {"token": "T"})
    text = path.read_text() + "- name: u\n  user: {token: again}\n"
    assert text.count("name: u") == 2
    await ground.both(f"--kubeconfig={ground.write('twice', text)}")


async def test_no_credentials_in_the_clear(ground: Ground) -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.json({})

    async with fault_server(handler) as plain:
        clear = replace_server(ground, plain)
        path = clear.config("clear", {"token": "T", "as": "jane"}, **{"certificate-authority": ""})
        arrival = await clear.both(f"--kubeconfig={path}")
        assert arrival is not None
        assert arrival.authorization == ""


def replace_server(ground: Ground, server: FaultServer) -> Ground:
    return Ground(ground.folder, ground.kubectl, ground.authority, ground.client, server)
