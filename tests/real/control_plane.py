"""etcd, kube-apiserver and kube-controller-manager as processes, with the flags that a test cluster needs."""

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path

from certdash.demo import kubeconfig
from certdash.demo.pki import Authority, Leaf, public_pem
from tests.real.audit import HARNESS_USER, POLICY
from tests.real.isolation import SERVICE_RANGE, Range
from tests.real.processes import Process

CONTEXT = "certdash-test"

_CONTROLLERS = (
    "serviceaccount-controller,serviceaccount-token-controller,root-ca-certificate-publisher-controller,"
    "namespace-controller,garbage-collector-controller,deployment-controller,replicaset-controller,"
    "endpointslice-controller,endpoints-controller,job-controller,clusterrole-aggregation-controller"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things of one cluster are: its scratch folder and its addresses."""

    folder: Path
    range: Range
    binaries: Path

    @property
    def address(self) -> str:
        """The loopback address of the control plane."""
        return self.range.address("0.1")

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{self.address}:6443"

    @property
    def cluster_ip(self) -> str:
        """The ClusterIP of the webhook's Service."""
        return self.range.address("97.250")

    @property
    def pki(self) -> Path:
        """The folder of keys and certificates."""
        return self.folder / "pki"

    def process(self, name: str, *flags: str) -> Process:
        """A binary of the cache as a process with its log in the cluster's folder."""
        return Process(name, [str(self.binaries / name), *flags], self.folder / "logs" / f"{name}.log")


def new_pki(folder: Path) -> None:
    """Make the authority and the ServiceAccount signing key, the part of the PKI that a golden copy keeps."""
    authority = Authority.create("certdash-test-ca")
    authority.write(folder)
    signer = authority.issue("service-account-signer")
    signer.write(folder, "sa")
    (folder / "sa.pub").write_bytes(public_pem(signer))


def issue_identities(layout: Layout) -> dict[str, Leaf]:
    """Write the server certificate and kubeconfigs, and return the client certificates by name."""
    authority = Authority.load(layout.pki)
    names = ["localhost", "127.0.0.1", layout.address, "kubernetes", "kubernetes.default.svc"]
    authority.issue("kube-apiserver", alternative_names=names).write(layout.pki, "apiserver")
    leaves = {
        "admin": authority.issue("kubernetes-admin", organization="system:masters"),
        "harness": authority.issue(HARNESS_USER, organization="system:masters"),
        "kubelet": authority.issue("n1", alternative_names=[layout.range.address("0.2")]),
    }
    manager = authority.issue("system:kube-controller-manager")
    users = (
        ("kubeconfig", "kubernetes-admin", leaves["admin"]),
        ("controller-manager.kubeconfig", "kube-controller-manager", manager),
    )
    for file, name, leaf in users:
        user = kubeconfig.client_certificate(leaf)
        kubeconfig.write(layout.folder / file, CONTEXT, layout.server, authority.certificate, user, name=name)
    leaves["harness"].write(layout.pki, "harness")
    return leaves


def etcd(layout: Layout) -> Process:
    """The store. It does not fsync: a test cluster never outlives its machine."""
    client, peer = f"http://{layout.address}:2379", f"http://{layout.address}:2380"
    return layout.process(
        "etcd",
        f"--data-dir={layout.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    )


def apiserver(layout: Layout) -> Process:
    """The API server, with an audit log of everybody's requests but the cluster's own."""
    policy = layout.folder / "audit-policy.json"
    policy.write_text(json.dumps(POLICY))
    pki = layout.pki
    return layout.process(
        "kube-apiserver",
        f"--etcd-servers=http://{layout.address}:2379",
        f"--bind-address={layout.address}",
        "--secure-port=6443",
        "--advertise-address=10.96.255.254",
        "--endpoint-reconciler-type=none",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / 'sa.pub'}",
        f"--service-account-signing-key-file={pki / 'sa.key'}",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        f"--audit-policy-file={policy}",
        f"--audit-log-path={layout.folder / 'audit.log'}",
    )


def controller_manager(layout: Layout) -> Process:
    """The controllers that a cert-manager install needs; none that would evict pods of a node without heartbeat."""
    return layout.process(
        "kube-controller-manager",
        f"--kubeconfig={layout.folder / 'controller-manager.kubeconfig'}",
        f"--bind-address={layout.address}",
        "--secure-port=10257",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={layout.pki / 'sa.key'}",
        f"--root-ca-file={layout.pki / 'ca.crt'}",
        "--concurrent-gc-syncs=2",
        f"--controllers={_CONTROLLERS}",
    )


def answers_ok(host: str, port: int, path: str, *, tls: bool) -> bool:
    """True when a GET answers 200. The certificate is not verified: only liveness is asked."""
    connection: http.client.HTTPConnection
    if tls:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host, port, timeout=1, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except http.client.HTTPException:
        return False
    finally:
        connection.close()


def harness_context(layout: Layout) -> ssl.SSLContext:
    """TLS settings with the harness' own client certificate."""
    context = ssl.create_default_context(cafile=str(layout.pki / "ca.crt"))
    # The authority of a test cluster is made by hand; strict profile checks are not the subject.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_cert_chain(layout.pki / "harness.crt", layout.pki / "harness.key")
    return context
