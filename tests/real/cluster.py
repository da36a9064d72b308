"""One real cluster: control plane, cert-manager's real processes behind simulated pods, and the network between."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from certdash.demo import kubeconfig
from certdash.demo.chart import objects as chart
from certdash.demo.chart.components import COMPONENTS, NAMESPACE, VERSION, WEBHOOK
from certdash.demo.faults.api import Api, ApiError
from certdash.demo.faults.cluster import Ending, wait_for
from certdash.demo.forwarder import Forwarder
from certdash.demo.node.node import Node
from certdash.demo.node.service_proxy import ServiceProxy
from certdash.demo.pki import Authority, signing_request
from tests.real import control_plane
from tests.real.audit import HARNESS_USER, AuditLog
from tests.real.control_plane import CONTEXT, Layout, answers_ok
from tests.real.isolation import Range, Scratch, check_https_port, reserve_range
from tests.real.kubelet import Kubelet
from tests.real.launch import RealRuntime
from tests.real.processes import SIGNALS, Process

Object = dict[str, Any]

CERTIFICATES = "/apis/cert-manager.io/v1/namespaces/{}/certificates"
CERTIFICATE_REQUESTS = "/apis/cert-manager.io/v1/namespaces/{}/certificaterequests"


def _certificate(**spec: Any) -> Object:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"generateName": "harness-"},
        "spec": {
            "secretName": "harness",
            "dnsNames": ["harness.test"],
            "issuerRef": {"name": "harness", "kind": "Issuer", "group": "cert-manager.io"},
            **spec,
        },
    }


class RealCluster:
    """A cluster built from the binaries in `build` (see tests.real.build), from the golden copy when one is given.

    `lease_seconds` is the leader election's lease duration: short, so that a lost leader shows soon; the chart's
    default is 60.

    Start and stop it from a thread that outlives it: its processes die with the thread that started them.
    """

    def __init__(
        self,
        build: Path,
        golden: Path | None = None,
        report: Callable[[str], None] = lambda _: None,
        *,
        lease_seconds: int = 6,
    ) -> None:
        self.binaries = build / "bin"
        self._crds = build / "crds"
        self._golden = golden
        self._lease_seconds = lease_seconds
        self._report = report
        self._range: Range
        self._scratch: Scratch
        self.layout: Layout
        self.api: Api
        self.node: Node
        self.network: Forwarder
        self.processes: dict[str, Process] = {}
        self._request = signing_request("harness.test")
        self._kubelet: Kubelet | None = None
        self._proxy: ServiceProxy | None = None

    @property
    def folder(self) -> Path:
        """The cluster's own folder: logs, kubeconfigs, keys. It goes with the cluster."""
        return self.layout.folder

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the cluster's administrator."""
        return self.folder / "kubeconfig"

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return self.layout.server

    @property
    def context_name(self) -> str:
        """The name of the context in its kubeconfig files."""
        return CONTEXT

    @property
    def cluster_ip(self) -> str:
        """The ClusterIP of the webhook's Service."""
        return self.layout.cluster_ip

    @property
    def version(self) -> str:
        """The version of cert-manager that is installed."""
        return VERSION

    def crds(self) -> list[Object]:
        """The six CRDs of the module, as the chart installs them."""
        return [chart.labelled_crd(yaml.safe_load(path.read_text())) for path in sorted(self._crds.glob("*.yaml"))]

    @property
    def authority(self) -> Authority:
        """The authority that signs the cluster's client and server certificates."""
        return Authority.load(self.layout.pki)

    def audit(self) -> AuditLog:
        """The audit log, in which the harness itself does not appear."""
        return AuditLog(self.folder / "audit.log")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and return once cert-manager's API is proven. Raises WaitError, IsolationError."""
        self._range = reserve_range()
        self._scratch = Scratch.create(self._range.number)
        self.layout = Layout(self._scratch.path, self._range, self.binaries)
        try:
            check_https_port(self.layout.cluster_ip)
            self._prepare_files()
            self._start_control_plane()
            self._start_node()
            self._report("proving the cert-manager API")
            self.wait_healthy()
        except BaseException:
            self.stop()
            raise

    def _prepare_files(self) -> None:
        if self._golden is None:
            control_plane.new_pki(self.layout.pki)
        else:
            shutil.copytree(self._golden / "pki", self.layout.pki)
            shutil.copytree(self._golden / "etcd", self.folder / "etcd")
        self._leaves = control_plane.issue_identities(self.layout)
        self.api = Api(self.layout.server, control_plane.harness_context(self.layout))

    def _start_control_plane(self) -> None:
        layout = self.layout
        made = (
            control_plane.etcd(layout),
            control_plane.apiserver(layout),
            control_plane.controller_manager(layout),
        )
        self.processes = {process.name: process for process in made}
        for name in ("etcd", "kube-apiserver"):
            self._report(f"starting {name}")
            self.start_process(name)
        self.processes["kube-controller-manager"].start()

    def stop_process(self, name: str, how: Ending) -> None:
        """Stop a component or a process of the control plane for good. Raises ValueError with the known names."""
        if name in COMPONENTS:
            self.node.stop_component(name, how)
            return
        process = self.processes.get(name)
        if process is None:
            raise ValueError(f"no process {name!r}: {', '.join([*COMPONENTS, *self.processes])}")
        process.signal(SIGNALS[how])
        if how is not Ending.FREEZE:
            wait_for(f"end of {name}", lambda: not process.alive)

    def start_process(self, name: str) -> None:
        """Start a component or a process of the control plane, or let it go on, and wait until it is ready."""
        if name in COMPONENTS:
            self.node.start_component(name)
            return
        process = self.processes[name]
        if process.alive:
            process.resume()
            return
        process.start()
        address = self.layout.address
        ports = {"etcd": 2379, "kube-apiserver": 6443, "kube-controller-manager": 10257}
        paths = {"etcd": "/health", "kube-apiserver": "/readyz", "kube-controller-manager": "/healthz"}
        process.wait_ready(lambda: answers_ok(address, ports[name], paths[name], tls=name != "etcd"))

    def _start_node(self) -> None:
        self._report("starting cert-manager")
        address = self.layout.range.address("0.2")
        self.network = Forwarder()
        self.network.start()
        runtime = RealRuntime(
            self.layout.range,
            self.binaries,
            self.folder / "logs",
            self._token_kubeconfig,
            self._lease_seconds,
        )
        self.node = Node(self.api, address, runtime.launch, self._refresh_proxy)
        self.node.register()
        if self._golden is None:
            chart.apply(self.api, self.crds())
            chart.apply(self.api, chart.install(self.layout.cluster_ip))
        else:
            chart.apply(self.api, [chart.webhook_service(self.layout.cluster_ip)])
        self._kubelet = Kubelet.start(
            address, self.node.kubelet_port, self._leaves["kubelet"], self.folder, self.node, runtime
        )
        self._proxy = ServiceProxy(self.api, WEBHOOK.deployment, self.node, self.network.point)
        self._proxy.start()
        self.node.start()

    def _refresh_proxy(self) -> None:
        if self._proxy is not None:
            self._proxy.refresh()

    def _token_kubeconfig(self, account: str) -> Path:
        request = {"spec": {"expirationSeconds": 86400}}
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
        token = self.api.create(path, request)["status"]["token"]
        target = self.folder / "kubeconfigs" / f"{account}.kubeconfig"
        return kubeconfig.write(
            target, CONTEXT, self.layout.server, self.authority.certificate, {"token": token}, name=account
        )

    def stop(self) -> None:
        """End every process at once and remove the folder. A cluster that is already stopped is left alone."""
        for part in (self._proxy, self._kubelet):
            if part is not None:
                part.stop()
        self._proxy = self._kubelet = None
        if hasattr(self, "node"):
            self.node.stop()
            self.network.stop()
            del self.node, self.network
        for process in reversed(list(self.processes.values())):
            process.stop()
        self.processes = {}
        self._scratch.remove()
        self._range.release()

    def suspend_for_copy(self) -> None:
        """Bring the store to the state of a golden copy: leases given back, no Service of this range, etcd ended."""
        services = f"/api/v1/namespaces/{NAMESPACE}/services/{WEBHOOK.deployment}"
        slices = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
        selector = f"kubernetes.io/service-name={WEBHOOK.deployment}"
        self.node.stop(gently=5)
        self.api.delete(services)
        wait_for("endpoints gone", lambda: not self.api.get(slices, labelSelector=selector)["items"])
        self.processes["kube-controller-manager"].stop()
        self.processes["kube-apiserver"].stop()
        self.processes["etcd"].stop(gently=10)

    def try_certificate(self, **spec: Any) -> ApiError | None:
        """Dry-run a Certificate in the namespace default; None when it was admitted, else the API server's answer."""
        try:
            self.api.create(CERTIFICATES.format("default"), _certificate(**spec), dryRun="All")
        except ApiError as error:
            return error
        return None

    def stamped(self) -> bool:
        """True when the mutating webhook overwrites the requester's name in a dry-run CertificateRequest."""
        body = {
            "apiVersion": "cert-manager.io/v1",
            "kind": "CertificateRequest",
            "metadata": {"generateName": "harness-"},
            "spec": {"request": self._request, "issuerRef": {"name": "harness"}, "username": "harness-sentinel"},
        }
        try:
            made = self.api.create(CERTIFICATE_REQUESTS.format("default"), body, dryRun="All")
        except ApiError:
            return False
        return bool(made["spec"]["username"] == HARNESS_USER)

    def healthy(self) -> bool:
        """True when the whole API is proven.

        A valid Certificate is admitted, one that only the webhook can refuse is denied by it, and a
        CertificateRequest bears the requester's name.
        """
        if self.try_certificate() is not None:
            return False
        answer = self.try_certificate(duration="1m")
        denied = answer is not None and 'admission webhook "webhook.cert-manager.io" denied' in answer.message
        return denied and self.stamped()

    def wait_healthy(self, seconds: float = 60.0) -> None:
        """Wait until the API is proven and all three Deployments are rolled out."""
        wait_for("the cert-manager API", self.healthy, seconds=seconds)
        for component in COMPONENTS.values():
            self.wait_rolled_out(component.name, seconds=seconds)

    def wait_rolled_out(self, component: str, seconds: float = 60.0) -> None:
        """Wait until the component's Deployment is as wanted, with no old pod."""
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{COMPONENTS[component].deployment}"

        def done() -> bool:
            item = self.api.get(path)
            status, wanted = item.get("status", {}), item["spec"]["replicas"]
            counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
            return status.get("observedGeneration") == item["metadata"]["generation"] and counts == {wanted}

        wait_for(f"rollout of {component}", done, seconds=seconds)
