"""Faults in the objects of the install: CRDs, namespace, Service, webhook configurations, CA bundle."""

import base64
from typing import Any

from certdash.demo.chart import objects as chart
from certdash.demo.chart.components import COMPONENTS, NAMESPACE, WEBHOOK
from certdash.demo.chart.objects import CRDS, MUTATING, VALIDATING, WEBHOOK_NAME
from certdash.demo.faults.api import JSON_PATCH, ApiError
from certdash.demo.faults.cluster import wait_for
from certdash.demo.faults.processes import ProcessFaults
from certdash.demo.pki import Authority

Object = dict[str, Any]

_CONFIGURATIONS = {"validating": VALIDATING, "mutating": MUTATING}
_BUNDLE = "/webhooks/0/clientConfig/caBundle"


def _full_crd_name(name: str) -> str:
    if "." in name:
        return name
    group = "acme.cert-manager.io" if name in ("orders", "challenges") else "cert-manager.io"
    return f"{name}.{group}"


class ObjectFaults(ProcessFaults):
    """Breaks the objects that the API server reads on its way to the webhook."""

    def delete_crd(self, name: str) -> None:
        """Delete one CRD, named in full or by its plural, and every object of its kind."""
        path = f"{CRDS}/{_full_crd_name(name)}"
        self._broke("crds", self.restore_crds)
        self.api.delete(path)
        wait_for(f"{name} gone", lambda: not self.api.exists(path), seconds=60)

    def delete_all_crds(self) -> None:
        """Delete all six CRDs."""
        for item in self.cluster.crds():
            self.delete_crd(item["metadata"]["name"])

    def restore_crds(self) -> None:
        """Apply all six CRDs and wait until they are established."""
        items = [self._charted(item) for item in self.cluster.crds()]
        chart.apply(self.api, items)
        for item in items:
            path = chart.path_of(item)
            wait_for(path, lambda path=path: self._established(path))  # type: ignore[misc]
        self._healed("crds")

    def _established(self, path: str) -> bool:
        conditions = self.api.get(path).get("status", {}).get("conditions", [])
        return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)

    def delete_namespace(self) -> None:
        """Delete cert-manager's namespace with everything in it; CRDs and webhook configurations stay."""
        path = f"/api/v1/namespaces/{NAMESPACE}"
        self._broke("install", self.reinstall)
        # Workloads first: the namespace controller comes back to a namespace with pods after ten seconds only, and
        # leaders that lose their ServiceAccount can't give back their leases.
        self.api.delete(self._namespaced("/apis/apps/v1", "deployments"), propagationPolicy="Background")
        node = self.cluster.node
        wait_for("pods gone", lambda: not any(node.of(name) for name in COMPONENTS) and not self._pods())
        self.api.delete(path)
        wait_for("namespace gone", lambda: not self.api.exists(path), seconds=90)

    def _pods(self) -> list[Object]:
        found: list[Object] = self.api.get(self._namespaced("/api/v1", "pods"))["items"]
        return found

    def crds_only(self) -> None:
        """Leave nothing but the CRDs: what an install looks like before its chart is applied."""
        self.delete_webhook_configuration("both")
        self.delete_namespace()

    def reinstall(self) -> None:
        """Apply everything of the chart but the CRDs."""
        self._forget_leaders(*COMPONENTS)
        chart.apply(self.api, chart.install(self.cluster.cluster_ip, self.cluster.version))
        for what in ("install", "configurations", "service"):
            self._healed(what)

    def delete_service(self) -> None:
        """Delete the webhook's Service."""
        self._broke("service", self.restore_service)
        self.api.delete(self._service)

    def wrong_service_port(self) -> None:
        """Let the Service offer 8443, where the webhook configurations mean 443."""
        self._patch_ports({"name": "https", "port": 8443, "protocol": "TCP", "targetPort": "https"})

    def wrong_target_port(self) -> None:
        """Let port 443 of the Service lead to a port on which the pod does not listen."""
        self._patch_ports({"name": "https", "port": 443, "protocol": "TCP", "targetPort": 10259})

    def wrong_service_selector(self) -> None:
        """Let the Service select pods that do not exist."""
        self._broke("service", self.restore_service)
        self.api.patch(self._service, {"spec": {"selector": {"app.kubernetes.io/name": "web-hook"}}})

    def headless_service(self) -> None:
        """Replace the Service by one without a ClusterIP."""
        self.delete_service()
        made = self._charted(chart.webhook_service("None"))
        self.api.create(self._namespaced("/api/v1", "services"), made)

    def restore_service(self) -> None:
        """Bring the webhook's Service back to what the chart says."""
        wanted = self._charted(chart.webhook_service(self.cluster.cluster_ip))
        try:
            now = self.api.get(self._service)
        except ApiError as error:
            if error.code != 404:
                raise
            now = {}
        if now and now["spec"]["clusterIP"] != wanted["spec"]["clusterIP"]:
            self.api.delete(self._service)
            now = {}
        if now:
            self.api.patch(self._service, wanted)
        else:
            self.api.apply(self._service, wanted)
        self._healed("service")

    @property
    def _service(self) -> str:
        return self._namespaced("/api/v1", "services", WEBHOOK.deployment)

    def _patch_ports(self, port: Object) -> None:
        self._broke("service", self.restore_service)
        self.api.patch(self._service, {"spec": {"ports": [port]}})

    def delete_webhook_configuration(self, which: str = "both") -> None:
        """Delete the validating or the mutating webhook configuration, or both."""
        self._broke("configurations", self.restore_webhook_configurations)
        for path in self._configurations(which):
            self.api.delete(path)

    def restore_webhook_configurations(self) -> None:
        """Bring both webhook configurations back to what the chart says; the cainjector fills in the caBundle."""
        chart.apply(self.api, [self._charted(item) for item in chart.webhook_configurations()])
        self._healed("configurations")

    def narrow_rules(self) -> None:
        """Let the validating webhook configuration cover Issuers only."""
        self._edit("validating", "replace", "/webhooks/0/rules/0/resources", ["issuers/*"])

    def failure_policy(self, policy: str = "Ignore") -> None:
        """Set the failurePolicy of both webhook configurations: Ignore or Fail."""
        for which in _CONFIGURATIONS:
            self._edit(which, "replace", "/webhooks/0/failurePolicy", policy)

    def label_namespace_out(self, namespace: str = "default") -> None:
        """Label a namespace so that the validating webhook is not asked about it."""
        path, label = f"/api/v1/namespaces/{namespace}", "cert-manager.io/disable-validation"
        self.api.patch(path, {"metadata": {"labels": {label: "true"}}})
        clean = {"metadata": {"labels": {label: None}}}
        self._broke(f"label {namespace}", lambda: self.api.patch(path, clean))

    def blank_ca_bundle(self, which: str = "both") -> None:
        """Remove the caBundle; the cainjector is stopped, else it would put it back at once."""
        self._replace_bundle(which, None)

    def foreign_ca_bundle(self, which: str = "both") -> None:
        """Replace the caBundle by another authority's certificate; the cainjector is stopped."""
        self._replace_bundle(which, Authority.create("another-ca").certificate)

    def garbage_ca_bundle(self, which: str = "both") -> None:
        """Replace the caBundle by bytes that are no PEM, which the API accepts; the cainjector is stopped."""
        self._replace_bundle(which, b"not a certificate")

    def restore_ca_bundle(self) -> None:
        """Blank the caBundle and start the cainjector, which fills it in."""
        for path in self._configurations("both"):
            if self.api.exists(path):
                self._set_bundle(path, None)
        self.start_process("cainjector")
        self._healed("bundle")

    def _replace_bundle(self, which: str, bundle: bytes | None) -> None:
        self.stop_process("cainjector", "term")
        self._broke("bundle", self.restore_ca_bundle)
        for path in self._configurations(which):
            self._set_bundle(path, bundle)

    def _set_bundle(self, path: str, bundle: bytes | None) -> None:
        operations: list[Object] = [{"op": "add", "path": _BUNDLE, "value": base64.b64encode(bundle or b"").decode()}]
        if bundle is None:
            operations.append({"op": "remove", "path": _BUNDLE})
        self.api.patch(path, operations, JSON_PATCH)

    def _edit(self, which: str, operation: str, path: str, value: Any) -> None:
        self._broke("configurations", self.restore_webhook_configurations)
        change = [{"op": operation, "path": path, "value": value}]
        for target in self._configurations(which):
            self.api.patch(target, change, JSON_PATCH)

    @staticmethod
    def _configurations(which: str) -> list[str]:
        kinds = list(_CONFIGURATIONS) if which == "both" else [which]
        if unknown := [kind for kind in kinds if kind not in _CONFIGURATIONS]:
            raise ValueError(f"{unknown[0]!r} is none of validating, mutating, both")
        return [f"{_CONFIGURATIONS[kind]}/{WEBHOOK_NAME}" for kind in kinds]
