"""Each fault is named: verdict, root cause and evidence."""

from dataclasses import replace

import pytest

from certdash.certmanager import constants as c
from certdash.model.diagnosis import Verdict
from certdash.model.resource import Kind
from tests.unit import scenarios
from tests.unit.diagnosis.diagnosed import said_of
from tests.unit.diagnosis.fault_cases import CASES, Case
from tests.unit.scenario_cluster import at


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_is_named(case: Case) -> None:
    cluster = scenarios.healthy()
    cluster.probe = replace(cluster.probe, basis_changed=at(600))
    case.fault(cluster)
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (case.verdict, case.code), said.findings
    assert said.cause.evidence
    assert said.cause.remedies
    told = " ".join(f"{e.ref} {e.field} {e.value}" for e in said.cause.evidence)
    assert case.evidence in told
    assert said.headline


@pytest.mark.parametrize("name", c.CRD_NAMES)
def test_each_single_crd_counts_even_while_the_probe_succeeds(name: str) -> None:
    cluster = scenarios.healthy()
    cluster.remove(Kind.CRD, name)
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0302")
    assert name in said.cause.summary
