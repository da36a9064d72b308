"""The same kubeconfig leads kubectl and certdash to the same server, with the same credentials.

Where kubectl refuses a kubeconfig, certdash has to refuse it too.
"""

import base64
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.real.kubectl_comparison import KubectlComparison, comparison_in
from tests.unit.kube.certificates import Authority
from tests.unit.kube.fault_server import Reply, Request, fault_server

pytestmark = pytest.mark.real


@pytest.fixture
async def comparison(tmp_path: Path, binaries: Path) -> AsyncIterator[KubectlComparison]:
    kubectl = next(path for path in (binaries / "kubectl", binaries / "bin" / "kubectl") if path.exists())
    async with comparison_in(tmp_path, kubectl) as made:
        yield made


async def test_a_token(comparison: KubectlComparison) -> None:
    path = comparison.config("config", {"token": "T"})
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.authorization == "Bearer T"


async def test_of_several_files_the_first_counts(comparison: KubectlComparison) -> None:
    first = comparison.config("first", {"token": "first"}, context="one")
    second = comparison.config("second", {"token": "second"}, context="two")
    empty = comparison.write("empty", "")
    listed = f"{comparison.folder}/missing:{empty}:{first}:{second}:{first}"
    arrival = await comparison.both(environ={"KUBECONFIG": listed})
    assert arrival is not None
    assert arrival.authorization == "Bearer first"
    await comparison.both("--context=two", environ={"KUBECONFIG": listed})
    await comparison.both("--context=two", environ={"KUBECONFIG": f"{second}:{first}"})


async def test_entries_may_come_from_different_files(comparison: KubectlComparison) -> None:
    whole = comparison.config("whole", {"token": "T"})
    bare = comparison.write(
        "bare", "apiVersion: v1\nkind: Config\ncurrent-context: c\nusers:\n- name: u\n  user: {token: bare}\n"
    )
    arrival = await comparison.both(environ={"KUBECONFIG": f"{bare}:{whole}"})
    assert arrival is not None
    assert arrival.authorization == "Bearer bare"
    await comparison.both(environ={"KUBECONFIG": f"{whole}:{bare}"})


async def test_the_default_place(comparison: KubectlComparison) -> None:
    comparison.config("nobody/.kube/config", {"token": "home"})
    arrival = await comparison.both()
    assert arrival is not None
    assert arrival.authorization == "Bearer home"
    await comparison.both(environ={"KUBECONFIG": ""})


async def test_paths_are_relative_to_the_file_that_holds_them(comparison: KubectlComparison) -> None:
    comparison.client.write(comparison.folder, "client")
    (comparison.folder / "tokens").mkdir()
    (comparison.folder / "tokens" / "t").write_text("from-file\n")
    user = {"client-certificate": "../client.crt", "client-key": "../client.key", "tokenFile": "../tokens/t"}
    path = comparison.config("deep/config", user, **{"certificate-authority": "../ca.crt"})
    arrival = await comparison.both(environ={"KUBECONFIG": str(path)})
    assert arrival is not None
    assert (arrival.authorization, arrival.client_name) == ("Bearer from-file", "client")


@pytest.mark.parametrize("present", [True, False])
async def test_a_token_file_beats_a_token(comparison: KubectlComparison, present: bool) -> None:
    if present:
        (comparison.folder / "t").write_text("from-file")
    path = comparison.config("config", {"token": "T", "tokenFile": "t"})
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.authorization == ("Bearer from-file" if present else "Bearer T")
    await comparison.both(f"--kubeconfig={path}", "--token=flag")


async def test_a_missing_token_file(comparison: KubectlComparison) -> None:
    path = comparison.config("config", {"tokenFile": "t"})
    assert await comparison.both(f"--kubeconfig={path}") is None
    (comparison.folder / "t").write_text("")
    await comparison.both(f"--kubeconfig={path}")


async def test_name_and_password(comparison: KubectlComparison) -> None:
    path = comparison.config("config", {"username": "name", "password": "word"})
    await comparison.both(f"--kubeconfig={path}")
    await comparison.both(f"--kubeconfig={path}", "--token=flag")


