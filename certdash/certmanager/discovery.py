"""Finding the install: from the webhook configurations' rules, not from names, since a release may have any name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from certdash.certmanager import constants, fields
from certdash.certmanager.ownership import Ownership, ownership
from certdash.certmanager.rollout import argument, container_args
from certdash.certmanager.selection import failing_requirement
from certdash.certmanager.versions import image_name
from certdash.certmanager.views import WebhookEntry, webhook_entries
from certdash.model.resource import Key, Kind, KubeObject, Ref
from certdash.model.snapshot import Snapshot


class FoundBy(StrEnum):
    """What the install's namespace was concluded from."""

    SCOPE = "the namespace asked for"
    CONFIGURATION = "a webhook configuration"
    WORKLOADS = "its Deployments"
    GUESS = "nothing: the default is assumed"


@dataclass(frozen=True, slots=True)
class Install:
    """One install of cert-manager. Names of absent objects are those that they would have.

    `validating` and `mutating` are the entries that lead to this install, `stale` the configurations with entries of
    cert-manager's that lead elsewhere. `service` is None where the entries hold a URL. `ca_secret` is None where
    nothing is injected (OLM, certificates from files). `namespaces` are all in which something of cert-manager's
    seems to live, this install's first.
    """

    namespace: str
    found_by: FoundBy
    instance: str
    fullname: str
    controller: str
    webhook: str
    cainjector: str
    service: Key | None
    validating: tuple[WebhookEntry, ...]
    mutating: tuple[WebhookEntry, ...]
    stale: tuple[Ref, ...]
    ca_secret: Key | None
    injected: bool
    lease_namespace: str
    cainjector_lease_namespace: str
    ownership: Ownership
    namespaces: tuple[str, ...]

    @property
    def entries(self) -> tuple[WebhookEntry, ...]:
        """The entries that lead to this install."""
        return self.validating + self.mutating

    def deployment_name(self, component: str) -> str:
        """The name of a component's Deployment."""
        names = {constants.CONTROLLER: self.controller, constants.WEBHOOK: self.webhook}
        return names.get(component, self.cainjector)


def cert_manager_entries(snapshot: Snapshot) -> tuple[WebhookEntry, ...]:
    """All entries of cert-manager's own webhook in all configurations, sorted by kind and configuration."""
    found = []
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        for _, configuration in sorted(snapshot.of(kind).items()):
            labels = fields.string_map(configuration.body, "metadata", "labels")
            found += [e for e in webhook_entries(configuration) if is_cert_manager_entry(e, labels)]
    return tuple(found)


def is_cert_manager_entry(entry: WebhookEntry, labels: Mapping[str, str]) -> bool:
    """Whether the entry is cert-manager's own: by its name, else by rules, path and labels (renamed forks).

    Policy engines list the group "*" and siblings such as approver-policy have groups of their own.
    """
    if entry.name in constants.ENTRY_NAMES:
        return True
    labelled = labels.get(constants.LABEL_COMPONENT) == constants.WEBHOOK == labels.get(constants.LABEL_NAME)
    path = entry.path in (constants.VALIDATE_PATH, constants.MUTATE_PATH)
    return labelled and path and any(g in constants.GROUPS for r in entry.rules for g in fields.texts(r, "apiGroups"))


def component_of(deployment: KubeObject) -> str:
    """Which of cert-manager's components a Deployment runs, "" for anything else."""
    for container in fields.items(deployment.body, "spec", "template", "spec", "containers"):
        named = constants.IMAGE_NAMES.get(image_name(fields.text(container, "image")))
        named = named or constants.IMAGE_NAMES.get(fields.text(container, "name"))
        if named:
            return named
    labels = fields.string_map(deployment.body, "metadata", "labels")
    component = labels.get(constants.LABEL_COMPONENT, "")
    expected = {constants.CONTROLLER: "cert-manager"}.get(component, component)
    return component if component in constants.COMPONENTS and labels.get(constants.LABEL_NAME) == expected else ""


def discover(snapshot: Snapshot) -> Install:
    """The install to look at. Total: an empty snapshot gives the chart's default names."""
    entries = cert_manager_entries(snapshot)
    workloads = _workloads(snapshot)
    target, namespace, found_by = _choose(snapshot, entries, workloads)
    own = [e for e in entries if _target(e) == target] if target else []
    service = next((e.service for e in own if e.service), None)
    here = {c: d for (ns, c), d in workloads.items() if ns == namespace}
    webhook = _webhook_deployment(snapshot, namespace, service) or here.get(constants.WEBHOOK)
    controller, cainjector = here.get(constants.CONTROLLER), here.get(constants.CAINJECTOR)
    fullname = _fullname(service, webhook, controller)
    configurations = [c for e in own if (c := snapshot.get(e.kind, e.configuration.name))]
    owner = ownership([*(d for d in (webhook, controller, cainjector) if d), *configurations])
    secret, injected = _ca_secret(configurations, webhook, namespace, fullname)
    elsewhere = {e.configuration for e in entries} - {e.configuration for e in own}
    return Install(
        namespace=namespace,
        found_by=found_by,
        instance=_instance(webhook or controller or cainjector) or owner.release or fullname,
        fullname=fullname,
        controller=controller.name if controller else fullname,
        webhook=webhook.name if webhook else f"{fullname}-webhook",
        cainjector=cainjector.name if cainjector else f"{fullname}-cainjector",
        service=service if own else (namespace, f"{fullname}-webhook"),
        validating=tuple(e for e in own if e.kind is Kind.VALIDATING),
        mutating=tuple(e for e in own if e.kind is Kind.MUTATING),
        stale=tuple(sorted(elsewhere)),
        ca_secret=secret,
        injected=injected,
        lease_namespace=_lease_namespace(controller),
        cainjector_lease_namespace=_lease_namespace(cainjector),
        ownership=owner,
        namespaces=_namespaces(namespace, entries, workloads),
    )


