"""Reflectors of every kind against the real kube-apiserver: what they hold is what it holds, also after its restart."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from certdash.demo.faults.verbs import Faults
from certdash.kube.access import load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.dry_runner import DryRunner
from certdash.kube.options import ConnectionOptions
from certdash.kube.reader import METADATA_ONLY, Reader
from certdash.kube.reflector import Reflector, WatchListSupport
from certdash.kube.session import Session
from certdash.model.inputs import Input, ObjectsChanged
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase, StreamSpec
from tests.real.cluster import RealCluster
from tests.unit.kube.recorder import Recorder

pytestmark = pytest.mark.real

SPECS = (
    *(StreamSpec(kind, metadata_only=kind is Kind.SECRET) for kind in Kind),
    StreamSpec(Kind.CRD, name="issuers.cert-manager.io"),
    StreamSpec(Kind.DEPLOYMENT, "cert-manager", label_selector="app.kubernetes.io/name=webhook"),
)


class Streams:
    """All of them at work, each with its recorder. Names are namespaced, since a recorder keys by name."""

    def __init__(self, session: Session, *, plainly: bool) -> None:
        self.session = session
        self.recorders = {spec: Recorder() for spec in SPECS}
        self.bodies: list[Any] = []
        support = WatchListSupport(refused=plainly)
        self.reflectors = [
            Reflector(Reader(session), spec, self._keeping(spec), read_clock, watch_list=support) for spec in SPECS
        ]

    def _keeping(self, spec: StreamSpec) -> Callable[[Input], None]:
        def keep(new: Input) -> None:
            if isinstance(new, ObjectsChanged) and spec.kind is Kind.SECRET:
                self.bodies.extend(change.body for change in new.changes)
            self.recorders[spec](new)

        return keep

    async def until(self, phase: StreamPhase) -> None:
        for recorder in self.recorders.values():
            await recorder.until(lambda recorder=recorder: recorder.state.phase is phase, timeout=60)  # type: ignore[misc]


@asynccontextmanager
async def running(cluster: RealCluster, *, plainly: bool = False) -> AsyncIterator[Streams]:
    access = load_cluster_access(ConnectionOptions(kubeconfig=str(cluster.kubeconfig)), {})
    session = Session(access, "certdash/streams", environ={})
    await session.open()
    streams = Streams(session, plainly=plainly)
    tasks = [asyncio.create_task(reflector.run()) for reflector in streams.reflectors]
    try:
        yield streams
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await session.close()


async def held_by_server(session: Session, spec: StreamSpec) -> dict[str, str]:
    query = [("labelSelector", spec.label_selector)] if spec.label_selector else []
    if spec.name:
        query.append(("fieldSelector", f"metadata.name={spec.name}"))
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    answer = await Reader(session).get(spec.kind.resource.path(spec.namespace), query, accept=accept, timeout=10)
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in json.loads(answer.body)["items"]}


@pytest.mark.parametrize("plainly", [False, True])
async def test_every_kind_is_held_as_the_server_holds_it(healthy_cluster: RealCluster, plainly: bool) -> None:
    mark = healthy_cluster.audit().mark()
    async with running(healthy_cluster, plainly=plainly) as streams:
        await streams.until(StreamPhase.SYNCED)
        for spec, recorder in streams.recorders.items():
            found = {name: uid for name, (uid, _) in recorder.objects.items()}
            if spec.kind in (Kind.EVENT, Kind.LEASE):
                assert found
            else:
                assert found == await held_by_server(streams.session, spec), spec.label
            assert recorder.phases == [StreamPhase.CONNECTING, StreamPhase.SYNCED]
        assert streams.bodies
        assert not any("data" in body or "stringData" in body for body in streams.bodies)
    asked = healthy_cluster.audit().entries(since=mark, user_agent="certdash/streams", stage="RequestReceived")
    assert {entry.verb for entry in asked} <= {"list", "watch"}
    assert sum(entry.verb == "watch" for entry in asked) == len(SPECS)


async def test_one_object_as_metadata_comes_without_its_data(healthy_cluster: RealCluster) -> None:
    async with running(healthy_cluster) as streams:
        path = Kind.SECRET.resource.path("cert-manager", "cert-manager-webhook-ca")
        answer = await Reader(streams.session).get(path, accept=METADATA_ONLY, timeout=5)
        assert answer.status == 200
        assert b'"PartialObjectMetadata"' in answer.body
        assert b'"data"' not in answer.body


async def test_a_restart_of_the_api_server_is_survived_without_a_new_list(cluster: RealCluster) -> None:
    faults = Faults(cluster)
    async with running(cluster) as streams:
        await streams.until(StreamPhase.SYNCED)
        mark = cluster.audit().mark()
        faults.stop_process("kube-apiserver")
        await streams.until(StreamPhase.BROKEN)
        for recorder in streams.recorders.values():
            assert "connection" in recorder.state.error
        faults.start_process("kube-apiserver")
        for reflector in streams.reflectors:
            reflector.retry_now()
        await streams.until(StreamPhase.SYNCED)
        asked = cluster.audit().entries(since=mark, user_agent="certdash/streams", stage="RequestReceived")
        assert not [entry.uri for entry in asked if entry.verb == "list"]
        for recorder in streams.recorders.values():
            assert set(recorder.phases) <= {StreamPhase.CONNECTING, StreamPhase.SYNCED, StreamPhase.BROKEN}
        cluster.api.create("/api/v1/namespaces", {"metadata": {"name": "afterwards"}})
        namespaces = streams.recorders[StreamSpec(Kind.NAMESPACE)]
        await namespaces.until(lambda: "afterwards" in namespaces.names)


async def test_a_dry_run_leaves_nothing_behind(healthy_cluster: RealCluster) -> None:
    async with running(healthy_cluster) as streams:
        await streams.until(StreamPhase.SYNCED)
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "never-there"}}
        answer = await DryRunner(streams.session).create("/api/v1/namespaces", body, timeout=10, fresh_connection=True)
        assert answer.status == 201
        assert answer.body is not None
        assert answer.body["metadata"]["name"] == "never-there"
        assert answer.date_offset is not None
        assert abs(answer.date_offset) < 2
        assert not healthy_cluster.api.exists("/api/v1/namespaces/never-there")
