"""What the remedies tell to run."""

from certdash.model.resource import Kind
from tests.unit import scenarios
from tests.unit.diagnosis.diagnosed import said_of
from tests.unit.diagnosis.fault_cases import CASES
from tests.unit.scenario_chart import VERSION


def test_what_kubernetes_owns_is_put_right_at_its_source() -> None:
    cluster = scenarios.healthy()
    cluster.remove(Kind.SERVICE)
    for kind in (Kind.DEPLOYMENT, Kind.VALIDATING, Kind.MUTATING):
        for (owned, _, _), body in cluster.bodies.items():
            if owned is kind:
                body["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "certs:apps/Deployment:x/y"
    said = said_of(cluster)
    assert said.cause is None or said.cause.code == "CD0601"
    demoted = [f for f in said.findings if f.code == "CD0601"]
    assert demoted[0].remedies[0].commands == (("argocd", "app", "sync", "certs"),)


def test_helm_is_always_given_the_installed_version() -> None:
    for case in CASES:
        cluster = scenarios.healthy()
        case.fault(cluster)
        for finding in said_of(cluster).findings:
            for remedy in finding.remedies:
                for command in remedy.commands:
                    if "upgrade" in command:
                        assert command[command.index("--version") + 1] == VERSION
                        assert "--reset-then-reuse-values" in command