def _workloads(snapshot: Snapshot) -> Mapping[tuple[str, str], KubeObject]:
    found: dict[tuple[str, str], KubeObject] = {}
    for _, deployment in sorted(snapshot.of(Kind.DEPLOYMENT).items()):
        component = component_of(deployment)
        if component:
            found.setdefault((deployment.namespace, component), deployment)
    return found


def _target(entry: WebhookEntry) -> tuple[str, str]:
    return entry.service or ("", entry.url.split("://", 1)[-1].partition("/")[0])


def _choose(
    snapshot: Snapshot, entries: Iterable[WebhookEntry], workloads: Mapping[tuple[str, str], KubeObject]
) -> tuple[tuple[str, str] | None, str, FoundBy]:
    """The target of the install's entries (None: none leads to it), its namespace, and what told."""
    wanted = snapshot.scope.install_namespace
    targets: dict[tuple[str, str], set[Kind]] = {}
    for entry in entries:
        targets.setdefault(_target(entry), set()).add(entry.kind)

    def score(target: tuple[str, str]) -> tuple[int, tuple[str, str]]:
        namespace = target[0]
        points = 100 * (wanted != "" and namespace == wanted) + len(targets[target])
        points += 8 * ((namespace, constants.WEBHOOK) in workloads)
        points += 4 * (snapshot.get(Kind.SERVICE, target[1], namespace) is not None)
        return -(points + (namespace == constants.DEFAULT_NAMESPACE)), target

    ordered = sorted(targets, key=score)
    homes = _homes(workloads)
    if wanted:
        fitting = [t for t in ordered if t[0] in ("", wanted)]
        return (fitting[0] if fitting else None), wanted, FoundBy.SCOPE
    if ordered and ordered[0][0]:
        return ordered[0], ordered[0][0], FoundBy.CONFIGURATION
    if homes:
        return (ordered[0] if ordered else None), homes[0], FoundBy.WORKLOADS
    return (ordered[0] if ordered else None), constants.DEFAULT_NAMESPACE, FoundBy.GUESS


def _homes(workloads: Mapping[tuple[str, str], KubeObject]) -> list[str]:
    """Namespaces that hold components, the likeliest first."""
    counted: dict[str, int] = {}
    for namespace, _ in workloads:
        counted[namespace] = counted.get(namespace, 0) + 1
    return sorted(counted, key=lambda ns: (ns != constants.DEFAULT_NAMESPACE, -counted[ns], ns))


def _namespaces(
    chosen: str, entries: Iterable[WebhookEntry], workloads: Mapping[tuple[str, str], KubeObject]
) -> tuple[str, ...]:
    pointed = {e.service[0] for e in entries if e.service and e.service[0]}
    others = sorted((pointed | {ns for ns, _ in workloads}) - {chosen})
    return (chosen, *others)


def _webhook_deployment(snapshot: Snapshot, namespace: str, service: Key | None) -> KubeObject | None:
    """The Deployment whose Pods the Service selects; that works at 0 Pods, too."""
    found = snapshot.get(Kind.SERVICE, service[1], service[0]) if service else None
    selector = fields.mapping(found.body, "spec", "selector") if found else None
    if not selector:
        return None
    for key, deployment in sorted(snapshot.of(Kind.DEPLOYMENT).items()):
        labels = fields.string_map(deployment.body, "spec", "template", "metadata", "labels")
        if key[0] == namespace and not failing_requirement({"matchLabels": selector}, labels):
            return deployment
    return None


def _fullname(service: Key | None, webhook: KubeObject | None, controller: KubeObject | None) -> str:
    if controller:
        return controller.name
    for name in (webhook.name if webhook else "", service[1] if service else ""):
        if name.endswith("-webhook"):
            return name.removesuffix("-webhook")
    return constants.DEFAULT_FULLNAME


def _instance(workload: KubeObject | None) -> str:
    return fields.text(workload.body, "metadata", "labels", constants.LABEL_INSTANCE) if workload else ""


def _lease_namespace(deployment: KubeObject | None) -> str:
    given = argument(container_args(deployment), "leader-election-namespace") if deployment else ""
    return given or constants.DEFAULT_LEASE_NAMESPACE


def _ca_secret(
    configurations: Iterable[KubeObject], webhook: KubeObject | None, namespace: str, fullname: str
) -> tuple[Key | None, bool]:
    """The Secret with the webhook's authority, and whether the cainjector is asked to copy it."""
    seen = False
    for configuration in configurations:
        seen = True
        told = fields.text(configuration.body, "metadata", "annotations", constants.INJECT_FROM_SECRET)
        secret_namespace, slash, name = told.partition("/")
        if slash and name:
            return (secret_namespace, name), True
        if fields.text(configuration.body, "metadata", "annotations", constants.INJECT_FROM_CERTIFICATE):
            return None, True
    args = container_args(webhook) if webhook else ()
    name = argument(args, "dynamic-serving-ca-secret-name")
    if name:
        return (argument(args, "dynamic-serving-ca-secret-namespace") or namespace, name), False
    return (None if seen else (namespace, f"{fullname}-webhook-ca")), False
