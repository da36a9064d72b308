"""What leads nowhere is said in one line that says what to do; the rest is compared with kubectl in tests/real."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from certdash.kube import access as access_module
from certdash.kube.access import ClusterAccess, load_cluster_access
from certdash.kube.errors import AccessError
from certdash.kube.options import ConnectionOptions
from tests.unit.kube.certificates import Authority

NOTHING = ConnectionOptions()


def config(folder: Path, user: dict[str, Any], **cluster: Any) -> Path:
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "mine"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://api.test:6443", **cluster}}],
        "users": [{"name": "u", "user": user}],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(document))
    return path


def load(path: Path, options: ConnectionOptions = NOTHING, **environ: str) -> ClusterAccess:
    return load_cluster_access(replace(options, kubeconfig=str(path)), environ)


def complaint(path: Path, options: ConnectionOptions = NOTHING, **environ: str) -> str:
    with pytest.raises(AccessError) as caught:
        load(path, options, **environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_target_names_everything(tmp_path: Path) -> None:
    path = config(tmp_path, {"token": "T", "as": "jane"})
    target = load(path).target
    assert (target.context, target.cluster, target.user) == ("c", "k", "u")
    assert (target.server, target.namespace, target.source) == ("https://api.test:6443", "mine", str(path))
    assert target.impersonate == "jane"
    assert load(path, ConnectionOptions(namespace="other")).target.namespace == "other"


def test_secrets_do_not_show(tmp_path: Path) -> None:
    access = load(config(tmp_path, {"token": "very-secret"}))
    assert access.token == "very-secret"
    assert "very-secret" not in repr(access)


def test_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="no kubeconfig found") as caught:
        load_cluster_access(NOTHING, {"HOME": str(tmp_path)})
    assert str(tmp_path / ".kube" / "config") in str(caught.value)
    assert "--kubeconfig" in str(caught.value)


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    assert "does not exist" in complaint(tmp_path / "missing")
    assert "is a directory" in complaint(tmp_path)
    (tmp_path / "empty").write_text("")
    assert "is empty" in complaint(tmp_path / "empty")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "not a text file" in complaint(tmp_path / "binary")
    (tmp_path / "list").write_text("- a\n")
    assert "not a kubeconfig" in complaint(tmp_path / "list")
    (tmp_path / "hollow").write_text("apiVersion: v1\nkind: Config\n")
    assert "holds no clusters" in complaint(tmp_path / "hollow")
    text = config(tmp_path, {"token": "T"}).read_text()
    (tmp_path / "cut").write_text(text + "- name: 'cut in the mid")
    assert "not valid YAML at line" in complaint(tmp_path / "cut")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    assert "can't be read: Permission denied" in complaint(tmp_path / "config")


def test_unknown_names(tmp_path: Path) -> None:
    path = config(tmp_path, {"token": "T"})
    assert "context 'x' (--context)" in complaint(path, ConnectionOptions(context="x"))
    assert "it has c" in complaint(path, ConnectionOptions(context="x"))
    assert "cluster 'x' is not in" in complaint(path, ConnectionOptions(cluster="x"))
    assert "user 'x' is not in" in complaint(path, ConnectionOptions(user="x"))


@pytest.mark.parametrize("server", ["", "ftp://x", "https://", "https://[::1", "https://x:port"])
def test_servers_that_are_none(tmp_path: Path, server: str) -> None:
    assert "server" in complaint(config(tmp_path, {"token": "T"}, server=server))


def test_missing_and_damaged_credentials(tmp_path: Path) -> None:
    missing = {"client-certificate": "missing.crt", "client-key": "missing.key"}
    assert f"{tmp_path}/missing.crt can't be read: No such file" in complaint(config(tmp_path, missing))
    assert "token file" in complaint(config(tmp_path, {"tokenFile": "missing"}))
    assert "not base64" in complaint(config(tmp_path, {"client-certificate-data": "###"}))
    roots = {"certificate-authority": "missing.crt"}
    assert "certificate authority file" in complaint(config(tmp_path, {"token": "T"}, **roots))
    assert "names no command" in complaint(config(tmp_path, {"exec": {"args": []}}))
    assert "removed from Kubernetes" in complaint(config(tmp_path, {"auth-provider": {"name": "gcp"}}))


def test_a_socks_proxy_is_refused(tmp_path: Path) -> None:
    assert "not supported" in complaint(config(tmp_path, {"token": "T"}, **{"proxy-url": "socks5://p.test"}))


def test_a_group_needs_a_user(tmp_path: Path) -> None:
    assert "add --as" in complaint(config(tmp_path, {"token": "T"}), ConnectionOptions(as_groups=("g",)))


@pytest.fixture
def service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text("pod-token")
    (folder / "namespace").write_text("pod-namespace")
    (folder / "ca.crt").write_bytes(Authority().pem)
    monkeypatch.setattr(access_module, "SERVICE_ACCOUNT", folder)
    return folder


def test_in_a_pod_its_service_account_is_used(tmp_path: Path, service_account: Path) -> None:
    environ = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    access = load_cluster_access(ConnectionOptions(as_user="jane"), environ)
    assert access.target.server == "https://[fd00::1]:443"
    assert (access.target.namespace, access.target.source) == ("pod-namespace", "in-cluster")
    assert access.token_file == str(service_account / "token")
    assert access.impersonation.user == "jane"


def test_in_a_pod_a_kubeconfig_still_comes_first(tmp_path: Path, service_account: Path) -> None:  # noqa: ARG001
    path = config(tmp_path, {"token": "T"})
    environ = {"KUBECONFIG": str(path), "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    assert load_cluster_access(NOTHING, environ).token == "T"
