"""What a create is answered when the webhook can't be reached or believed: the API server's texts, seen on 1.36."""

import asyncio

import pytest

from certdash.demo.api.resource_types import SECRETS, SERVICES, VALIDATING
from certdash.demo.chart.components import NAMESPACE
from certdash.demo.chart.objects import webhook_configurations
from certdash.demo.forwarder import Mode
from certdash.demo.pki import Authority
from certdash.demo.webhook.serving import CA_SECRET
from tests.unit.demo.webhook_cluster import CLUSTER_IP, DEADLINE, WebhookCluster

CERTIFICATES = "/apis/cert-manager.io/v1/namespaces/default/certificates"
CERTIFICATE = {
    "metadata": {"name": "web"},
    "spec": {"secretName": "web-tls", "issuerRef": {"name": "ca"}, "dnsNames": ["web.test"]},
    "apiVersion": "cert-manager.io/v1",
    "kind": "Certificate",
}
SERVICE = SERVICES.path(NAMESPACE, "cert-manager-webhook")
FAILED = 'Internal error occurred: failed calling webhook "webhook.cert-manager.io": '
POST = 'failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": '


async def answer(cluster: WebhookCluster) -> str:
    """What the refusal says after its opening; "" for an admitted object."""
    response = await cluster.send("POST", f"{CERTIFICATES}?dryRun=All", CERTIFICATE)
    assert response.body is not None
    if response.code == 201:
        return ""
    assert response.code == 500
    assert response.body["reason"] == "InternalError"
    message = str(response.body["message"])
    assert response.body["details"]["causes"][0]["message"] == message.removeprefix("Internal error occurred: ")
    assert message.startswith(FAILED)
    return message.removeprefix(FAILED)


async def test_a_webhook_that_answers_admits(cluster: WebhookCluster) -> None:
    assert await answer(cluster) == ""


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        (Mode.REFUSE, f"{POST}dial tcp {CLUSTER_IP}:443: connect: connection refused"),
        (Mode.CLOSE, f"{POST}EOF"),
        (Mode.RESET, f"{POST}read tcp 10.96.0.1:43210->{CLUSTER_IP}:443: read: connection reset by peer"),
        (Mode.PLAIN_HTTP, f"{POST}http: server gave HTTP response to HTTPS client"),
        (Mode.HANG, f"{POST}net/http: TLS handshake timeout"),
        (Mode.TIMEOUT, f"{POST}context deadline exceeded"),
    ],
)
async def test_the_network_fails(cluster: WebhookCluster, mode: Mode, text: str) -> None:
    cluster.network.set_mode(mode)
    assert await answer(cluster) == text
    cluster.network.set_mode(Mode.PASS)
    assert await answer(cluster) == ""


async def test_a_short_timeout_ends_a_handshake_before_its_own_limit(cluster: WebhookCluster) -> None:
    await cluster.change_hook(webhook_configurations()[0], {"timeoutSeconds": 5})
    await cluster.settle()
    cluster.network.set_mode(Mode.HANG)
    assert (await answer(cluster)).endswith('timeout=5s": context deadline exceeded')


async def test_nobody_is_behind_the_service(cluster: WebhookCluster) -> None:
    cluster.network.route((CLUSTER_IP, 443), None)
    assert await answer(cluster) == f"{POST}dial tcp {CLUSTER_IP}:443: connect: connection refused"


async def test_another_service_has_nobody_behind_it(cluster: WebhookCluster) -> None:
    other = {"metadata": {"name": "other"}, "spec": {"clusterIP": "10.96.0.77", "ports": [{"port": 443}]}}
    await cluster.admin.create(SERVICES.path("default"), {"apiVersion": "v1", "kind": "Service", **other})
    config = {"service": {"name": "other", "namespace": "default", "path": "/check"}}
    await cluster.change_hook(webhook_configurations()[0], {"clientConfig": config})
    await cluster.settle()
    assert await answer(cluster) == (
        'failed to call webhook: Post "https://other.default.svc:443/check?timeout=30s": '
        "dial tcp 10.96.0.77:443: connect: connection refused"
    )


async def test_the_service_is_missing(cluster: WebhookCluster) -> None:
    await cluster.admin.delete(SERVICE)
    assert await answer(cluster) == f'{POST}service "cert-manager-webhook" not found'


async def test_the_service_has_no_such_port(cluster: WebhookCluster) -> None:
    await cluster.admin.patch(SERVICE, {"spec": {"ports": [{"name": "https", "port": 8443}]}})
    assert await answer(cluster) == f'{POST}no service port 443 found for service "cert-manager-webhook"'


async def test_the_service_is_headless(cluster: WebhookCluster) -> None:
    found = cluster.store.get(SERVICES, NAMESPACE, "cert-manager-webhook")
    assert found is not None
    cluster.store.put(SERVICES, {**found, "spec": {**found["spec"], "clusterIP": "None"}})
    assert await answer(cluster) == f'{POST}cannot route to service with ClusterIP "None"'


async def test_the_bundle_is_blank(cluster: WebhookCluster) -> None:
    await cluster.inject(b"")
    await cluster.settle()
    assert await answer(cluster) == (
        f"{POST}tls: failed to verify certificate: x509: certificate signed by unknown authority"
    )


async def test_the_bundle_is_an_old_one_of_the_same_name(cluster: WebhookCluster) -> None:
    await cluster.inject(Authority.create(CA_SECRET).certificate)
    await cluster.settle()
    assert '"x509: ECDSA verification failure" while trying' in await answer(cluster)


async def test_the_bundle_is_no_certificate(cluster: WebhookCluster) -> None:
    await cluster.inject(b"not a certificate")
    await cluster.settle()
    assert await answer(cluster) == (
        "could not get REST client: unable to load root certificates: unable to parse bytes as PEM block"
    )


async def test_a_new_authority_is_served_at_once(cluster: WebhookCluster) -> None:
    await cluster.admin.delete(SECRETS.path(NAMESPACE, CA_SECRET))
    async with asyncio.timeout(DEADLINE):
        while "unknown authority" not in await answer(cluster):
            await cluster.settle()
    await cluster.inject()
    await cluster.settle()
    assert await answer(cluster) == ""


async def test_a_url_leads_out_of_the_cluster_where_nothing_is(cluster: WebhookCluster) -> None:
    config = {"url": "https://webhook.example/validate", "service": None}
    await cluster.change_hook(webhook_configurations()[0], {"clientConfig": config})
    await cluster.settle()
    assert await answer(cluster) == (
        'failed to call webhook: Post "https://webhook.example/validate?timeout=30s": '
        "dial tcp: lookup webhook.example on 10.96.0.10:53: no such host"
    )


async def test_failures_can_be_ignored(cluster: WebhookCluster) -> None:
    await cluster.change_hook(webhook_configurations()[0], {"failurePolicy": "Ignore"})
    await cluster.settle()
    cluster.network.set_mode(Mode.REFUSE)
    assert await answer(cluster) == ""


async def test_a_dry_run_refuses_a_webhook_with_side_effects(cluster: WebhookCluster) -> None:
    found = cluster.store.items(VALIDATING)[0]
    cluster.store.put(VALIDATING, {**found, "webhooks": [{**found["webhooks"][0], "sideEffects": "Unknown"}]})
    await cluster.settle()
    response = await cluster.send("POST", f"{CERTIFICATES}?dryRun=All", CERTIFICATE)
    assert response.code == 400
    assert response.body is not None
    assert response.body["message"] == 'admission webhook "webhook.cert-manager.io" does not support dry run'
