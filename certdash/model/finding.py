"""What the diagnosis says: findings with evidence and remedies."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.resource import Ref


class Severity(StrEnum):
    """BLOCKER: the API can't accept resources because of it. WARNING: works now, may not soon. INFO: worth knowing."""

    BLOCKER = "blocker"
    WARNING = "warning"
    INFO = "info"


class Component(StrEnum):
    """The link of the chain that a finding is about, in the order in which the API server needs them.

    ISSUANCE is none of them: it begins where the chain ends.
    """

    CONNECTION = "connection"
    API_SERVER = "api server"
    CRDS = "crds"
    PROBE_NAMESPACE = "probe namespace"
    WORKLOADS = "workloads"
    SERVICE = "service and endpoints"
    WEBHOOKS = "webhook configurations"
    CA_BUNDLE = "ca bundle"
    NETWORK = "network"
    PROBE = "probe"
    ISSUANCE = "issuance"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observed fact: which object (None: the probe or the connection), which field, which value.

    `since` is UTC in Unix seconds where the object tells it. Values are raw cluster text.
    """

    ref: Ref | None
    field: str
    value: str
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do: a sentence, and commands as argv that `present` quotes. `temporary`: the owner of the object
    (Helm, Argo CD, Flux, OLM) will undo it, the lasting fix belongs in the source."""

    text: str
    commands: tuple[tuple[str, ...], ...] = ()
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing. `code` is stable (CD0101); `heals_itself` marks a state that is
    moving towards ready within a deadline of its own; `blames_others` marks a blocker that is not cert-manager's
    (somebody else's webhook, policy, quota, permission), so that cert-manager itself is untested."""

    code: str
    title: str
    component: Component
    severity: Severity
    summary: str
    evidence: tuple[Evidence, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    reference: str = ""
    heals_itself: bool = False
    blames_others: bool = False
