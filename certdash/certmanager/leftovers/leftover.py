"""One object that seems to be left over, with everything that a person needs to decide about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from certdash.certmanager import fields
from certdash.model.resource import Ref, Resource


class Origin(StrEnum):
    """What left it there."""

    OWN = "certdash's own test"
    GUIDE = "cert-manager's verification guide, or a tool that follows it"
    INSTALL = "a removed or second install"
    HOOK = "a Helm hook"
    ACME = "an ACME challenge"
    STUCK = "an interrupted deletion"
    ISSUED = "a Certificate that is gone"


class Sureness(StrEnum):
    """How sure we are that nobody has any use for it."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One leftover as it was last looked at.

    `created` and `expires` are UTC in Unix seconds; `expires` is set for our own objects only. `owner` is who put it
    there as far as it says, `why` the independent signs that it is left over, `effect` what it does while it is there.
    `kept` says why it is never removed from here, "" when it may be. `goes_with_it` are the objects that its removal
    takes along. `finalizers` are those of cert-manager's that a stuck one waits for, `finalizers_kept`
    its others: taking them away is a decision of its own.
    """

    resource: Resource
    namespace: str
    name: str
    uid: str
    resource_version: str
    origin: Origin
    sureness: Sureness
    why: tuple[str, ...]
    effect: str
    owner: str = ""
    created: float | None = None
    expires: float | None = None
    kept: str = ""
    goes_with_it: tuple[Ref, ...] = ()
    finalizers: tuple[str, ...] = ()
    finalizers_kept: tuple[str, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its name for people."""
        return Ref(self.resource.kind, self.namespace, self.name)

    @property
    def path(self) -> str:
        """Its path in the API."""
        return self.resource.path(self.namespace, self.name)

    def expired_own(self, now: float) -> bool:
        """Whether it is of ours, and past its time at `now`, the server's time in Unix seconds."""
        return self.origin is Origin.OWN and self.expires is not None and now >= self.expires


@dataclass(frozen=True, slots=True)
class Patience:
    """How old something must be before it counts, in seconds: an install or a check may just be under way."""

    install: float = 60.0
    guide: float = 600.0


def leftover(
    resource: Resource,
    body: Mapping[str, Any],
    origin: Origin,
    sureness: Sureness,
    why: tuple[str, ...],
    effect: str,
    **more: Any,
) -> Leftover:
    """The leftover that `body`, at least the object's metadata, is."""
    return Leftover(
        resource,
        fields.text(body, "metadata", "namespace"),
        fields.text(body, "metadata", "name"),
        fields.text(body, "metadata", "uid"),
        fields.text(body, "metadata", "resourceVersion"),
        origin,
        sureness,
        why,
        effect,
        created=fields.moment(body, "metadata", "creationTimestamp"),
        **{"owner": owner_of(body), **more},
    )


def owner_of(body: Mapping[str, Any]) -> str:
    """Who made or owns the object, by its ownerReferences, its labels, else the first who wrote it; "" unknown."""
    owners = fields.items(body, "metadata", "ownerReferences")
    if owners:
        return f"{fields.text(owners[0], 'kind')} {fields.text(owners[0], 'name')}"
    release = fields.text(body, "metadata", "annotations", "meta.helm.sh/release-name")
    if release:
        return f"Helm release {release}"
    managed = fields.text(body, "metadata", "labels", "app.kubernetes.io/managed-by")
    writers = [fields.text(entry, "manager") for entry in fields.items(body, "metadata", "managedFields")]
    return managed or next((writer for writer in writers if writer), "")


def age_of(body: Mapping[str, Any], now: float) -> float:
    """Seconds since the object was made; 0 when it does not say."""
    created = fields.moment(body, "metadata", "creationTimestamp")
    return now - created if created is not None else 0.0