async def test_a_client_certificate_and_a_token(comparison: KubectlComparison) -> None:
    comparison.client.write(comparison.folder, "client")
    user = {"client-certificate": "client.crt", "client-key": "client.key"}
    path = comparison.config("config", user)
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.client_name == "client"
    await comparison.both(f"--kubeconfig={path}", "--token=flag")
    await comparison.both(f"--kubeconfig={comparison.config('other', {**user, 'token': 'T'})}")


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_data_instead_of_files(comparison: KubectlComparison) -> None:
    user = {
        "client-certificate-data": _encoded(comparison.client.certificate),
        "client-key-data": _encoded(comparison.client.key),
    }
    roots = {"certificate-authority": "", "certificate-authority-data": _encoded(comparison.authority.pem)}
    path = comparison.config("config", user, **roots)
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.client_name == "client"
    (comparison.folder / "wrong.crt").write_bytes(Authority().pem)
    assert (
        await comparison.both(f"--kubeconfig={path}", f"--certificate-authority={comparison.folder}/wrong.crt") is None
    )
    await comparison.both(f"--kubeconfig={path}", f"--certificate-authority={comparison.folder}/ca.crt")
    await comparison.both(f"--kubeconfig={path}", f"--certificate-authority={comparison.folder}/missing.crt")


async def test_data_beside_files_is_refused(comparison: KubectlComparison) -> None:
    comparison.client.write(comparison.folder, "client")
    pair = {"client-certificate": "client.crt", "client-key": "client.key"}
    twice = {**pair, "client-key-data": _encoded(comparison.client.key)}
    assert await comparison.both(f"--kubeconfig={comparison.config('key', twice)}") is None
    roots = {"certificate-authority-data": _encoded(comparison.authority.pem)}
    assert await comparison.both(f"--kubeconfig={comparison.config('roots', pair, **roots)}") is None


@pytest.mark.parametrize("field_name", ["client-certificate-data", "certificate-authority-data"])
async def test_data_that_is_not_base64(comparison: KubectlComparison, field_name: str) -> None:
    user = {"client-certificate-data": "###", "client-key-data": "###"} if field_name.startswith("client") else {}
    cluster = {} if user else {"certificate-authority": "", field_name: "###"}
    assert (
        await comparison.both(f"--kubeconfig={comparison.config('config', {'token': 'T', **user}, **cluster)}") is None
    )


async def test_a_certificate_without_its_key(comparison: KubectlComparison) -> None:
    comparison.client.write(comparison.folder, "client")
    path = comparison.config("config", {"client-certificate": "client.crt"})
    assert await comparison.both(f"--kubeconfig={path}") is None


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
async def test_a_plugin_that_gives_a_token(comparison: KubectlComparison, version: str) -> None:
    path = comparison.config("config", {"exec": comparison.plugin({"token": "P"}, version)})
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert (arrival is not None) == (version != "v1alpha1")
    await comparison.both(f"--kubeconfig={path}", "--token=flag")


async def test_a_plugin_beside_other_credentials(comparison: KubectlComparison) -> None:
    plugin = comparison.plugin({"token": "P"})
    comparison.client.write(comparison.folder, "client")
    pair = {"client-certificate": "client.crt", "client-key": "client.key"}
    for name, more in {
        "token": {"token": "T"},
        "basic": {"username": "name", "password": "word"},
        "pair": pair,
    }.items():
        await comparison.both(f"--kubeconfig={comparison.config(name, {'exec': plugin, **more})}")


async def test_a_plugin_that_gives_a_certificate(comparison: KubectlComparison) -> None:
    status = {
        "clientCertificateData": comparison.client.certificate.decode(),
        "clientKeyData": comparison.client.key.decode(),
    }
    path = comparison.config("config", {"exec": comparison.plugin(status)})
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.client_name == "client"


async def test_a_plugin_of_a_relative_path_with_arguments_and_environment(comparison: KubectlComparison) -> None:
    plugin = comparison.plugin({"token": "P"}, command="./plugin", env=[{"name": "ADDED", "value": "x y"}])
    path = comparison.config("config", {"exec": plugin})
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert (comparison.folder / "added").read_text() == "x y\n"


async def test_a_plugin_is_told_about_the_cluster(comparison: KubectlComparison) -> None:
    plugin = comparison.plugin({"token": "P"}, provideClusterInfo=True)
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    path = comparison.config("config", {"exec": plugin}, extensions=[extension], **{"tls-server-name": "api.test"})
    environment = {"PATH": os.environ["PATH"], "HOME": str(comparison.folder)}
    await comparison.by_kubectl(environment, [f"--kubeconfig={path}"])
    expected = json.loads((comparison.folder / "exec-info").read_text())
    await comparison.by_certdash(environment, [f"--kubeconfig={path}"])
    assert json.loads((comparison.folder / "exec-info").read_text()) == expected


