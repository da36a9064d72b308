"""Who owns the install's objects: the place where a lasting fix belongs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from certdash.certmanager import constants, fields
from certdash.model.resource import KubeObject


class Owner(StrEnum):
    """What put the objects there and will put them back."""

    HELM = "Helm"
    ARGOCD = "Argo CD"
    FLUX = "Flux"
    OLM = "OLM"
    OPENSHIFT = "the OpenShift cert-manager operator"
    CLUSTERCTL = "clusterctl"
    PLAIN = "a manifest"


@dataclass(frozen=True, slots=True)
class Ownership:
    """`name` and `namespace` name the owner's own object (release, Application, HelmRelease); `release` and
    `release_namespace` the Helm release where there is one."""

    owner: Owner
    name: str = ""
    namespace: str = ""
    release: str = ""
    release_namespace: str = ""
    flux_kind: str = ""


def ownership(objects: Iterable[KubeObject]) -> Ownership:
    """The owner that the objects' labels and annotations tell of; the first object that tells decides."""
    release, release_namespace = "", ""
    told: Ownership | None = None
    for found in objects:
        annotations = fields.string_map(found.body, "metadata", "annotations")
        release = release or annotations.get("meta.helm.sh/release-name", "")
        release_namespace = release_namespace or annotations.get("meta.helm.sh/release-namespace", "")
        told = told or _told_by(found)
    if told and told.owner is not Owner.HELM:
        return Ownership(told.owner, told.name, told.namespace, release, release_namespace, told.flux_kind)
    if told or release:
        name = release or (told.name if told else "")
        return Ownership(Owner.HELM, name, release_namespace, name, release_namespace)
    return Ownership(Owner.PLAIN)


def _told_by(found: KubeObject) -> Ownership | None:
    labels = fields.string_map(found.body, "metadata", "labels")
    annotations = fields.string_map(found.body, "metadata", "annotations")
    tracking = annotations.get("argocd.argoproj.io/tracking-id", "")
    if tracking or "argocd.argoproj.io/instance" in labels:
        return Ownership(Owner.ARGOCD, tracking.partition(":")[0] or labels["argocd.argoproj.io/instance"])
    for prefix, kind in (("helm", "helmrelease"), ("kustomize", "kustomization")):
        name = labels.get(f"{prefix}.toolkit.fluxcd.io/name")
        if name:
            namespace = labels.get(f"{prefix}.toolkit.fluxcd.io/namespace", "")
            return Ownership(Owner.FLUX, name, namespace, flux_kind=kind)
    if "olm.owner" in labels:
        return Ownership(Owner.OLM, labels["olm.owner"], labels.get("olm.owner.namespace", ""))
    if any(k.startswith("operator.openshift.io/") for k in annotations):
        return Ownership(Owner.OPENSHIFT, "cluster")
    if "clusterctl.cluster.x-k8s.io" in labels or "clusterctl.cluster.x-k8s.io/core" in labels:
        return Ownership(Owner.CLUSTERCTL)
    if labels.get(constants.LABEL_MANAGED_BY) == "Helm":
        return Ownership(Owner.HELM, labels.get(constants.LABEL_INSTANCE, ""))
    return None
