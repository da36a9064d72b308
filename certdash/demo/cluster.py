"""The embedded cluster, put together: API server, admission, controllers, a node, and cert-manager on it."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

from certdash.demo import kubeconfig
from certdash.demo.admission.chain import AdmissionChain
from certdash.demo.admission.schema import SchemaValidation
from certdash.demo.aging import age_objects, older_stamp
from certdash.demo.api.client import Client
from certdash.demo.api.http_server import LOOPBACK, HttpServer
from certdash.demo.api.identity import Identities
from certdash.demo.api.objects import Object
from certdash.demo.api.request import User
from certdash.demo.api.resource_types import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    DEPLOYMENTS,
    LEASES,
    MUTATING,
    NAMESPACES,
    VALIDATING,
)
from certdash.demo.api.server import ApiServer
from certdash.demo.api.store import Store
from certdash.demo.chart import objects as chart
from certdash.demo.chart.components import COMPONENTS, NAMESPACE, VERSION, WEBHOOK
from certdash.demo.chart.crds import crds
from certdash.demo.control_plane import ControlPlane
from certdash.demo.faults.api import Api
from certdash.demo.faults.cluster import Ending
from certdash.demo.faults.verbs import USER_BINDING
from certdash.demo.network import ServiceNetwork
from certdash.demo.node.node import Node
from certdash.demo.node.service_proxy import ServiceProxy
from certdash.demo.pace import Pace
from certdash.demo.pki import Authority
from certdash.demo.processes.runtime import EmbeddedRuntime

CONTEXT = "certdash-demo"
CLUSTER_IP = "10.96.97.250"
_NODE_ADDRESS = "10.0.0.2"
_MASTERS = ("system:masters", "system:authenticated")
_USER = "demo-admin"
_FIRST_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_RBAC = {"apiVersion": "rbac.authorization.k8s.io/v1"}
# How long a pod of the chart takes whose image is there: it starts, and its readiness probe first asks after 5 s.
_START_DELAY = 1.0
_READY_DELAY = 5.0
# A new install would be watched with more patience than one that has run for long.
_AGE = timedelta(hours=26)


class EmbeddedCluster:
    """One cluster in this process. Made and started on a loop; what `faults.cluster.Cluster` names may be used from
    any other thread. `folder` is its own and holds the kubeconfig."""

    def __init__(self, folder: Path, pace: Pace) -> None:
        self.folder = folder
        self.pace = pace
        self.version = VERSION
        self.loop = asyncio.get_running_loop()
        self.store = Store()
        self.network = ServiceNetwork()
        self.authority = Authority.create("certdash-demo-ca")
        self.runtime = EmbeddedRuntime(self.loop, self.store, self.client, pace, folder)
        self._admission = AdmissionChain(self.store, self.network, pace)
        self.server_api = ApiServer(
            self.store,
            pace,
            admission=self._admission,
            schemas=SchemaValidation(self.store),
            logs=self.runtime,
        )
        self.http = HttpServer(self.server_api, Identities(self.server_api.authorizer), self._server_context())
        self.control_plane = ControlPlane(self.store, self.client, self.server_api, self.http, pace)
        self.api: Api
        self.node: Node
        self._proxy: ServiceProxy

    # What faults ask for.

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{LOOPBACK}:{self.http.port}"

    @property
    def context_name(self) -> str:
        """The name of the context in its kubeconfig files."""
        return CONTEXT

    @property
    def cluster_ip(self) -> str:
        """The ClusterIP of the webhook's Service."""
        return CLUSTER_IP

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the cluster's administrator."""
        return self.folder / "kubeconfig"

    def crds(self) -> list[Object]:
        """The six CRDs as they are installed."""
        return crds()

    def stop_process(self, name: str, how: Ending) -> None:
        """Stop a component or a process of the control plane. Raises ValueError with the known names."""
        if name in COMPONENTS:
            self.node.stop_component(name, how)
            return
        if name not in self.control_plane.names:
            raise ValueError(f"no process {name!r}: {', '.join([*COMPONENTS, *self.control_plane.names])}")
        asyncio.run_coroutine_threadsafe(self.control_plane.stop_process(name, how), self.loop).result(10)

    def start_process(self, name: str) -> None:
        """Let it run again, or go on."""
        if name in COMPONENTS:
            self.node.start_component(name)
            return
        asyncio.run_coroutine_threadsafe(self.control_plane.start_process(name), self.loop).result(10)

    # Its life.

    async def start(self, port: int = 0) -> None:
        """Start everything but cert-manager. Raises OSError when the port can't be had."""
        self.network.start()
        for name in _FIRST_NAMESPACES:
            await self.client("kube-apiserver").create(NAMESPACES.path(), _namespace(name))
        await self._allow_everything()
        await self.http.open(port)
        await self.control_plane.start()
        self._write_kubeconfig()
        self.api = Api(self.server, self._client_context("certdash-demo"), user_agent="certdash-demo")
        self.node = Node(
            self.api,
            _NODE_ADDRESS,
            self.runtime.launch,
            self._refresh_proxy,
            pace=self.pace,
            start_delay=_START_DELAY,
            ready_delay=_READY_DELAY,
        )
        self._proxy = ServiceProxy(self.api, WEBHOOK.deployment, self.node, self.network.route)
        await asyncio.to_thread(self._start_node)

    def _start_node(self) -> None:
        self.node.register()
        self._proxy.start()
        self.node.start()

    def _refresh_proxy(self) -> None:
        self._proxy.refresh()

    async def _allow_everything(self) -> None:
        """The user of the kubeconfig is an administrator by a binding, which a fault can take away."""
        client = self.client("kube-apiserver")
        everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
        rules = [everything, {"nonResourceURLs": ["*"], "verbs": ["*"]}]
        role = {**_RBAC, "kind": "ClusterRole", "metadata": {"name": "cluster-admin"}, "rules": rules}
        bound = {
            **_RBAC,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": USER_BINDING},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "User", "name": _USER, "apiGroup": "rbac.authorization.k8s.io"}],
        }
        await client.create(CLUSTER_ROLES.path(), role)
        await client.create(CLUSTER_ROLE_BINDINGS.path(), bound)

    async def install(self, version: str = VERSION) -> None:
        """Apply the chart of that version, CRDs first, as Helm does."""
        self.version = version
        helm = self.client("helm")
        for item in (*(chart.at_version(crd, version) for crd in crds()), *chart.install(CLUSTER_IP, version)):
            await helm.apply(chart.path_of(item), item)

    async def install_settled(self, version: str = VERSION) -> None:
        """Install, and return when all is as it is the day after. Pods start at once meanwhile."""
        self.node.start_delay = self.node.ready_delay = 0.0
        await self.install(version)
        while not self._settled():  # noqa: ASYNC110 - the network has no event to wait for
            await asyncio.sleep(0.02)
        self._admission.catch_up()
        age_objects(self.store, _AGE)
        self.node.age(lambda stamp: older_stamp(stamp, _AGE))
        self.node.start_delay, self.node.ready_delay = _START_DELAY, _READY_DELAY

    def _settled(self) -> bool:
        deployments = self.store.items(DEPLOYMENTS, NAMESPACE)
        hooks = [*self.store.items(VALIDATING), *self.store.items(MUTATING)]
        rolled_out = all((item.get("status") or {}).get("availableReplicas") for item in deployments)
        injected = all(hook["webhooks"][0]["clientConfig"].get("caBundle") for hook in hooks)
        leading = len(self.store.items(LEASES, "kube-system")) == 2
        return rolled_out and injected and leading and self.network.connected

    async def stop(self) -> None:
        """End everything."""
        await asyncio.to_thread(self._stop_node)
        await self.control_plane.stop()
        await self.http.close()
        await asyncio.to_thread(self.network.stop)

    def _stop_node(self) -> None:
        if hasattr(self, "_proxy"):
            self._proxy.stop()
            self.node.stop()

    def client(self, name: str, namespace: str = "") -> Client:
        """An in-process client with every permission; as the ServiceAccount of that name where a namespace is given."""
        user = f"system:serviceaccount:{namespace}:{name}" if namespace else name
        return Client(lambda request: self.server_api.handle(request), User(user, _MASTERS), name)

    def _server_context(self) -> ssl.SSLContext:
        leaf = self.authority.issue(
            "kube-apiserver", alternative_names=[LOOPBACK, "localhost", "kubernetes.default.svc"]
        )
        self.authority.write(self.folder)
        leaf.write(self.folder, "server")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.folder / "ca.crt"))
        context.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def _client_context(self, name: str) -> ssl.SSLContext:
        self.authority.issue(name, organization="system:masters").write(self.folder, name)
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        return context

    def _write_kubeconfig(self) -> None:
        user = kubeconfig.client_certificate(self.authority.issue(_USER))
        kubeconfig.write(self.kubeconfig, CONTEXT, self.server, self.authority.certificate, user, name=_USER)


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
