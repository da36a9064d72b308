"""What certdash must say of each scenario of the demo."""

from collections.abc import Callable
from dataclasses import dataclass

from certdash.certmanager.constants import CRD_NAMES
from certdash.demo.scenarios import SCENARIOS
from certdash.model.assessment import Assessment
from certdash.model.diagnosis import InstallPhase, IssuancePhase, Verdict


@dataclass(frozen=True, slots=True)
class Broken:
    """A scenario that takes the API down (or makes it unprovable), and what must be said of it.

    `codes`: the root cause must be one of them. `patience` in seconds; a call of a webhook that is never answered
    takes its 30 s.
    """

    name: str
    codes: tuple[str, ...]
    verdict: Verdict = Verdict.NOT_READY
    patience: float = 45.0
    heals_within: float = 60.0

    @property
    def verbs(self) -> tuple[str, ...]:
        """What breaks."""
        return SCENARIOS[self.name].verbs


@dataclass(frozen=True, slots=True)
class Impaired:
    """A scenario under which the API stays ready; `shows` must come true while it does."""

    name: str
    shows: Callable[[Assessment], bool]
    codes: tuple[str, ...] = ()
    patience: float = 60.0

    @property
    def verbs(self) -> tuple[str, ...]:
        """What breaks."""
        return SCENARIOS[self.name].verbs


# A Pod that just became ready is given time: what leaves Pods alone comes first.
BROKEN = (
    Broken("network-refuses", ("CD0911",)),
    # The network first: what certdash says of a webhook that began to serve only now is milder for half a minute.
    Broken("network-drops", ("CD0912",), patience=80),
    Broken("network-hangs", ("CD0912", "CD0921"), patience=80),
    Broken("network-resets", ("CD0913",)),
    Broken("network-closes", ("CD0914",)),
    Broken("plain-http", ("CD0915",)),
    *(Broken(f"without-{crd}", ("CD0302",)) for crd in CRD_NAMES),
    Broken("no-crds", ("CD0301",)),
    Broken("no-service", ("CD0601",)),
    Broken("service-port", ("CD0602",)),
    Broken("service-selector", ("CD0604",)),
    Broken("headless-service", ("CD0603",)),
    Broken("no-validating", ("CD0503",)),
    Broken("no-mutating", ("CD0504",)),
    Broken("no-configurations", ("CD0502",)),
    Broken("narrow-rules", ("CD0505",)),
    Broken("labelled-out", ("CD0506",)),
    Broken("ca-empty", ("CD0801",)),
    Broken("ca-foreign", ("CD0803",)),
    Broken("ca-garbage", ("CD0802",)),
    Broken("wrong-name", ("CD0903",)),
    Broken("expired", ("CD0901",)),
    Broken("leftover-configuration", ("CD0510",)),
    Broken("third-party", ("CD0401",), Verdict.UNKNOWN),
    Broken("policy", ("CD0403",), Verdict.UNKNOWN),
    Broken("api-server-killed", ("CD0101",), Verdict.UNKNOWN),
    Broken("etcd-stopped", ("CD0109", "CD0110"), Verdict.UNKNOWN, patience=80),
    Broken("never-ready", ("CD0706",)),
    Broken("no-endpoints", ("CD0605", "CD0706")),
    Broken("deployment-absent", ("CD0701",)),
    Broken("scaled-to-0", ("CD0702",)),
    Broken("image-pull", ("CD0703",)),
    Broken("crash-loop", ("CD0704",)),
    Broken("unschedulable", ("CD0705",)),
    Broken("fails-open", ("CD0509", "CD0704", "CD0605", "CD0706")),
    Broken("namespace-missing", ("CD0710",), heals_within=120),
    Broken("crds-only", ("CD0501",), heals_within=120),
)


def issuance_stopped(assessment: Assessment) -> bool:
    return assessment.diagnosis.issuance.phase is IssuancePhase.NOT_RUNNING


def install_is(phase: InstallPhase) -> Callable[[Assessment], bool]:
    return lambda assessment: assessment.diagnosis.install.phase is phase


def always(_: Assessment) -> bool:
    return True


IMPAIRED = (
    Impaired("rolling", install_is(InstallPhase.ROLLING)),
    Impaired("stuck", install_is(InstallPhase.DEGRADED), ("CD0721",)),
    Impaired("no-controller", issuance_stopped, ("CD0722",)),
    Impaired("no-lease", issuance_stopped, ("CD0722", "CD0723")),
    Impaired("no-cainjector", always, ("CD0724",)),
    Impaired("cainjector-scaled-to-0", always, ("CD0724",)),
)
