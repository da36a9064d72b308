"""Names can be replaced without changing what is diagnosed."""

import re
from pathlib import Path
from typing import Any

import pytest

from certdash.diagnosis import call_fault, envelope
from certdash.diagnosis.diagnose import diagnose
from certdash.engine.cursor import Course, Cursor
from certdash.model.diagnosis import Diagnosis
from certdash.model.resource import Kind
from certdash.recording.pseudonyms import Pseudonyms
from certdash.recording.reader import Recording
from certdash.recording.vocabulary import is_common
from tests.unit import scenarios
from tests.unit.diagnosis.fault_cases import CASES, Case
from tests.unit.recording.story import Story, Tape
from tests.unit.scenario_cluster import Cluster

PRIVATE = ("payments", "acmecorp", "blackforest", "carla", "tessellate")


def renamed(cluster: Cluster) -> Cluster:
    """The install under names that somebody gave: its namespace, its release, the cluster and the user."""
    words = {"alice": "carla", "prod": "blackforest", "n1": "node-7.acmecorp.example"}
    for key, body in list(cluster.bodies.items()):
        del cluster.bodies[key]
        cluster.add(key[0], _renamed(body, words))
    return cluster


def _renamed(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, words) for item in value]
    if not isinstance(value, str) or len(value) > 300:
        return value
    if value == "cert-manager":
        return "payments-certs"
    value = re.sub(r"(?<![./\w-])cert-manager-(webhook|cainjector)(?=$|-)", r"tessellate-cert-manager-\1", value)
    return words.get(value, value)


def told(diagnosis: Diagnosis) -> tuple[Any, ...]:
    return (
        diagnosis.verdict,
        [finding.code for finding in diagnosis.findings],
        [(link.component, link.status) for link in diagnosis.links],
        diagnosis.install.phase,
        diagnosis.issuance.phase,
    )


def both_ways(before: Cluster, cluster: Cluster, folder: Path) -> tuple[Diagnosis, Diagnosis, bytes]:
    """The diagnosis with and without the names once one cluster became the other, and all that was written without."""
    story = Story(cluster)
    pseudonyms, lines = Pseudonyms(), []

    def rewrite(plain: Any) -> Any:
        replaced = pseudonyms.replaced(plain)
        lines.append(repr(replaced).encode())
        return replaced

    tape = Tape(folder / "r", story, rewrite)
    story.become(before)
    story.wait(0.5)
    story.become(cluster)
    story.settle()
    for done in cluster.probe.rounds:
        story.wait(3)
        story.probe(done.answers)
    snapshot = story.assessor.snapshot(story.now)
    tape.writer.close()
    recording = Recording(folder / "r")
    cursor = Cursor(Course(recording))
    cursor.seek(Course(recording).length)
    replayed = diagnose(cursor.snapshot(), cursor.now)
    recording.close()
    return diagnose(snapshot, story.now), replayed, b"\n".join(lines)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_fault_is_the_same_fault_without_its_names(case: Case, tmp_path: Path) -> None:
    cluster = scenarios.healthy()
    case.fault(cluster)
    plain, replaced, _ = both_ways(scenarios.healthy(), cluster, tmp_path)
    assert told(replaced) == told(plain)
    assert case.code in [finding.code for finding in plain.findings]


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_an_install_under_names_of_its_own_is_the_same_without_them(name: str, tmp_path: Path) -> None:
    cluster = renamed(scenarios.SCENARIOS[name]())
    cluster.target = type(cluster.target)(
        "blackforest",
        "blackforest",
        "carla@acmecorp.example",
        "https://k8s.acmecorp.example:6443",
        "payments",
        "/home/carla/.kube/config",
    )
    plain, replaced, written = both_ways(renamed(scenarios.healthy()), cluster, tmp_path)
    assert told(replaced) == told(plain)
    leaked = [word for word in PRIVATE if word.encode() in written]
    assert leaked == []


def test_the_names_are_there_before() -> None:
    cluster = renamed(scenarios.healthy())
    texts = repr(cluster.bodies)
    assert [word in texts for word in ("payments", "tessellate", "acmecorp")] == [True] * 3
    assert (Kind.DEPLOYMENT, "payments-certs", "tessellate-cert-manager-webhook") in cluster.bodies


def test_a_name_is_the_same_wherever_it_stands() -> None:
    plain = {
        "metadata": {"name": "kyverno-svc", "namespace": "policies"},
        "message": 'failed calling webhook "validate.kyverno.svc-fail": '
        'Post "https://kyverno-svc.policies.svc:443/v": EOF',
    }
    replaced = Pseudonyms().replaced(plain)
    name, namespace = replaced["metadata"]["name"], replaced["metadata"]["namespace"]
    assert name.endswith("-svc")
    assert "kyverno" not in repr(replaced)
    assert f"https://{name}.{namespace}.svc:443/v" in replaced["message"]
    assert replaced["message"].startswith('failed calling webhook "validate.')


def test_the_words_that_the_diagnosis_reads_are_never_replaced() -> None:
    tables = call_fault._BEGINNINGS + call_fault._NETWORK_WORDS + call_fault._CERTIFICATE_WORDS
    phrases = [phrase for phrase, _ in tables]
    phrases += call_fault._PROXY_PHRASES
    phrases += [value.pattern for value in vars(envelope).values() if isinstance(value, re.Pattern)]
    words = {word for phrase in phrases for word in re.findall(r"[A-Za-z]{3,}", phrase)}
    assert len(words) > 100
    assert [word for word in sorted(words) if not is_common(word)] == []


def test_the_server_is_not_named() -> None:
    target = {"target": {"server": "https://203.0.113.7:6443", "source": "/home/carla/.kube/config"}}
    pseudonyms = Pseudonyms()
    assert "203.0.113.7" not in repr(pseudonyms.replaced(target))
    assert "carla" not in repr(pseudonyms.replaced(target))
    later = pseudonyms.replaced({"error": "dial tcp 203.0.113.7:6443: connect: connection refused"})
    assert later == {"error": "dial tcp apiserver.invalid:6443: connect: connection refused"}
