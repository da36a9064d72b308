"""The webhook's process: killed, frozen and started again, as the node does it from its thread."""

import asyncio
from pathlib import Path

from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import SECRETS
from certdash.demo.chart.components import NAMESPACE
from certdash.demo.faults.cluster import Ending
from certdash.demo.webhook.serving import CA_SECRET
from tests.unit.demo.webhook_cluster import DEADLINE, WebhookCluster, webhook_cluster

PATH = "/apis/cert-manager.io/v1/namespaces/default/issuers?dryRun=All"
ISSUER: Object = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "i"}}


async def answer(cluster: WebhookCluster) -> tuple[int, str]:
    """What a bad Issuer is answered."""
    response = await cluster.send("POST", PATH, {**ISSUER, "spec": {}})
    assert response.body is not None
    return response.code, str(response.body.get("message", ""))


DENIED = (
    403,
    (
        'admission webhook "webhook.cert-manager.io" denied the request: spec: Required value: at least one issuer '
        "must be configured"
    ),
)


async def healthy(cluster: WebhookCluster) -> None:
    async with asyncio.timeout(DEADLINE):
        while not cluster.process.healthy():  # noqa: ASYNC110 - the process has no event for it
            await asyncio.sleep(0.01)


async def test_a_killed_process_answers_nobody_and_comes_back_where_it_was(tmp_path: Path) -> None:
    async with webhook_cluster(tmp_path) as cluster:
        process, address = cluster.process, cluster.process.serving
        assert await answer(cluster) == DENIED
        await asyncio.to_thread(process.send, Ending.KILL)
        assert (process.alive, process.healthy(), process.exit_code) == (False, False, -9)
        cluster.network.route(("10.96.55.51", 443), None)
        assert (await answer(cluster))[1].endswith("connect: connection refused")
        await asyncio.to_thread(process.start)
        await healthy(cluster)
        assert process.serving == address
        cluster.network.route(("10.96.55.51", 443), address)
        # The CA outlives the process, so that what was injected goes on being good.
        assert await answer(cluster) == DENIED


async def test_a_frozen_process_holds_whoever_asks(tmp_path: Path) -> None:
    async with webhook_cluster(tmp_path) as cluster:
        await asyncio.to_thread(cluster.process.send, Ending.FREEZE)
        assert (cluster.process.alive, cluster.process.healthy()) == (True, False)
        assert (await answer(cluster))[1].endswith("net/http: TLS handshake timeout")
        await asyncio.to_thread(cluster.process.thaw)
        await healthy(cluster)
        assert await answer(cluster) == DENIED


async def test_a_process_that_is_asked_to_end_ends_well(tmp_path: Path) -> None:
    async with webhook_cluster(tmp_path) as cluster:
        await asyncio.to_thread(cluster.process.stop, gently=1.0)
        assert (cluster.process.alive, cluster.process.exit_code) == (False, 0)


async def test_it_logs_what_cert_managers_webhook_logs(tmp_path: Path) -> None:
    async with webhook_cluster(tmp_path) as cluster:
        lines = cluster.process.log.splitlines()
        assert all(line[0] in "IE" and line.split("] ")[0].count(":") == 3 for line in lines)
        told = [line.partition("] ")[2] for line in lines]
        assert told[0] == (
            '"using dynamic certificate generating using CA stored in Secret resource" logger="cert-manager" '
            'secret_namespace="cert-manager" secret_name="cert-manager-webhook-ca"'
        )
        assert '"Will regenerate CA" logger="cert-manager" reason="CA secret not found"' in told
        assert (
            '"Updated cert-manager TLS certificate" logger="cert-manager" DNSNames=["cert-manager-webhook",'
            '"cert-manager-webhook.cert-manager","cert-manager-webhook.cert-manager.svc"]'
        ) in told


def test_the_secret_is_the_one_that_the_release_makes(tmp_path: Path) -> None:
    asyncio.run(_check_secret(tmp_path))
    assert not list(tmp_path.iterdir()), "no key stays in a file"


async def _check_secret(tmp_path: Path) -> None:
    async with webhook_cluster(tmp_path) as cluster:
        secret = cluster.store.get(SECRETS, NAMESPACE, CA_SECRET)
        assert secret is not None
        assert secret["type"] == "Opaque"
        assert sorted(secret["data"]) == ["ca.crt", "tls.crt", "tls.key"]
        assert secret["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "cert-manager-webhook"}
