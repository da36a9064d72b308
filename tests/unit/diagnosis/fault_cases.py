"""Each fault of a whole install with the verdict, the root cause and the evidence that must be said of it."""

from collections.abc import Callable
from dataclasses import dataclass

from certdash.model.diagnosis import Verdict
from certdash.model.resource import Kind
from tests.unit import scenario_certificates as certificates
from tests.unit.diagnosis.faults import (
    EXPIRED,
    OTHER_NAME,
    POLICY,
    RBAC,
    REFUSED,
    STALE_AUTHORITY,
    UNKNOWN_AUTHORITY,
    answered,
    both,
    bundle,
    crashing,
    crashing_between,
    crd_conflict,
    crd_establishing,
    crd_old,
    crd_terminating,
    creating,
    failed,
    gone,
    headless,
    identity_denied,
    ignoring,
    image,
    injected_just_now,
    invalid_admitted,
    labelled_out,
    leftover,
    namespace_gone,
    no_cainjector,
    no_endpoints,
    no_webhook,
    object_selector,
    rules_narrowed,
    scaled_to_zero,
    secret_rotated,
    service_port,
    service_selector,
    target_port,
    third_party,
    unasked,
    unready_again,
    unready_for_long,
    unscheduled,
)
from tests.unit.scenario_answers import NO_PATH
from tests.unit.scenario_cluster import Cluster
from tests.unit.scenario_registration import blank_bundles


@dataclass(frozen=True)
class Case:
    """A fault and what must be said of it; `evidence` is part of the evidence as text."""

    name: str
    fault: Callable[[Cluster], object]
    code: str
    verdict: Verdict = Verdict.NOT_READY
    evidence: str = ""


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
    Case("certificate expired", failed(EXPIRED), "CD0901"),
    Case("wrong name", failed(OTHER_NAME), "CD0903"),
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
