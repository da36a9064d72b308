"""Which Secrets the objects of a namespace refer to."""

from collections.abc import Iterator

from certdash.certmanager import fields
from certdash.certmanager.issuance.resources import PODS
from certdash.certmanager.leftovers.facts import Body
from certdash.certmanager.leftovers.resources import GATEWAYS, INGRESSES
from certdash.model.resource import Key, Resource

USER_KINDS = (PODS, INGRESSES, GATEWAYS)


def secrets_of(resource: Resource, body: Body) -> frozenset[Key]:
    """The Secrets that a Pod, an Ingress or a Gateway uses. Only a Gateway's may be in another namespace."""
    home = fields.text(body, "metadata", "namespace")
    if resource is GATEWAYS:
        return frozenset(_of_gateway(body, home))
    names = _of_pod(body) if resource is PODS else _of_ingress(body)
    return frozenset((home, name) for name in names if name)


def _of_pod(body: Body) -> Iterator[str]:
    spec = fields.mapping(body, "spec")
    for volume in fields.items(spec, "volumes"):
        yield fields.text(volume, "secret", "secretName")
        yield from (fields.text(source, "secret", "name") for source in fields.items(volume, "projected", "sources"))
        yield fields.text(volume, "csi", "nodePublishSecretRef", "name")
    yield from (fields.text(pull, "name") for pull in fields.items(spec, "imagePullSecrets"))
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in fields.items(spec, kind):
            yield from (fields.text(source, "secretRef", "name") for source in fields.items(container, "envFrom"))
            for variable in fields.items(container, "env"):
                yield fields.text(variable, "valueFrom", "secretKeyRef", "name")


def _of_ingress(body: Body) -> Iterator[str]:
    yield from (fields.text(entry, "secretName") for entry in fields.items(body, "spec", "tls"))


def _of_gateway(body: Body, home: str) -> Iterator[Key]:
    for listener in fields.items(body, "spec", "listeners"):
        for ref in fields.items(listener, "tls", "certificateRefs"):
            if fields.text(ref, "kind") in ("", "Secret"):
                yield fields.text(ref, "namespace") or home, fields.text(ref, "name")
