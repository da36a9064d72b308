"""A small Kubernetes API server on loopback: the objects of a made-up install, and answers to dry-run creates.

It knows lists, watches that begin with everything there is, and creates; that is all certdash asks for. It runs on a
loop of its own in a thread, so that tests can block on a process or a terminal.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from certdash.model.probe import ProbeAnswer, ProbeName
from certdash.model.resource import Kind
from tests.unit import scenarios
from tests.unit.scenario_answers import good_answers
from tests.unit.scenario_cluster import Cluster


class FakeApi:
    """Serves a `scenario_cluster.Cluster`. `answers` are what creates get; change them and the objects at will."""

    def __init__(self, cluster: Cluster, answers: tuple[ProbeAnswer, ...]) -> None:
        self.cluster = cluster
        self.answers = {answer.probe: answer for answer in answers}
        self.requests: list[tuple[str, str]] = []
        self.url = ""
        self.loop = asyncio.new_event_loop()
        self._watches: list[tuple[Kind, str, str, web.StreamResponse]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Every request comes here."""
        self.requests.append((request.method, request.path_qs))
        if request.path == "/version":
            return web.json_response({"major": "1", "minor": "36", "gitVersion": "v1.36.2"})
        if request.method == "POST":
            return await self._create(request)
        for kind in Kind:
            found = _namespace_of(request.path, kind)
            if found is not None:
                return await self._read(request, kind, found)
        return _refusal(404, "NotFound", "the server could not find the requested resource")

    async def _create(self, request: web.Request) -> web.Response:
        assert request.query.get("dryRun") == "All", "every create must be a dry run"
        body = await request.json()
        namespace = body["metadata"]["namespace"]
        if (Kind.NAMESPACE, "", namespace) not in self.cluster.bodies:
            return _refusal(404, "NotFound", f'namespaces "{namespace}" not found')
        probe = _probe_of(body)
        answer = self.answers[probe]
        if answer.status == 201:
            if answer.stamped_username is not None:
                body["spec"]["username"] = answer.stamped_username
            return web.json_response(body, status=201)
        if not answer.is_status:
            return web.Response(text=answer.message, status=answer.status or 500)
        return _refusal(answer.status or 500, answer.reason, answer.message)

    async def _read(self, request: web.Request, kind: Kind, namespace: str) -> web.StreamResponse:
        name = request.query.get("fieldSelector", "").removeprefix("metadata.name=")
        bodies = self._bodies(kind, namespace, name, request.query.get("labelSelector", ""))
        if "watch" not in request.query:
            listed = {"kind": f"{kind.resource.kind}List", "metadata": {"resourceVersion": "1000"}, "items": bodies}
            return web.json_response(listed)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if "sendInitialEvents" in request.query:
            for body in bodies:
                await _send(response, "ADDED", body)
            ended = {"resourceVersion": "1000", "annotations": {"k8s.io/initial-events-end": "true"}}
            await _send(response, "BOOKMARK", {"kind": kind.resource.kind, "metadata": ended})
        self._watches.append((kind, namespace, name, response))
        await asyncio.sleep(3600)
        return response

    def _bodies(self, kind: Kind, namespace: str, name: str, selector: str) -> list[dict[str, Any]]:
        served = []
        for (held, where, called), body in list(self.cluster.bodies.items()):
            if held is kind and namespace in ("", where) and name in ("", called) and _selected(body, selector):
                served.append(_refreshed(kind, {"kind": kind.resource.kind, **body}))
        return served

    def change(self, change: str, kind: Kind, body: dict[str, Any]) -> None:
        """Send an event (ADDED, MODIFIED, DELETED) to every watch that covers the object."""
        asyncio.run_coroutine_threadsafe(self._change(change, kind, body), self.loop).result(10)

    async def _change(self, change: str, kind: Kind, body: dict[str, Any]) -> None:
        meta = body["metadata"]
        for watched, namespace, name, response in self._watches:
            covered = namespace in ("", meta.get("namespace", "")) and name in ("", meta["name"])
            if watched is kind and covered:
                await _send(response, change, body)


def _selected(body: dict[str, Any], selector: str) -> bool:
    """Whether the labels match a selector of the form key=value; any other selects everything."""
    key, equals, value = selector.partition("=")
    return not equals or body["metadata"].get("labels", {}).get(key) == value


def _refreshed(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """Leases are renewed all the time; a made-up one would be stale by the day."""
    if kind is not Kind.LEASE:
        return body
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {**body, "spec": {**body["spec"], "renewTime": now}}


def _probe_of(body: dict[str, Any]) -> ProbeName:
    if body["kind"] == "CertificateRequest":
        return ProbeName.IDENTITY
    return ProbeName.INVALID if "ipAddresses" in body["spec"] else ProbeName.VALID


def _namespace_of(path: str, kind: Kind) -> str | None:
    """The namespace that a path lists the kind in, "" for all, None when it is another kind's path."""
    resource = kind.resource
    if path == resource.path():
        return ""
    _, separator, tail = path.partition("/namespaces/")
    namespace = tail.split("/")[0]
    if separator and resource.namespaced and path == resource.path(namespace):
        return namespace
    return None


def _refusal(code: int, reason: str, message: str) -> web.Response:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return web.json_response({**status, "reason": reason, "message": message}, status=code)


async def _send(response: web.StreamResponse, change: str, body: dict[str, Any]) -> None:
    await response.write(json.dumps({"type": change, "object": body}).encode() + b"\n")


@contextmanager
def serve(
    cluster: Cluster | None = None,
    answers: tuple[ProbeAnswer, ...] | None = None,
    context: ssl.SSLContext | None = None,
) -> Iterator[FakeApi]:
    """Run a server: a healthy install unless told otherwise."""
    api = FakeApi(cluster or scenarios.healthy(), answers or good_answers())
    _add_api_server(api.cluster)
    started = threading.Event()

    async def run() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", api.handle)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        port = runner.addresses[0][1]
        api.url = f"{'https' if context else 'http'}://127.0.0.1:{port}"
        return runner

    def work() -> None:
        asyncio.set_event_loop(api.loop)
        runner = api.loop.run_until_complete(run())
        started.set()
        api.loop.run_forever()
        for task in asyncio.all_tasks(api.loop):
            task.cancel()
        api.loop.run_until_complete(runner.cleanup())
        api.loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield api
    finally:
        api.loop.call_soon_threadsafe(api.loop.stop)
        thread.join(10)


def _add_api_server(cluster: Cluster) -> None:
    """The lease that one API server holds on its identity, by which API servers are counted."""
    labels = {"apiserver.kubernetes.io/identity": "kube-apiserver"}
    meta = {"name": "apiserver-x", "namespace": "kube-system", "labels": labels}
    cluster.add(Kind.LEASE, {"metadata": meta, "spec": {"holderIdentity": "x", "leaseDurationSeconds": 3600}})


def write_kubeconfig(
    path: Path, server: str, user: dict[str, Any] | None = None, *, authority: Path | None = None
) -> Path:
    """A kubeconfig with one context, named `fake`. JSON is YAML, too."""
    trust = {"certificate-authority": str(authority)} if authority else {}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "fake",
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "tester"}}],
        "clusters": [{"name": "fake", "cluster": {"server": server, **trust}}],
        "users": [{"name": "tester", "user": user or {}}],
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return path