@pytest.mark.parametrize(
    "status", [{}, {"token": ""}, {"clientCertificateData": "x"}, {"token": "P", "expirationTimestamp": "soon"}]
)
async def test_a_plugin_that_gives_nothing_of_use(comparison: KubectlComparison, status: dict[str, str]) -> None:
    path = comparison.config("config", {"exec": comparison.plugin(status)})
    assert await comparison.both(f"--kubeconfig={path}") is None


async def test_impersonation(comparison: KubectlComparison) -> None:
    user = {
        "token": "T",
        "as": "jane",
        "as-uid": "u-1",
        "as-groups": ["g1", "g 2"],
        "as-user-extra": {"reason": ["a", "b"], "Example.com/Team": ["x"]},
    }
    path = comparison.config("config", user)
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert len(arrival.impersonation) == 7
    await comparison.both(f"--kubeconfig={path}", "--as=bob")
    await comparison.both(f"--kubeconfig={path}", "--as=bob", "--as-group=h", "--as-group=i", "--as-uid=7")
    await comparison.both(f"--kubeconfig={path}", "--as-group=h")
    bare = comparison.config("bare", {"token": "T"})
    await comparison.both(f"--kubeconfig={bare}", "--as=bob")
    await comparison.both(f"--kubeconfig={bare}", "--as-group=h")
    await comparison.both(f"--kubeconfig={bare}", "--as-uid=7")


async def test_names_on_the_command_line(comparison: KubectlComparison) -> None:
    prefixed = comparison.cluster(server=comparison.server.url + "/clusters/c-1/")
    path = comparison.write(
        "config",
        yaml.safe_dump(
            {
                "clusters": [
                    {"name": "k", "cluster": comparison.cluster()},
                    {"name": "prefixed", "cluster": prefixed},
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
        ["--user=u", f"--server={comparison.server.url}", f"--certificate-authority={comparison.folder}/ca.crt"],
        ["--context=unknown"],
        ["--context=dangling"],
        ["--context=dangling", "--cluster=k"],
        ["--context=dangling", "--cluster=k", "--user=u"],
        ["--context=c", "--user=unknown"],
        ["--context=c", "--cluster=unknown"],
        ["--context=c", f"--server={comparison.server.url}/other"],
    ):
        await comparison.both(config, *flags)


async def test_without_credentials_the_server_decides(comparison: KubectlComparison) -> None:
    """kubectl would ask for a name and a password on the terminal; certdash never does."""
    path = comparison.config("config", {})
    arrival = await comparison.by_certdash({}, [f"--kubeconfig={path}"])
    assert arrival is not None
    assert arrival.authorization == ""


async def test_how_the_server_is_verified(comparison: KubectlComparison) -> None:
    path = comparison.config("config", {"token": "T"}, **{"tls-server-name": "api.test"})
    arrival = await comparison.both(f"--kubeconfig={path}")
    assert arrival is not None
    assert arrival.server_name == "api.test"
    assert await comparison.both(f"--kubeconfig={path}", "--tls-server-name=other.test") is None
    bare = comparison.config("bare", {"token": "T"}, **{"certificate-authority": ""})
    assert await comparison.both(f"--kubeconfig={bare}") is None
    assert await comparison.both(f"--kubeconfig={bare}", "--insecure-skip-tls-verify") is not None
    await comparison.both(f"--kubeconfig={path}", "--insecure-skip-tls-verify")
    insecure: dict[str, Any] = {"insecure-skip-tls-verify": True}
    skipping = comparison.config("skipping", {"token": "T"}, **insecure)
    await comparison.both(f"--kubeconfig={skipping}")


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
async def test_a_damaged_file_sends_nothing(comparison: KubectlComparison, text: str) -> None:
    path = comparison.write("config", text)
    assert await comparison.both(f"--kubeconfig={path}") is None
    good = comparison.config("good", {"token": "T"})
    await comparison.both(environ={"KUBECONFIG": f"{path}:{good}"})


async def test_a_name_given_twice_is_damage(comparison: KubectlComparison) -> None:
    path = comparison.config("config", {"token": "T"})
    text = path.read_text() + "- name: u\n  user: {token: again}\n"
    assert text.count("name: u") == 2
    await comparison.both(f"--kubeconfig={comparison.write('twice', text)}")


async def test_no_credentials_in_the_clear(comparison: KubectlComparison) -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.json({})

    async with fault_server(handler) as plain:
        clear = comparison.with_server(plain)
        path = clear.config("clear", {"token": "T", "as": "jane"}, **{"certificate-authority": ""})
        arrival = await clear.both(f"--kubeconfig={path}")
        assert arrival is not None
        assert arrival.authorization == ""
