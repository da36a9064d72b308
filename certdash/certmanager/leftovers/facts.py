"""What was read of a cluster in order to tell leftovers from what is in use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from certdash.certmanager import constants, fields
from certdash.certmanager.discovery import component_of
from certdash.certmanager.rollout import argument, container_args
from certdash.model.resource import Key, Kind, KubeObject, Ref, Resource

Body: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in a namespace: what goes with what it was made for, and what is somebody else's.

    `unread` says what may not be read, "" when all was.
    """

    known: tuple[Ref, ...] = ()
    foreign: tuple[Ref, ...] = ()
    unread: str = ""

    @property
    def kept(self) -> str:
        """Why the namespace must stay, "" when nothing of somebody else's is in it."""
        if self.foreign:
            others = len(self.foreign) - 1
            more = f" and {others} more" if others else ""
            first = self.foreign[0]
            return f"it also holds {first.kind} {first.name}{more}"
        return f"what else it holds can't be told: {self.unread}" if self.unread else ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Bodies by resource, whole or as metadata; a resource that could not be read is missing from `lists`.

    `now` is the server's time, UTC in Unix seconds. `absent` are objects that were asked for by name and are not there,
    `present` those that are. `releases` holds the status of each Helm release by namespace and name: "" when there is
    none, missing when it may not be told. `guide` holds the objects of the verification guide's names. `secrets_asked`:
    Secrets were looked for. `users_of` names by Secret who refers to it, `users_unread` by namespace why that can't be
    told.
    """

    now: float
    lists: Mapping[Resource, tuple[Body, ...]]
    present: frozenset[tuple[Resource, Key]] = frozenset()
    absent: frozenset[tuple[Resource, Key]] = frozenset()
    releases: Mapping[Key, str] = field(default_factory=dict)
    contents: Mapping[str, Contents] = field(default_factory=dict)
    guide: Mapping[Resource, Body] = field(default_factory=dict)
    secrets_asked: bool = False
    users_of: Mapping[Key, tuple[Ref, ...]] = field(default_factory=dict)
    users_unread: Mapping[str, str] = field(default_factory=dict)

    def of(self, resource: Resource) -> tuple[Body, ...]:
        """The bodies of a resource, none when it could not be read."""
        return self.lists.get(resource, ())

    def read(self, resource: Resource) -> bool:
        """Whether the resource could be read."""
        return resource in self.lists

    @property
    def installs(self) -> tuple["Workload", ...]:
        """The Deployments of cert-manager's components."""
        return workloads(self.of(Kind.DEPLOYMENT.resource))

    @property
    def installs_known(self) -> bool:
        """Whether we may conclude from there being no Deployment."""
        return self.read(Kind.DEPLOYMENT.resource)


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment of one of cert-manager's components."""

    namespace: str
    name: str
    component: str
    instance: str
    lease_namespace: str
    moving: bool


def workloads(deployments: tuple[Body, ...]) -> tuple[Workload, ...]:
    """Those of the Deployments that run cert-manager's components."""
    found = []
    for body in deployments:
        deployment = as_object(Kind.DEPLOYMENT, body)
        component = component_of(deployment)
        if component:
            given = argument(container_args(deployment), "leader-election-namespace")
            found.append(
                Workload(
                    deployment.namespace,
                    deployment.name,
                    component,
                    fields.text(body, "metadata", "labels", constants.LABEL_INSTANCE),
                    given or constants.DEFAULT_LEASE_NAMESPACE,
                    _moving(body),
                )
            )
    return tuple(found)


def _moving(body: Body) -> bool:
    """Whether its rollout is under way, or does not get on."""
    wanted = fields.number(body, "spec", "replicas", default=1)
    status = fields.mapping(body, "status")
    observed = fields.number(status, "observedGeneration") >= fields.number(body, "metadata", "generation")
    counts = (fields.number(status, key) for key in ("updatedReplicas", "availableReplicas", "replicas"))
    return not observed or any(count != wanted for count in counts)


def as_object(kind: Kind, body: Body) -> KubeObject:
    """The body as the other rules of this package take it."""
    namespace, name, uid = (fields.text(body, "metadata", key) for key in ("namespace", "name", "uid"))
    return KubeObject(kind, namespace, name, uid, fields.text(body, "metadata", "resourceVersion"), body)


def helm_release(body: Body) -> Key | None:
    """The Helm release that the object says it belongs to: namespace and name."""
    annotations = fields.string_map(body, "metadata", "annotations")
    name = annotations.get("meta.helm.sh/release-name", "")
    return (annotations.get("meta.helm.sh/release-namespace", ""), name) if name else None


def release_keeps(facts: Facts, body: Body) -> str:
    """Why an object stays for its Helm release's sake, "" when it has none or that is gone."""
    release = helm_release(body)
    if release is None or facts.releases.get(release) == "":
        return ""
    namespace, name = release
    status = facts.releases.get(release)
    if status is None:
        return f"whether its Helm release {name} in {namespace} still exists can't be told"
    if status.startswith("pending"):
        return f"its Helm release {name} in {namespace} is moving ({status})"
    return f"its Helm release {name} in {namespace} exists ({status}): change or uninstall that"
