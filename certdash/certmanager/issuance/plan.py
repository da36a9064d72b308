"""What an issuance test creates, and where: objects with our marks, in the order in which they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from certdash.certmanager import constants
from certdash.certmanager.issuance.resources import CERTIFICATES, CLUSTER_ISSUERS, ISSUERS, NAMESPACES, SECRETS
from certdash.certmanager.run_marks import RunMarks
from certdash.model.resource import Ref, Resource

DEFAULT_DNS_NAME: Final = "certdash.invalid"
LEAF: Final = "leaf"
ROOT: Final = "root"


@dataclass(frozen=True, slots=True)
class IssuerRef:
    """Which issuer a Certificate names."""

    kind: str
    name: str
    group: str = constants.GROUP

    @property
    def resource(self) -> Resource | None:
        """Where the issuer can be read, None for kinds that are not cert-manager's own."""
        if self.group != constants.GROUP:
            return None
        return {"Issuer": ISSUERS, "ClusterIssuer": CLUSTER_ISSUERS}.get(self.kind)


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for. `namespace` "" means a temporary one; `issuer` None a SelfSigned one of our own.

    `chain` puts a CA between. `labels` and `annotations` go on every object, for policy engines. `timeout` in seconds
    is for the issuance itself.
    """

    namespace: str = ""
    issuer: IssuerRef | None = None
    dns_name: str = DEFAULT_DNS_NAME
    chain: bool = False
    accept_cost: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """One object to create: `body` is sent as it is."""

    resource: Resource
    namespace: str
    name: str
    body: dict[str, Any]

    @property
    def collection(self) -> str:
        """The path it is posted to."""
        return self.resource.path(self.namespace)

    @property
    def path(self) -> str:
        """The path of the object itself."""
        return self.resource.path(self.namespace, self.name)

    @property
    def ref(self) -> Ref:
        """Its name for people."""
        return Ref(self.resource.kind, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One certificate of the test: the Issuer that signs it (`own_issuer` None: the user's), and the Certificate."""

    label: str
    issuer: IssuerRef
    own_issuer: PlannedObject | None
    certificate: PlannedObject

    @property
    def secret_path(self) -> str:
        """The path of the Secret that cert-manager writes; it bears the Certificate's name."""
        return SECRETS.path(self.certificate.namespace, self.certificate.name)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a test creates. `temporary` is the namespace, None when it goes into one that exists."""

    marks: RunMarks
    namespace: str
    temporary: PlannedObject | None
    links: tuple[ChainLink, ...]
    dns_name: str

    def objects(self) -> Iterator[PlannedObject]:
        """In the order of creation."""
        if self.temporary is not None:
            yield self.temporary
        for link in self.links:
            if link.own_issuer is not None:
                yield link.own_issuer
            yield link.certificate

    def secrets(self) -> tuple[Ref, ...]:
        """What cert-manager makes of it and leaves behind."""
        return tuple(Ref("Secret", self.namespace, link.certificate.name) for link in self.links)


def make_plan(settings: Settings, marks: RunMarks) -> Plan:
    """The plan of one run."""
    namespace = settings.namespace or marks.name
    maker = _Maker(settings, marks, namespace)
    temporary = None if settings.namespace else maker.make(NAMESPACES, "", marks.name, {})
    return Plan(marks, namespace, temporary, maker.links(), settings.dns_name)


@dataclass(frozen=True, slots=True)
class _Maker:
    settings: Settings
    marks: RunMarks
    namespace: str

    def links(self) -> tuple[ChainLink, ...]:
        name = self.marks.name
        if self.settings.issuer is not None:
            return (ChainLink(LEAF, self.settings.issuer, None, self._certificate(name, self.settings.issuer)),)
        if not self.settings.chain:
            return (self._link(LEAF, name, {"selfSigned": {}}),)
        root = f"{name}-{ROOT}"
        return (
            self._link(ROOT, root, {"selfSigned": {}}, isCA=True),
            self._link(LEAF, name, {"ca": {"secretName": root}}),
        )

    def _link(self, label: str, name: str, issuer_spec: dict[str, Any], **spec: Any) -> ChainLink:
        issuer = IssuerRef("Issuer", name)
        made = self.make(ISSUERS, self.namespace, name, {"spec": issuer_spec})
        # Short, but within what the webhook allows; and a subject, without which a SelfSigned issuer complains.
        own = {"commonName": self._common_name(label), "duration": "1h", "renewBefore": "30m", **spec}
        return ChainLink(label, issuer, made, self._certificate(name, issuer, **own))

    def _common_name(self, label: str) -> str:
        name = self.marks.name if label == ROOT else self.settings.dns_name
        return name if len(name) <= 64 else self.marks.name

    def _certificate(self, name: str, issuer: IssuerRef, **spec: Any) -> PlannedObject:
        wanted = {
            "secretName": name,
            "dnsNames": [self.settings.dns_name],
            "privateKey": {"algorithm": "ECDSA", "size": 256},
            "secretTemplate": {"labels": self.marks.labels, "annotations": self.marks.annotations},
            "issuerRef": {"name": issuer.name, "kind": issuer.kind, "group": issuer.group},
            **spec,
        }
        return self.make(CERTIFICATES, self.namespace, name, {"spec": wanted})

    def make(self, resource: Resource, namespace: str, name: str, rest: dict[str, Any]) -> PlannedObject:
        # Whatever a policy engine wants stands beside our marks, never in their place.
        metadata: dict[str, Any] = {
            "name": name,
            "labels": {**dict(self.settings.labels), **self.marks.labels},
            "annotations": {**dict(self.settings.annotations), **self.marks.annotations},
        }
        if namespace:
            metadata["namespace"] = namespace
        body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **rest}
        return PlannedObject(resource, namespace, name, body)


def wrong_certificate(plan: Plan) -> dict[str, Any]:
    """A Certificate that only the webhook can refuse, for a dry run; see probe_objects for its text of denial."""
    meta = {"generateName": f"{plan.marks.name}-wrong-", "namespace": plan.namespace}
    issuer = plan.links[0].issuer
    spec = {
        "secretName": plan.marks.name,
        "ipAddresses": ["not-an-ip"],
        "issuerRef": {"name": issuer.name, "kind": issuer.kind, "group": issuer.group},
    }
    return {
        "apiVersion": CERTIFICATES.api_version,
        "kind": CERTIFICATES.kind,
        "metadata": {**meta, "labels": plan.links[0].certificate.body["metadata"]["labels"]},
        "spec": spec,
    }
