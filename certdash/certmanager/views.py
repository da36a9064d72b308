"""Typed views over reduced objects: CRDs, webhook entries, the Service and its endpoints, leases. Total on any body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certdash.certmanager import constants, fields
from certdash.model.resource import Key, Kind, KubeObject, Ref
from certdash.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One entry of `status.conditions`; `since` is its last transition in Unix seconds."""

    type: str
    status: str
    reason: str
    message: str
    since: float | None
    updated: float | None


def condition(body: Mapping[str, Any], kind: str) -> ConditionView | None:
    """The condition of that type, None when the object does not report it."""
    for entry in fields.items(body, "status", "conditions"):
        if fields.text(entry, "type") == kind:
            since = fields.moment(entry, "lastTransitionTime")
            return ConditionView(
                kind,
                fields.text(entry, "status"),
                fields.text(entry, "reason"),
                fields.text(entry, "message"),
                since,
                fields.moment(entry, "lastUpdateTime") or since,
            )
    return None


@dataclass(frozen=True, slots=True)
class CrdView:
    """A CustomResourceDefinition as admission depends on it. Moments are Unix seconds."""

    ref: Ref
    established: ConditionView | None
    names_accepted: ConditionView | None
    terminating: bool
    serves_v1: bool
    stored_versions: tuple[str, ...]
    conversion: str
    version: str
    created: float | None

    @property
    def served(self) -> bool:
        """Whether the API server serves v1 of it for new objects."""
        established = self.established is not None and self.established.status == "True"
        return established and self.serves_v1 and not self.terminating


def crd_view(crd: KubeObject) -> CrdView:
    """The view of a CRD object."""
    body = crd.body
    terminating = condition(body, "Terminating")
    return CrdView(
        ref=crd.ref,
        established=condition(body, "Established"),
        names_accepted=condition(body, "NamesAccepted"),
        terminating=bool(fields.text(body, "metadata", "deletionTimestamp"))
        or (terminating is not None and terminating.status == "True"),
        serves_v1=any(
            fields.text(v, "name") == constants.VERSION and fields.flag(v, "served")
            for v in fields.items(body, "spec", "versions")
        ),
        stored_versions=fields.texts(body, "status", "storedVersions"),
        conversion=fields.text(body, "spec", "conversion", "strategy") or "None",
        version=fields.text(body, "metadata", "labels", constants.LABEL_VERSION),
        created=fields.moment(body, "metadata", "creationTimestamp"),
    )


@dataclass(frozen=True, slots=True)
class WebhookEntry:
    """One entry of a webhook configuration, with the API's defaults filled in.

    `service` is namespace and name, None where the entry holds a `url`. `ca_bundle` is the base64 text as stored.
    """

    kind: Kind
    configuration: Ref
    name: str
    service: Key | None
    port: int
    path: str
    url: str
    ca_bundle: str
    failure_policy: str
    timeout: int
    rules: tuple[Mapping[str, Any], ...]
    namespace_selector: Mapping[str, Any]
    object_selector: Mapping[str, Any]
    match_conditions: int

    @property
    def target(self) -> str:
        """Where it leads, as the API server's messages say it."""
        return f"{self.service[1]}.{self.service[0]}.svc:{self.port}" if self.service else self.url


def webhook_entries(configuration: KubeObject) -> tuple[WebhookEntry, ...]:
    """All entries of a configuration."""
    return tuple(_webhook_entry(configuration, e) for e in fields.items(configuration.body, "webhooks"))


def _webhook_entry(configuration: KubeObject, entry: Mapping[str, Any]) -> WebhookEntry:
    client = fields.mapping(entry, "clientConfig")
    service = fields.mapping(client, "service")
    url = fields.text(client, "url")
    path = fields.text(service, "path") or ("/" + url.split("://", 1)[-1].partition("/")[2].partition("?")[0])
    return WebhookEntry(
        kind=configuration.kind,
        configuration=configuration.ref,
        name=fields.text(entry, "name"),
        service=(fields.text(service, "namespace"), fields.text(service, "name")) if service else None,
        port=fields.number(service, "port", default=443),
        path=path,
        url=url,
        ca_bundle=fields.text(client, "caBundle"),
        failure_policy=fields.text(entry, "failurePolicy") or "Fail",
        timeout=fields.number(entry, "timeoutSeconds", default=10),
        rules=fields.items(entry, "rules"),
        namespace_selector=fields.mapping(entry, "namespaceSelector"),
        object_selector=fields.mapping(entry, "objectSelector"),
        match_conditions=len(fields.items(entry, "matchConditions")),
    )


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of a Service; `target` is the named or numbered target port as text."""

    name: str
    port: int
    target: str


def service_port(service: KubeObject, port: int) -> ServicePort | None:
    """The Service's port of that number, None when it has none."""
    for entry in fields.items(service.body, "spec", "ports"):
        if fields.number(entry, "port") == port:
            target = fields.value(entry, "targetPort")
            return ServicePort(fields.text(entry, "name"), port, "" if target is None else str(target))
    return None


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One address behind the Service; `port` is 0 where no slice port carries the Service port's name."""

    address: str
    port: int
    ready: bool
    pod: str


def endpoints(snapshot: Snapshot, service: Key, port_name: str) -> tuple[EndpointView, ...]:
    """The addresses of the Service for one of its ports, ready or not, sorted."""
    found = []
    for (namespace, _), endpoint_slice in snapshot.of(Kind.ENDPOINTSLICE).items():
        if namespace != service[0]:
            continue
        labels = fields.mapping(endpoint_slice.body, "metadata", "labels")
        if labels.get(constants.LABEL_SERVICE_NAME) != service[1]:
            continue
        port = next(
            (
                fields.number(p, "port")
                for p in fields.items(endpoint_slice.body, "ports")
                if fields.text(p, "name") == port_name
            ),
            0,
        )
        for endpoint in fields.items(endpoint_slice.body, "endpoints"):
            # The API defines an absent ready condition as ready.
            ready = fields.value(endpoint, "conditions", "ready") is not False
            pod = fields.text(endpoint, "targetRef", "name")
            found += [EndpointView(a, port, ready, pod) for a in fields.texts(endpoint, "addresses")]
    return tuple(sorted(found, key=lambda e: (e.address, e.port, e.pod, e.ready)))


@dataclass(frozen=True, slots=True)
class LeaseView:
    """A leader election lease. Moments are Unix seconds on the cluster's clock, `duration` seconds."""

    ref: Ref
    holder: str
    renewed: float | None
    duration: int

    @property
    def holder_pod(self) -> str:
        """The Pod's name within the holder identity."""
        # The controller appends "-external-cert-manager-controller", controller-runtime "_" and a UUID.
        return self.holder.partition("-external-")[0].partition("_")[0]


def lease_view(lease: KubeObject) -> LeaseView:
    """The view of a Lease."""
    spec = fields.mapping(lease.body, "spec")
    return LeaseView(
        lease.ref,
        fields.text(spec, "holderIdentity"),
        fields.moment(spec, "renewTime"),
        fields.number(spec, "leaseDurationSeconds", default=60),
    )
