"""Rolling updates, step by step: the test plays the node."""

import pytest

from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import DEPLOYMENTS, PODS, REPLICA_SETS
from certdash.demo.controllers.workloads import Deployments, ReplicaSets
from tests.unit.demo.server import Server

PATH = "/apis/apps/v1/namespaces/a/deployments"


class Rollouts:
    """One Deployment, its controllers, and Pods that become ready when the test says so."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._deployments = Deployments(server.store, server.client)
        self._replica_sets = ReplicaSets(server.store, server.client)

    async def create(self, replicas: int, image: str = "app:1", deadline: int = 600) -> None:
        template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "x"}},
            "template": template,
            "progressDeadlineSeconds": deadline,
        }
        await self.server.client.create(PATH, {"metadata": {"name": "d"}, "spec": spec})
        await self.settle()

    async def settle(self) -> float | None:
        left = None
        for _ in range(6):
            left = await self._deployments.reconcile()
            await self._replica_sets.reconcile()
        return left

    async def image(self, image: str) -> None:
        change = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}
        await self.server.client.patch(f"{PATH}/d", change, "application/strategic-merge-patch+json")
        await self.settle()

    async def ready(self, *pods: Object) -> None:
        for pod in pods:
            status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
            await self.server.client.patch(f"/api/v1/namespaces/a/pods/{name_of(pod)}/status", {"status": status})
        await self.settle()

    def pods(self, image: str = "") -> list[Object]:
        found = self.server.store.items(PODS, "a")
        return [pod for pod in found if image in ("", pod["spec"]["containers"][0]["image"])]

    @property
    def status(self) -> Object:
        item = self.server.store.get(DEPLOYMENTS, "a", "d")
        assert item is not None
        return dict(item["status"])

    def condition(self, kind: str) -> tuple[str, str]:
        return next((c["status"], c["reason"]) for c in self.status["conditions"] if c["type"] == kind)


@pytest.fixture
async def rollouts(server: Server) -> Rollouts:
    return Rollouts(server)


async def test_a_new_deployment_is_complete_when_its_pods_are_ready(rollouts: Rollouts) -> None:
    await rollouts.create(2)
    assert len(rollouts.pods()) == 2
    assert rollouts.condition("Available") == ("False", "MinimumReplicasUnavailable")
    assert rollouts.status["unavailableReplicas"] == 2
    await rollouts.ready(*rollouts.pods())
    assert rollouts.condition("Available") == ("True", "MinimumReplicasAvailable")
    assert rollouts.condition("Progressing") == ("True", "NewReplicaSetAvailable")
    assert rollouts.status["availableReplicas"] == rollouts.status["updatedReplicas"] == 2
    assert rollouts.status["observedGeneration"] == 1


async def test_the_old_pod_goes_only_when_the_new_one_is_ready(rollouts: Rollouts) -> None:
    await rollouts.create(1)
    await rollouts.ready(*rollouts.pods())
    await rollouts.image("app:2")
    assert (len(rollouts.pods("app:1")), len(rollouts.pods("app:2"))) == (1, 1)
    assert rollouts.condition("Available")[0] == "True"
    await rollouts.ready(*rollouts.pods("app:2"))
    assert (len(rollouts.pods("app:1")), len(rollouts.pods("app:2"))) == (0, 1)
    sets = rollouts.server.store.items(REPLICA_SETS, "a")
    assert sorted(rs["spec"]["replicas"] for rs in sets) == [0, 1]
    assert sorted(rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for rs in sets) == ["1", "2"]


async def test_a_rollback_makes_the_old_replica_set_the_newest(rollouts: Rollouts) -> None:
    await rollouts.create(1)
    await rollouts.ready(*rollouts.pods())
    await rollouts.image("app:2")
    await rollouts.image("app:1")
    newest = max(
        rollouts.server.store.items(REPLICA_SETS, "a"),
        key=lambda rs: int(rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"]),
    )
    assert newest["spec"]["template"]["spec"]["containers"][0]["image"] == "app:1"
    assert len(rollouts.server.store.items(REPLICA_SETS, "a")) == 2
    assert [pod["spec"]["containers"][0]["image"] for pod in rollouts.pods()] == ["app:1"]


async def test_scaling_counts_and_keeps_ready_pods(rollouts: Rollouts) -> None:
    await rollouts.create(1)
    (first,) = rollouts.pods()
    await rollouts.ready(first)
    await rollouts.server.client.patch(f"{PATH}/d/scale", {"spec": {"replicas": 3}})
    await rollouts.settle()
    assert len(rollouts.pods()) == 3
    await rollouts.server.client.patch(f"{PATH}/d/scale", {"spec": {"replicas": 1}})
    await rollouts.settle()
    assert [name_of(pod) for pod in rollouts.pods()] == [name_of(first)]


async def test_a_rollout_past_its_deadline_says_so(rollouts: Rollouts) -> None:
    await rollouts.create(1, deadline=1)
    await rollouts.ready(*rollouts.pods())
    await rollouts.image("app:2")
    assert rollouts.condition("Progressing")[0] == "True"
    item = rollouts.server.store.get(DEPLOYMENTS, "a", "d")
    assert item is not None
    old = [{**c, "lastUpdateTime": "2020-01-01T00:00:00Z"} for c in item["status"]["conditions"]]
    rollouts.server.store.put(DEPLOYMENTS, {**item, "status": {**item["status"], "conditions": old}})
    await rollouts.settle()
    assert rollouts.condition("Progressing") == ("False", "ProgressDeadlineExceeded")
    assert rollouts.condition("Available")[0] == "True"
