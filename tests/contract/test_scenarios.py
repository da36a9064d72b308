"""What certdash says while things break and heal, on both clusters: verdict, root cause, and never a false green.

One engine watches one cluster through all scenarios, as a person's dashboard would: each scenario begins READY, is
broken by verbs, must be named, is healed, and must be READY again. While it is broken, the API server's answers to the
three creates of a probe round must be those that the real one gave.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from certdash.demo.faults.verbs import Faults, perform
from certdash.model.assessment import Assessment
from certdash.model.diagnosis import InstallPhase, IssuancePhase, Verdict
from tests.contract import transcript
from tests.contract.conftest import RECORDING, ContractCluster
from tests.contract.probes import ask_probes
from tests.contract.scenarios import BROKEN, IMPAIRED, Broken, Impaired
from tests.contract.watcher import Watcher
from tests.contract.wire import Wire
from tests.real.cluster import RealCluster

pytestmark = pytest.mark.timeout(240)

# By then everything that follows the objects has followed them, in seconds.
SETTLED = 5.0


@pytest.fixture(scope="module")
def watcher(contract_cluster: ContractCluster) -> Iterator[Watcher]:
    with Watcher(contract_cluster.kubeconfig) as watcher:
        watcher.wait_ready()
        yield watcher


@pytest.fixture
def hurry(watcher: Watcher, contract_cluster: ContractCluster) -> Callable[[], None]:
    """On the embedded cluster, presses the key for the next probe round; the real one shows the cadence as it is."""
    return (lambda: None) if isinstance(contract_cluster, RealCluster) else watcher.probe_now


@pytest.fixture
def faults(contract_cluster: ContractCluster) -> Iterator[Faults]:
    faults = Faults(contract_cluster)
    yield faults
    faults.heal()


def do(faults: Faults, verbs: tuple[str, ...]) -> None:
    for verb in verbs:
        name, *arguments = verb.split()
        perform(faults, name, arguments)


def cause_is(verdict: Verdict, codes: tuple[str, ...]) -> Callable[[Assessment], bool]:
    def fits(assessment: Assessment) -> bool:
        diagnosis = assessment.diagnosis
        return diagnosis.verdict is verdict and diagnosis.cause is not None and diagnosis.cause.code in codes

    return fits


def rounds_since(assessment: Assessment, number: int) -> int:
    return sum(done.number > number for done in assessment.snapshot.probe.rounds)


def compare(name: str, verdict: dict[str, str], wire: Wire) -> list[str]:
    """How verdict and answers differ from the recorded ones, or record them. The way to the webhook may be a moment
    behind the objects by which a break was named, so the answers may take a moment, too."""
    if RECORDING:
        time.sleep(SETTLED)
        transcript.record("scenarios", name, {**verdict, "answers": ask_probes(wire)})
        return []
    recorded = transcript.read("scenarios")[name]
    deadline = time.monotonic() + SETTLED
    while True:
        found = list(transcript.differences(recorded, {**verdict, "answers": ask_probes(wire)}))
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


@pytest.mark.parametrize("scenario", BROKEN, ids=lambda scenario: scenario.name)
def test_a_break_is_named_and_its_heal_seen(
    watcher: Watcher, hurry: Callable[[], None], wire: Wire, faults: Faults, scenario: Broken
) -> None:
    watcher.wait_ready()
    do(faults, scenario.verbs)
    watcher.forget()
    hurry()
    named = watcher.wait_for(cause_is(scenario.verdict, scenario.codes), f"{scenario.codes}", scenario.patience)
    cause = named.diagnosis.cause
    assert cause is not None
    assert cause.evidence
    assert cause.remedies
    assert cause.blames_others == (scenario.codes[0] in ("CD0401", "CD0403"))
    watcher.forget()
    seen = named.snapshot.probe.rounds[-1].number if named.snapshot.probe.rounds else 0
    hurry()
    watcher.wait_for(lambda a: rounds_since(a, seen) >= 2 or a.snapshot.probe.in_flight is not None, "more rounds", 40)
    assert Verdict.READY not in {assessment.diagnosis.verdict for assessment in watcher.history}, watcher.said()
    verdict = {"verdict": named.diagnosis.verdict.value, "cause": " or ".join(scenario.codes)}
    found = compare(scenario.name, verdict, wire)
    faults.heal()
    hurry()
    watcher.wait_ready(scenario.heals_within)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scenario", IMPAIRED, ids=lambda scenario: scenario.name)
def test_the_api_stays_ready_and_the_impairment_is_said(watcher: Watcher, faults: Faults, scenario: Impaired) -> None:
    watcher.wait_ready()
    watcher.forget()
    do(faults, scenario.verbs)

    def said(assessment: Assessment) -> bool:
        warned = {warning.code for warning in assessment.diagnosis.warnings}
        return scenario.shows(assessment) and (not scenario.codes or bool(warned & set(scenario.codes)))

    watcher.wait_for(said, f"{scenario.name} {scenario.codes}", scenario.patience)
    verdicts = {assessment.diagnosis.verdict for assessment in watcher.history}
    assert verdicts == {Verdict.READY}, watcher.said()
    watcher.forget()
    faults.heal()

    def whole(assessment: Assessment) -> bool:
        diagnosis = assessment.diagnosis
        complete = diagnosis.install.phase is InstallPhase.COMPLETE
        return complete and diagnosis.issuance.phase is IssuancePhase.RUNNING

    watcher.wait_for(whole, "a complete install that issues", 120)


def test_every_break_has_its_recorded_answers() -> None:
    assert set(transcript.read("scenarios")) == {scenario.name for scenario in BROKEN}
