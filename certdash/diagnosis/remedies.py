"""What to do about it, as commands with the real context, namespace, release and installed version.

The owner of an object comes first: what Helm, Argo CD, Flux or an operator put there is put right in its source, and a
change by kubectl beside it is called temporary. No command upgrades anything: Helm is always given the version that is
installed, and where that is not known there is no Helm command.
"""

from dataclasses import dataclass

from certdash.certmanager import constants
from certdash.certmanager.discovery import Install
from certdash.certmanager.ownership import Owner
from certdash.certmanager.versions import version_key
from certdash.model.finding import Remedy
from certdash.model.snapshot import Snapshot

CHART = "oci://quay.io/jetstack/charts/cert-manager"
_RELEASES = "https://github.com/cert-manager/cert-manager/releases/download"
# Charts before this release call the value installCRDs.
_CRDS_ENABLED = (1, 15, 0)

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remedies:
    """Commands for one install. `version` is the installed version, "" when it is not known."""

    context: str
    namespace: str
    install: Install
    version: str
    crd_version: str

    def kubectl(self, *words: str) -> Argv:
        """A kubectl command in our context."""
        return ("kubectl", *(("--context", self.context) if self.context else ()), *words)

    def in_namespace(self, *words: str) -> Argv:
        """A kubectl command in the install's namespace."""
        return self.kubectl("-n", self.namespace, *words)

    def helm(self, *words: str) -> Argv:
        """A helm command in our context."""
        return ("helm", *(("--kube-context", self.context) if self.context else ()), *words)

    def look(self, text: str, *commands: Argv) -> Remedy:
        """Commands that only show something."""
        return Remedy(text, commands)

    def reapply(self, what: str, *settings: str) -> tuple[Remedy, ...]:
        """Put back what the install's source says, the owner's way. `settings` are chart values to set."""
        owner = self.install.ownership
        values = tuple(word for setting in settings for word in ("--set", setting))
        if owner.owner is Owner.HELM and version_key(self.version) > (0, 0, 0):
            release_namespace = owner.release_namespace or self.namespace
            command = self.helm(
                "upgrade", owner.release, CHART, "-n", release_namespace, "--version", self.version,
                "--reset-then-reuse-values", *values,
            )  # fmt: skip
            return (Remedy(f"Put {what} back with the installed chart version", (command,)),)
        if owner.owner is Owner.HELM:
            listed = self.helm("list", "-n", owner.release_namespace or self.namespace)
            return (Remedy(f"Put {what} back with `helm upgrade` and the chart version listed here", (listed,)),)
        return self._by_others(what, settings)

    def _by_others(self, what: str, settings: tuple[str, ...]) -> tuple[Remedy, ...]:
        owner = self.install.ownership
        in_source = f" with {', '.join(settings)}" if settings else ""
        if owner.owner is Owner.ARGOCD:
            sync = ("argocd", "app", "sync", owner.name)
            return (
                Remedy(f"Put {what} back{in_source} in the source of the Argo CD application and sync it", (sync,)),
            )
        if owner.owner is Owner.FLUX:
            context = ("--context", self.context) if self.context else ()
            where = ("-n", owner.namespace) if owner.namespace else ()
            run = ("flux", *context, "reconcile", owner.flux_kind, owner.name, *where, "--with-source")
            return (Remedy(f"Put {what} back{in_source} in Flux's source and reconcile it", (run,)),)
        if owner.owner in (Owner.OLM, Owner.OPENSHIFT, Owner.CLUSTERCTL):
            return (Remedy(f"{owner.owner.value} owns {what}: look why it does not put {what} back{in_source}"),)
        if version_key(self.version) > (0, 0, 0):
            manifest = f"{_RELEASES}/{self.version}/cert-manager.yaml"
            return (Remedy(f"Apply the manifest of {self.version} again", (self.kubectl("apply", "-f", manifest),)),)
        return (Remedy(f"Apply the manifest that {what} came from again"),)

    def install_anew(self, *, crds: bool) -> tuple[Remedy, ...]:
        """Install cert-manager, with the version of the CRDs where those are there."""
        version = ("--version", self.crd_version) if version_key(self.crd_version) > (0, 0, 0) else ()
        values = ("--set", "crds.enabled=true") if crds else ()
        command = self.helm(
            "install", "cert-manager", CHART, "-n", self.namespace, "--create-namespace", *version, *values
        )
        return (Remedy("Install cert-manager", (command,)),)

    def reapply_crds(self) -> tuple[Remedy, ...]:
        """Put the CRDs of the running version back. The chart does so only with crds.enabled=true."""
        owner = self.install.ownership
        setting = "crds.enabled=true" if version_key(self.version) >= _CRDS_ENABLED else "installCRDs=true"
        if owner.owner is Owner.HELM and self.version:
            return self.reapply("the CRDs", setting)
        if owner.owner not in (Owner.HELM, Owner.PLAIN):
            return self._by_others("the CRDs", (setting,))
        version = self.version or self.crd_version
        if version_key(version) == (0, 0, 0):
            return self.install_anew(crds=True)
        manifest = f"{_RELEASES}/{version}/cert-manager.crds.yaml"
        return (Remedy(f"Apply the CRDs of {version}", (self.kubectl("apply", "-f", manifest),)),)

    def restart(self, component: str, why: str) -> Remedy:
        """Restart a component's Pods."""
        deployment = f"deployment/{self.install.deployment_name(component)}"
        return Remedy(why, (self.in_namespace("rollout", "restart", deployment),))

    def scale_up(self, component: str) -> tuple[Remedy, ...]:
        """Let a Deployment have a Pod again."""
        deployment = f"deployment/{self.install.deployment_name(component)}"
        command = self.in_namespace("scale", deployment, "--replicas=1")
        temporary = self.install.ownership.owner not in (Owner.PLAIN, Owner.HELM)
        first = self.reapply("the number of replicas") if temporary else ()
        return (*first, Remedy("Give it a Pod again", (command,), temporary=temporary))

    def logs(self, component: str, *, previous: bool = False) -> Remedy:
        """Read what the component says."""
        deployment = f"deployment/{self.install.deployment_name(component)}"
        words = ("logs", deployment, "--tail=50", *(("--previous",) if previous else ()))
        return Remedy("Read its previous log" if previous else "Read its log", (self.in_namespace(*words),))

    def pods(self, component: str) -> Remedy:
        """See the component's Pods and what happened to them."""
        selector = f"{constants.LABEL_INSTANCE}={self.install.instance},{constants.LABEL_COMPONENT}={component}"
        return Remedy("See what keeps the Pod", (self.in_namespace("describe", "pods", "-l", selector),))

    def endpoint_slices(self) -> Remedy:
        """See what stands behind the webhook's Service."""
        name = self.install.service[1] if self.install.service else self.install.webhook
        selector = f"{constants.LABEL_SERVICE_NAME}={name}"
        return Remedy("See the Service's endpoints", (self.in_namespace("get", "endpointslices", "-l", selector),))


def remedies_for(snapshot: Snapshot, install: Install, version: str, crd_version: str) -> Remedies:
    """The commands for this install in the context that is looked at."""
    return Remedies(snapshot.target.context, install.namespace, install, version, crd_version)
