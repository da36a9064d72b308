"""What changes the basis of the proof, and what is lost by it."""

from collections.abc import Callable

import pytest

from certdash.certmanager import constants as c
from certdash.certmanager.basis import basis_loss, proof_basis
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase
from tests.unit import scenario_certificates as certificates
from tests.unit import scenarios
from tests.unit.scenario_chart import WEBHOOK_POD
from tests.unit.scenario_cluster import Cluster, ago
from tests.unit.scenario_registration import blank_bundles, configuration, encoded, endpoint, entry_of
from tests.unit.scenario_workloads import pod_unready

Change = Callable[[Cluster], object]


def after(change: Change) -> tuple[bool, str]:
    """Whether the basis differs, and the loss."""
    before = proof_basis(scenarios.healthy().snapshot())
    cluster = scenarios.healthy()
    change(cluster)
    now = proof_basis(cluster.snapshot())
    return now != before, basis_loss(before, now)


def label_namespace(cluster: Cluster) -> None:
    cluster.get(Kind.NAMESPACE, "default")["metadata"]["labels"][c.DISABLE_VALIDATION] = "true"


def narrow(cluster: Cluster) -> None:
    entry_of(cluster, Kind.VALIDATING)["rules"][0]["resources"] = ["certificaterequests"]


def no_ready_endpoint(cluster: Cluster) -> None:
    pod_unready(cluster, WEBHOOK_POD)


def terminate_crd(cluster: Cluster) -> None:
    cluster.get(Kind.CRD, "issuers.cert-manager.io")["metadata"]["deletionTimestamp"] = ago(1)


def terminate_namespace(cluster: Cluster) -> None:
    cluster.get(Kind.NAMESPACE, "default")["status"]["phase"] = "Terminating"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda k: k.remove(Kind.CRD, "issuers.cert-manager.io"), "issuers.cert-manager.io is absent"),
        (terminate_crd, "terminating"),
        (lambda k: k.remove(Kind.VALIDATING), "ValidatingWebhookConfiguration cert-manager-webhook is gone"),
        (lambda k: k.remove(Kind.MUTATING), "MutatingWebhookConfiguration cert-manager-webhook is gone"),
        (blank_bundles, "no usable caBundle"),
        (narrow, "does not select the probe"),
        (label_namespace, "does not select the probe"),
        (lambda k: k.remove(Kind.SERVICE), "Service is gone"),
        (no_ready_endpoint, "no ready endpoint"),
        (lambda k: k.remove(Kind.NAMESPACE, "default"), "namespace default is gone"),
        (terminate_namespace, "being deleted"),
    ],
)
def test_losses(change: Change, words: str) -> None:
    changed, loss = after(change)
    assert changed
    assert words in loss


def other_authority(cluster: Cluster) -> None:
    blank_bundles(cluster, encoded(certificates.OTHER_CA))


def second_endpoint(cluster: Cluster) -> None:
    for (kind, _, _), body in cluster.bodies.items():
        if kind is Kind.ENDPOINTSLICE:
            body["endpoints"].append(endpoint("10.244.0.30", "other"))


def third_party(cluster: Cluster) -> None:
    body = configuration(Kind.VALIDATING, name="policy")
    body["webhooks"][0]["name"] = "policy.example.com"
    body["metadata"]["labels"] = {}
    cluster.add(Kind.VALIDATING, body)


@pytest.mark.parametrize("change", [other_authority, second_endpoint, third_party])
def test_changes_that_are_no_loss(change: Change) -> None:
    assert after(change) == (True, "")


def renew_lease(cluster: Cluster) -> None:
    cluster.get(Kind.LEASE, c.CONTROLLER_LEASE, "kube-system")["spec"]["renewTime"] = ago(0)


def unrelated_third_party(cluster: Cluster) -> None:
    body = configuration(Kind.VALIDATING, name="pods")
    body["webhooks"][0].update(name="pods.example.com")
    body["webhooks"][0]["rules"][0].update(apiGroups=[""], resources=["pods"])
    body["metadata"]["labels"] = {}
    cluster.add(Kind.VALIDATING, body)


def controller_gone(cluster: Cluster) -> None:
    cluster.remove(Kind.DEPLOYMENT, "cert-manager")


@pytest.mark.parametrize("change", [renew_lease, unrelated_third_party, controller_gone])
def test_what_the_proof_does_not_depend_on(change: Change) -> None:
    assert after(change) == (False, "")


@pytest.mark.parametrize("kind", list(Kind))
def test_what_can_t_be_read_any_more_is_no_loss(kind: Kind) -> None:
    assert after(lambda cluster: cluster.stream(kind, StreamPhase.FORBIDDEN))[1] == ""


def test_one_endpoint_of_two_is_no_loss() -> None:
    cluster = scenarios.healthy()
    second_endpoint(cluster)
    assert basis_loss(proof_basis(cluster.snapshot()), proof_basis(scenarios.healthy().snapshot())) == ""


def test_a_basis_is_hashable_and_equal_to_itself() -> None:
    one, other = proof_basis(scenarios.healthy().snapshot()), proof_basis(scenarios.healthy().snapshot())
    assert one == other
    assert hash(one) == hash(other)
