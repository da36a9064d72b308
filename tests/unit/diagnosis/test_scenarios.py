"""Each fault of a whole install, as objects and as the API server's words: verdict, root cause and evidence."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from certdash.certmanager import constants as c
from certdash.diagnosis.diagnose import diagnose
from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.diagnosis import Diagnosis, InstallPhase, IssuancePhase, Verdict
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase
from tests.unit import scenario_certificates as certificates
from tests.unit import scenarios
from tests.unit.scenario_answers import (
    DENIED_IDENTITY,
    NO_PATH,
    answer,
    call_failed,
    failed_answers,
    good_answers,
    good_round,
    open_answers,
    round_of,
    same_answers,
)
from tests.unit.scenario_chart import CAINJECTOR_POD, CONTROLLER_POD, NS, SERVICE_IP, VERSION, WEBHOOK_POD
from tests.unit.scenario_cluster import NOW, Cluster, ago, at
from tests.unit.scenario_registration import blank_bundles, configuration, encoded, entry_of
from tests.unit.scenario_workloads import deployment_unavailable, pod_unready, pod_waits

REFUSED = f"dial tcp {SERVICE_IP}:443: connect: connection refused"
UNKNOWN_AUTHORITY = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
STALE_AUTHORITY = (
    UNKNOWN_AUTHORITY + ' (possibly because of "x509: ECDSA verification failure" while trying to verify candidate '
    'authority certificate "cert-manager-webhook-ca")'
)

EXPIRED = (
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time "
    "2026-11-23T20:00:00Z is after 2026-11-20T20:00:00Z"
)
OTHER_NAME = (
    "tls: failed to verify certificate: x509: certificate is valid for a, b, not cert-manager-webhook.cert-manager.svc"
)


@dataclass(frozen=True)
class Case:
    """A fault and what must be said of it; `evidence` is part of the evidence as text."""

    name: str
    fault: Callable[[Cluster], object]
    code: str
    verdict: Verdict = Verdict.NOT_READY
    evidence: str = ""


def failed(rest: str) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.probed(round_of(failed_answers(rest)))


def answered(status: int | None, message: str = "", **more: object) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.probed(round_of(same_answers(status, message, **more)))


def both(*faults: Callable[[Cluster], object]) -> Callable[[Cluster], None]:
    def apply(cluster: Cluster) -> None:
        for fault in faults:
            fault(cluster)

    return apply


def unasked(cluster: Cluster) -> None:
    cluster.probed(round_of(open_answers()))


def invalid_admitted(cluster: Cluster) -> None:
    valid, _, identity = good_answers()
    cluster.probed(round_of((valid, answer(ProbeName.INVALID, 201), identity)))


def identity_denied(cluster: Cluster) -> None:
    valid, invalid, _ = good_answers()
    denied = answer(ProbeName.IDENTITY, 403, DENIED_IDENTITY, reason="Forbidden")
    cluster.probed(round_of((valid, invalid, denied)))


def gone(kind: Kind, name: str = "", namespace: str = "") -> Callable[[Cluster], None]:
    return lambda cluster: cluster.remove(kind, name, namespace)


def no_endpoints(cluster: Cluster) -> None:
    cluster.remove(Kind.ENDPOINTSLICE)


def no_webhook(cluster: Cluster) -> None:
    cluster.remove(Kind.DEPLOYMENT, "cert-manager-webhook")
    cluster.remove(Kind.REPLICASET, "cert-manager-webhook-6c9d5f7b8")
    cluster.remove(Kind.POD, WEBHOOK_POD)
    no_endpoints(cluster)


def scaled_to_zero(cluster: Cluster) -> None:
    deployment = cluster.get(Kind.DEPLOYMENT, "cert-manager-webhook", NS)
    deployment["spec"]["replicas"] = 0
    deployment["status"].update(replicas=0, updatedReplicas=0, readyReplicas=0, availableReplicas=0)
    cluster.remove(Kind.POD, WEBHOOK_POD)
    no_endpoints(cluster)


def crashing(cluster: Cluster) -> None:
    pod_waits(cluster, WEBHOOK_POD, "CrashLoopBackOff", "back-off 40s restarting", restarts=4)


def crashing_between(cluster: Cluster) -> None:
    crashing(cluster)
    status = cluster.get(Kind.POD, WEBHOOK_POD, NS)["status"]["containerStatuses"][0]
    status["state"] = {"running": {"startedAt": ago(1)}}


def image(cluster: Cluster) -> None:
    pod_waits(cluster, WEBHOOK_POD, "ErrImagePull", "manifest unknown")


def creating(cluster: Cluster) -> None:
    pod_waits(cluster, WEBHOOK_POD, "ContainerCreating")


def unready_for_long(cluster: Cluster) -> None:
    pod_unready(cluster, WEBHOOK_POD, since=900)
    deployment_unavailable(cluster, c.WEBHOOK, since=900, deadline_passed=True)


def unready_again(cluster: Cluster) -> None:
    pod_unready(cluster, WEBHOOK_POD, since=5)
    conditions = cluster.get(Kind.DEPLOYMENT, "cert-manager-webhook", NS)["status"]["conditions"]
    conditions[1]["reason"] = "NewReplicaSetAvailable"


def unscheduled(cluster: Cluster) -> None:
    pod_unready(cluster, WEBHOOK_POD)
    status = cluster.get(Kind.POD, WEBHOOK_POD, NS)["status"]
    status["phase"] = "Pending"
    status["conditions"][0].update(status="False", reason="Unschedulable", message="0/1 nodes are available")


def service_port(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["ports"][0]["port"] = 8443


def target_port(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["ports"][0]["targetPort"] = 6080
    for body in cluster.bodies.values():
        if "endpoints" in body:
            body["ports"][0]["port"] = 6080


def service_selector(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["selector"][c.LABEL_NAME] = "other"
    no_endpoints(cluster)


def headless(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["clusterIP"] = "None"


def rules_narrowed(cluster: Cluster) -> None:
    entry_of(cluster, Kind.VALIDATING)["rules"][0]["resources"] = ["issuers"]


def labelled_out(cluster: Cluster) -> None:
    cluster.get(Kind.NAMESPACE, "default")["metadata"]["labels"][c.DISABLE_VALIDATION] = "true"


def object_selector(cluster: Cluster) -> None:
    entry_of(cluster, Kind.VALIDATING)["objectSelector"] = {"matchLabels": {"team": "a"}}


def ignoring(cluster: Cluster) -> None:
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        entry_of(cluster, kind)["failurePolicy"] = "Ignore"


def bundle(pem: str) -> Callable[[Cluster], None]:
    return lambda cluster: blank_bundles(cluster, encoded(pem))


def no_cainjector(cluster: Cluster) -> None:
    cluster.remove(Kind.DEPLOYMENT, "cert-manager-cainjector")
    cluster.remove(Kind.POD, CAINJECTOR_POD)


def injected_just_now(cluster: Cluster) -> None:
    blank_bundles(cluster)
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        managed = cluster.get(kind, "cert-manager-webhook")["metadata"]["managedFields"]
        managed[0]["time"] = ago(3)


def secret_rotated(cluster: Cluster) -> None:
    secret = cluster.get(Kind.SECRET, "cert-manager-webhook-ca", NS)
    secret["metadata"]["managedFields"][0]["time"] = ago(900)


def leftover(cluster: Cluster) -> None:
    body = configuration(Kind.VALIDATING, name="old-cert-manager-webhook")
    body["webhooks"][0]["clientConfig"]["service"].update(name="old-webhook", namespace="old")
    cluster.add(Kind.VALIDATING, body)


def crd_terminating(cluster: Cluster) -> None:
    cluster.get(Kind.CRD, "issuers.cert-manager.io")["metadata"]["deletionTimestamp"] = ago(60)


def crd_establishing(cluster: Cluster) -> None:
    body = cluster.get(Kind.CRD, "issuers.cert-manager.io")
    body["metadata"]["creationTimestamp"] = ago(2)
    body["status"]["conditions"][1].update(status="False", reason="Installing", message="the initial names")


def crd_old(cluster: Cluster) -> None:
    cluster.get(Kind.CRD, "issuers.cert-manager.io")["spec"]["versions"][0]["served"] = False


def crd_conflict(cluster: Cluster) -> None:
    conditions = cluster.get(Kind.CRD, "issuers.cert-manager.io")["status"]["conditions"]
    conditions[0].update(status="False", reason="ShortNamesConflict", message='"iss" is already in use')
    conditions[1].update(status="False", reason="NotAccepted")


def namespace_gone(cluster: Cluster) -> None:
    for kind in (Kind.DEPLOYMENT, Kind.REPLICASET, Kind.POD, Kind.SERVICE, Kind.ENDPOINTSLICE, Kind.SECRET):
        cluster.remove(kind)
    cluster.remove(Kind.NAMESPACE, NS)


def third_party(cluster: Cluster) -> None:
    entry = configuration(Kind.VALIDATING, name="kyverno-resource")
    entry["metadata"].pop("labels")
    hook = entry["webhooks"][0]
    hook.update(
        name="validate.kyverno.svc-fail",
        rules=[{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}],
    )
    hook["clientConfig"]["service"].update(name="kyverno-svc", namespace="kyverno", path="/validate/fail")
    cluster.add(Kind.VALIDATING, entry)
    words = 'service "kyverno-svc" not found'
    text = call_failed(words, webhook="validate.kyverno.svc-fail", host="kyverno-svc.kyverno.svc:443")
    cluster.probed(round_of(same_answers(500, text, reason="InternalError")))


POLICY = (
    "certificates.cert-manager.io \"certdash-probe-x\" is forbidden: ValidatingAdmissionPolicy 'no-certificates' "
    "with binding 'everywhere' denied request: not here"
)
RBAC = (
    'certificates.cert-manager.io is forbidden: User "alice" cannot create resource "certificates" in API group '
    '"cert-manager.io" in the namespace "default"'
)
DOWN = Verdict.UNKNOWN
SOON = Verdict.PROGRESSING
BLACKHOLE = failed("context deadline exceeded")

CASES = (
    # Custom resource definitions
    Case("no CRDs", both(gone(Kind.CRD), answered(404, NO_PATH)), "CD0301", evidence="issuers.cert-manager.io"),
    Case("CRD terminating", crd_terminating, "CD0305"),
    Case("CRD establishing", crd_establishing, "CD0303", SOON),
    Case("CRD without v1", crd_old, "CD0306"),
    Case("CRD names taken", crd_conflict, "CD0304", evidence='"iss" is already in use'),
    Case("CRDs there, 404", answered(404, NO_PATH), "CD0308", evidence="404 page not found"),
    # The workload
    Case("webhook absent", both(no_webhook, failed(REFUSED)), "CD0701", evidence="cert-manager-webhook"),
    Case("scaled to 0", both(scaled_to_zero, failed(REFUSED)), "CD0702", evidence="spec.replicas"),
    Case("image", both(image, failed(REFUSED)), "CD0703", evidence="manifest unknown"),
    Case("crash loop", both(crashing, failed(REFUSED)), "CD0704", evidence="exit code 1"),
    Case("between crashes", both(crashing_between, failed(REFUSED)), "CD0704"),
    Case("unscheduled", both(unscheduled, failed(REFUSED)), "CD0705", evidence="0/1 nodes"),
    Case("creating", both(creating, failed(REFUSED)), "CD0707", SOON),
    Case("never ready", both(unready_for_long, failed(REFUSED)), "CD0706", evidence="unready status"),
    Case("not ready any more", both(unready_again, failed(REFUSED)), "CD0706"),
    Case("timeout without endpoints", both(scaled_to_zero, BLACKHOLE), "CD0702"),
    # The Service
    Case("no Service", both(gone(Kind.SERVICE), failed('service "cert-manager-webhook" not found')), "CD0601"),
    Case("wrong port", both(service_port, failed('no service port 443 found for service "x"')), "CD0602"),
    Case("wrong target port", both(target_port, failed("http: server gave HTTP response to HTTPS client")), "CD0606"),
    Case("selector", both(service_selector, failed(REFUSED)), "CD0604", evidence="other"),
    Case("headless", both(headless, failed('cannot route to service with ClusterIP "None"')), "CD0603"),
    Case("no endpoints", both(no_endpoints, failed(REFUSED)), "CD0605"),
    # The network
    Case("refused", failed(REFUSED), "CD0911", evidence="connection refused"),
    Case("timeout", BLACKHOLE, "CD0912", evidence="context deadline exceeded"),
    Case("reset", failed("read tcp 1.2.3.4:5->6.7.8.9:443: read: connection reset by peer"), "CD0913"),
    Case("closed", failed("EOF"), "CD0914"),
    Case("plain HTTP", failed("http: server gave HTTP response to HTTPS client"), "CD0915"),
    Case("no route", failed("dial tcp 10.96.55.51:443: connect: no route to host"), "CD0916"),
    Case("handshake", failed("net/http: TLS handshake timeout"), "CD0921"),
    Case("address not allowed", failed("Address is not allowed"), "CD0918"),
    Case("proxy", failed("Service Unavailable"), "CD0919"),
    Case("no agent", failed("No agent available"), "CD0920"),
    # Webhook configurations
    Case("no validating", both(gone(Kind.VALIDATING), invalid_admitted), "CD0503"),
    Case("no mutating", both(gone(Kind.MUTATING), identity_denied), "CD0504"),
    Case("no configuration", both(gone(Kind.VALIDATING), gone(Kind.MUTATING), unasked), "CD0502"),
    Case("rules", both(rules_narrowed, invalid_admitted), "CD0505", evidence="certificates"),
    Case("labelled out", both(labelled_out, invalid_admitted), "CD0506", evidence="disable-validation"),
    Case("object selector", both(object_selector, invalid_admitted), "CD0507", evidence="team"),
    Case("not asked", unasked, "CD0508", evidence="admitted"),
    Case("ignored and scaled to 0", both(ignoring, scaled_to_zero, unasked), "CD0702"),
    Case("ignored and unreachable", both(ignoring, unasked), "CD0508"),
    Case("leftover", both(leftover, failed('service "old-webhook" not found')), "CD0510", evidence="old-webhook.old"),
    Case("identity", identity_denied, "CD1003"),
    # Trust
    Case("CA empty", both(blank_bundles, no_cainjector, failed(UNKNOWN_AUTHORITY)), "CD0801", evidence="empty"),
    Case("CA empty for long", both(blank_bundles, failed(UNKNOWN_AUTHORITY)), "CD0801"),
    Case("CA being injected", both(injected_just_now, failed(UNKNOWN_AUTHORITY)), "CD0801", SOON),
    Case("CA of another", both(bundle(certificates.OTHER_CA), failed(UNKNOWN_AUTHORITY)), "CD0803"),
    Case("CA out of date", both(secret_rotated, failed(STALE_AUTHORITY)), "CD0804"),
    Case("CA not PEM", both(bundle("garbage"), failed("x")), "CD0802"),
    Case("CA expired", both(bundle(certificates.EXPIRED_CA), failed(UNKNOWN_AUTHORITY)), "CD0805"),
    Case(
        "certificate expired",
        failed(EXPIRED),
        "CD0901",
    ),
    Case(
        "wrong name",
        failed(OTHER_NAME),
        "CD0903",
    ),
    # Others, and what keeps us from asking
    Case("somebody else's webhook", third_party, "CD0401", DOWN, evidence="kyverno"),
    Case(
        "somebody else denies",
        answered(400, 'admission webhook "validate.kyverno.svc-fail" denied the request: no', reason="BadRequest"),
        "CD0402",
        DOWN,
        evidence="kyverno",
    ),
    Case("policy", answered(422, POLICY, reason="Invalid"), "CD0403", DOWN, evidence="no-certificates"),
    Case("no dry run", answered(400, 'admission webhook "x.y" does not support dry run'), "CD0404", DOWN),
    Case("no create", answered(403, RBAC, reason="Forbidden"), "CD0201", DOWN, evidence="alice"),
    Case("quota", answered(403, 'certificates.cert-manager.io "x" is forbidden: exceeded quota: q'), "CD0204", DOWN),
    Case(
        "probe namespace",
        both(
            gone(Kind.NAMESPACE, "default"), answered(404, 'namespaces "default" not found', details_kind="namespaces")
        ),
        "CD0202",
        DOWN,
    ),
    Case("install namespace", both(namespace_gone, failed('service "cert-manager-webhook" not found')), "CD0710"),
    # The API server
    Case(
        "starting",
        answered(403, 'certificates.cert-manager.io "x" is forbidden: not yet ready to handle request'),
        "CD0106",
        DOWN,
    ),
    Case("throttled", answered(429, "Too many requests, please try again later.", is_status=False), "CD0108", DOWN),
    Case("etcd", answered(500, "etcdserver: request timed out"), "CD0109", DOWN),
    Case(
        "504",
        answered(504, "Timeout: request did not complete within requested timeout", reason="Timeout"),
        "CD0110",
        DOWN,
    ),
    Case("401", answered(401, "Unauthorized", reason="Unauthorized"), "CD0103", DOWN),
    Case("no answer", answered(None, transport_error="connection reset"), "CD0105", DOWN),
)


def said_of(cluster: Cluster) -> Diagnosis:
    return diagnose(cluster.snapshot(), NOW)


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


def test_healthy_is_ready_complete_and_issuing() -> None:
    said = said_of(scenarios.healthy())
    assert said.verdict is Verdict.READY
    assert said.findings == ()
    assert said.install.phase is InstallPhase.COMPLETE
    assert said.install.version == VERSION
    assert said.issuance.phase is IssuancePhase.RUNNING
    assert said.proof.streak == 3


def test_crds_only_is_the_story() -> None:
    said = said_of(scenarios.crds_only())
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0501")
    assert said.install.phase is InstallPhase.ABSENT
    assert said.cause.remedies[0].commands[0][:2] == ("helm", "--kube-context")


def test_an_empty_cluster_lacks_the_crds() -> None:
    cluster = scenarios.empty()
    cluster.probed(round_of(same_answers(404, NO_PATH)))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0301")


def test_a_rolling_upgrade_served_by_the_old_pod_is_ready_and_rolling() -> None:
    said = said_of(scenarios.rolling_upgrade())
    assert said.verdict is Verdict.READY
    assert said.install.phase is InstallPhase.ROLLING
    assert said.install.summary.startswith("rolling 1/2")


def test_a_stuck_upgrade_is_ready_and_degraded() -> None:
    cluster = scenarios.rolling_upgrade()
    new = next(name for kind, _, name in cluster.bodies if kind is Kind.POD and "84f5d8c6d4" in name)
    pod_waits(cluster, new, "ImagePullBackOff", "not found")
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert said.install.phase is InstallPhase.DEGRADED
    assert "ImagePullBackOff" in said.install.summary
    assert [w.code for w in said.warnings] == ["CD0721"]


def without_controller(cluster: Cluster) -> None:
    cluster.remove(Kind.DEPLOYMENT, "cert-manager")
    cluster.remove(Kind.POD, CONTROLLER_POD)


def lease_old(cluster: Cluster) -> None:
    cluster.get(Kind.LEASE, c.CONTROLLER_LEASE, "kube-system")["spec"]["renewTime"] = ago(300)


def lease_of_a_gone_pod(cluster: Cluster) -> None:
    spec = cluster.get(Kind.LEASE, c.CONTROLLER_LEASE, "kube-system")["spec"]
    spec["holderIdentity"] = "cert-manager-7d4b5c9f6-zzzzz-external-cert-manager-controller"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (without_controller, "CD0722"),
        (gone(Kind.LEASE, c.CONTROLLER_LEASE), "CD0723"),
        (lease_old, "CD0723"),
        (lease_of_a_gone_pod, "CD0723"),
    ],
)
def test_without_a_leading_controller_the_api_is_ready_and_nothing_is_issued(
    fault: Callable[[Cluster], None], code: str
) -> None:
    cluster = scenarios.healthy()
    fault(cluster)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert said.issuance.phase is IssuancePhase.NOT_RUNNING
    assert [w.code for w in said.warnings] == [code]


def test_a_controller_without_leader_election_issues() -> None:
    cluster = scenarios.healthy()
    cluster.remove(Kind.LEASE, c.CONTROLLER_LEASE)
    containers = cluster.get(Kind.DEPLOYMENT, "cert-manager", NS)["spec"]["template"]["spec"]["containers"]
    containers[0]["args"].append("--leader-elect=false")
    said = said_of(cluster)
    assert said.issuance.phase is IssuancePhase.RUNNING
    assert said.warnings == ()


def test_a_missing_cainjector_is_a_warning_while_the_bundle_is_good() -> None:
    cluster = scenarios.healthy()
    no_cainjector(cluster)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert [w.code for w in said.warnings] == ["CD0724"]
    assert said.install.phase is InstallPhase.DEGRADED


def test_ignored_failures_are_a_warning_while_the_webhook_answers() -> None:
    cluster = scenarios.healthy()
    ignoring(cluster)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert [w.code for w in said.warnings] == ["CD0509"]


@pytest.mark.parametrize("phase", [StreamPhase.FORBIDDEN, StreamPhase.BROKEN, StreamPhase.NOT_SERVED])
def test_without_any_read_a_proof_is_a_proof(phase: StreamPhase) -> None:
    cluster = scenarios.healthy()
    for kind in Kind:
        cluster.stream(kind, phase)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert said.warnings == ()
    assert said.install.phase is InstallPhase.NOT_VISIBLE
    assert said.issuance.phase is IssuancePhase.NOT_VISIBLE


def test_without_any_permission_nothing_is_known() -> None:
    cluster = scenarios.healthy()
    for kind in Kind:
        cluster.stream(kind, StreamPhase.FORBIDDEN)
    cluster.probed(round_of(same_answers(403, RBAC, reason="Forbidden")))
    said = said_of(cluster)
    assert said.verdict is Verdict.UNKNOWN
    assert said.cause is not None
    assert said.cause.code == "CD0201"
    assert said.install.phase is InstallPhase.NOT_VISIBLE


def test_without_create_permission_what_the_objects_prove_is_said_first() -> None:
    cluster = scenarios.healthy()
    scaled_to_zero(cluster)
    cluster.probed(round_of(same_answers(403, RBAC, reason="Forbidden")))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0702")
    assert "CD0201" in [f.code for f in said.also]


def test_healthy_objects_without_create_permission_are_called_healthy() -> None:
    assert said_of(scenarios.forbidden()).headline.startswith("Unproven: the objects look healthy")


@pytest.mark.parametrize(
    ("phase", "error", "code"),
    [
        (ConnectionPhase.LOST, "why", "CD0101"),
        (ConnectionPhase.CONNECTING, "", "CD0102"),
        (ConnectionPhase.CONNECTING, "connection refused", "CD0101"),
        (ConnectionPhase.UNAUTHENTICATED, "why", "CD0103"),
        (ConnectionPhase.FORBIDDEN, "why", "CD0104"),
    ],
)
def test_without_a_connection_nothing_is_known(phase: ConnectionPhase, error: str, code: str) -> None:
    cluster = scenarios.healthy()
    cluster.connection = Connection(phase, at(12), at(12), error)
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.UNKNOWN, code)


def test_a_lost_connection_does_not_make_leases_old() -> None:
    cluster = scenarios.connection_lost()
    lease_old(cluster)
    said = said_of(cluster)
    assert said.issuance.phase is IssuancePhase.NOT_VISIBLE
    assert said.warnings == ()


def test_before_the_first_round_it_is_progressing() -> None:
    cluster = scenarios.healthy()
    cluster.connection = Connection(ConnectionPhase.CONNECTED, at(1), NOW)
    cluster.probed(basis_changed=at(1), in_flight=at(0.5))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.PROGRESSING, "CD1006")


def test_an_old_proof_is_no_proof() -> None:
    cluster = scenarios.healthy()
    cluster.probed(good_round(seconds_ago=21), in_flight=at(11))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.UNKNOWN, "CD1007")
    assert said.proof.slow_since == at(11)


def test_objects_win_over_a_proof_from_right_after_the_change() -> None:
    cluster = scenarios.healthy()
    blank_bundles(cluster)
    cluster.probed(good_round(seconds_ago=0.5, basis=2), basis_generation=2, basis_changed=at(1))
    assert said_of(cluster).verdict is Verdict.NOT_READY


def test_a_proof_from_later_wins_over_the_objects() -> None:
    cluster = scenarios.healthy()
    blank_bundles(cluster)
    cluster.probed(good_round(seconds_ago=0.5, basis=2), basis_generation=2, basis_changed=at(2.1))
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert [w.code for w in said.warnings] == ["CD0801"]


def test_words_from_before_a_heal_are_passing() -> None:
    cluster = scenarios.healthy()
    before = round_of(failed_answers(REFUSED), seconds_ago=1)
    cluster.probed(before, basis_generation=2, basis_changed=at(0.5))
    said = said_of(cluster)
    assert said.verdict is Verdict.PROGRESSING
    assert said.valid_until is not None


def test_words_from_before_do_not_hide_what_the_objects_show_now() -> None:
    cluster = scenarios.healthy()
    scaled_to_zero(cluster)
    before = round_of(failed_answers('service "cert-manager-webhook" not found'), seconds_ago=1)
    cluster.probed(before, basis_generation=2, basis_changed=at(0.5))
    said = said_of(cluster)
    assert said.cause is not None
    assert said.cause.code == "CD0702"


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


def test_what_discovery_does_not_tell_either_is_unknown_in_the_end() -> None:
    cluster = scenarios.healthy()
    cluster.stream(Kind.CRD, StreamPhase.FORBIDDEN)
    cluster.server = replace(cluster.server, served=None)
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.UNKNOWN, "CD0309")
    cluster.connection = Connection(ConnectionPhase.DEGRADED, at(1), NOW)
    assert said_of(cluster).verdict is Verdict.PROGRESSING


def test_discovery_tells_of_crds_that_can_not_be_read() -> None:
    cluster = scenarios.healthy()
    cluster.stream(Kind.CRD, StreamPhase.FORBIDDEN)
    served = cluster.server.served
    assert served is not None
    cluster.server = replace(cluster.server, served=served - {"orders.acme.cert-manager.io"})
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0302")
