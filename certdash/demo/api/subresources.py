"""Subresources beside status: scale, log, binding, finalize."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable

from certdash.demo.api.logs import Logs
from certdash.demo.api.objects import Object, timestamp
from certdash.demo.api.patch import json_patch, merge_patch
from certdash.demo.api.reading import get_object
from certdash.demo.api.request import Request, Response, StreamResponse
from certdash.demo.api.routing import Target
from certdash.demo.api.status import ApiError, bad_request, invalid, refusal
from certdash.demo.api.store import Store
from certdash.demo.api.write_options import write_options
from certdash.demo.api.writing import Writer
from certdash.demo.pace import Pace

_FOLLOW_EVERY = 0.2


async def answer(
    verb: str, request: Request, target: Target, store: Store, writer: Writer, logs: Logs | None, pace: Pace
) -> Response | StreamResponse:
    """The answer of one subresource. Raises ApiError."""
    item = get_object(store, target)
    whole = Target(target.resource, target.namespace, target.name)
    match target.subresource:
        case "scale":
            return await _scale(verb, request, whole, item, writer)
        case "log":
            return _log(request, target, item, logs, pace)
        case "binding":
            return _bind(request, whole, item, store)
        case _:
            return _finalize(request, whole, item, store)


async def _scale(verb: str, request: Request, whole: Target, item: Object, writer: Writer) -> Response:
    scale = _scale_of(item)
    if verb == "get":
        return Response(200, scale)
    body = json.loads(request.body)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if verb == "update":
        wanted = body
    elif kind == "application/json-patch+json":
        wanted = json_patch(scale, body)
    else:
        wanted = merge_patch(scale, body)
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if isinstance(replicas, int) and replicas < 0:
        why = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid("autoscaling", "Scale", whole.name, (("FieldValueInvalid", why, "spec.replicas"),))
    if not isinstance(replicas, int):
        raise bad_request('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be a number')
    change = json.dumps({"spec": {"replicas": replicas}}).encode()
    headers = {**request.headers, "content-type": "application/merge-patch+json"}
    inner = Request("PATCH", request.path, request.query, headers, change, request.user)
    written = await writer.patch(inner, whole)
    assert written.body is not None
    return Response(200, _scale_of(written.body))


def _scale_of(item: Object) -> Object:
    metadata = item["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = item["spec"].get("selector", {}).get("matchLabels", {})
    status: Object = {"replicas": (item.get("status") or {}).get("replicas", 0)}
    if labels:
        status["selector"] = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": item["spec"]["replicas"]} if item["spec"].get("replicas") else {},
        "status": status,
    }


def _log(request: Request, target: Target, pod: Object, logs: Logs | None, pace: Pace) -> Response | StreamResponse:
    containers = [container["name"] for container in pod["spec"]["containers"]]
    container = request.parameter("container") or containers[0]
    if container not in containers:
        raise bad_request(f"container {container} is not valid for pod {target.name}")
    previous = request.parameter("previous") == "true"

    def text() -> str | None:
        return None if logs is None else logs.read(target.namespace, target.name, container, previous=previous)

    now = text()
    if now is None:
        raise _no_log(target, pod, container, previous=previous)
    shown = _cut(now, request)
    if request.parameter("follow") != "true":
        return Response(200, text=shown, headers=(("Content-Type", "text/plain"),), bare=True)
    return StreamResponse(_follow(text, shown, len(now), pace), content_type="text/plain")


def _no_log(target: Target, pod: Object, container: str, *, previous: bool) -> ApiError:
    where = f'container "{container}" in pod "{target.name}"'
    if previous:
        return bad_request(f"previous terminated {where} not found")
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    waiting = next((s["state"].get("waiting") for s in statuses if s["name"] == container), None) or {}
    reason = waiting.get("reason", "ContainerCreating")
    if reason in ("ImagePullBackOff", "ErrImagePull"):
        return bad_request(f"{where} is waiting to start: trying and failing to pull image")
    return bad_request(f"{where} is waiting to start: {reason}")


def _cut(text: str, request: Request) -> str:
    lines = text.splitlines(keepends=True)
    tail = request.parameter("tailLines")
    if tail.isdigit():
        lines = lines[-int(tail) :] if int(tail) else []
    cut = "".join(lines)
    limit = request.parameter("limitBytes")
    return cut.encode()[: int(limit)].decode(errors="ignore") if limit.isdigit() else cut


async def _follow(text: Callable[[], str | None], shown: str, seen: int, pace: Pace) -> AsyncGenerator[bytes, None]:
    if shown:
        yield shown.encode()
    while (now := text()) is not None:
        if len(now) > seen:
            yield now[seen:].encode()
            seen = len(now)
        await asyncio.sleep(max(pace.wall(_FOLLOW_EVERY), 0.05))


def _bind(request: Request, whole: Target, pod: Object, store: Store) -> Response:
    """What a scheduler posts: the Pod's node."""
    node = (json.loads(request.body).get("target") or {}).get("name", "")
    if pod["spec"].get("nodeName"):
        told = f'pod {whole.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
        message = f'Operation cannot be fulfilled on pods/binding "{whole.name}": {told}'
        raise refusal(409, "Conflict", message, {"name": whole.name, "kind": "pods/binding"})
    if write_options(request, "CreateOptions")["dryRun"]:
        return Response(201, _success())
    status = dict(pod.get("status") or {})
    bound = {"type": "PodScheduled", "status": "True", "lastTransitionTime": timestamp()}
    conditions = [c for c in status.get("conditions") or () if c["type"] != "PodScheduled"]
    status["conditions"] = [*conditions, bound]
    store.put(whole.resource, {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status})
    return Response(201, _success())


def _finalize(request: Request, whole: Target, namespace: Object, store: Store) -> Response:
    """What the namespace controller puts: the finalizers that are left."""
    given = json.loads(request.body)
    left = (given.get("spec") or {}).get("finalizers") or []
    made = {**namespace, "spec": {**namespace.get("spec", {}), "finalizers": left}}
    if not left:
        del made["spec"]["finalizers"]
    if not left and namespace["metadata"].get("deletionTimestamp") and not namespace["metadata"].get("finalizers"):
        store.remove(whole.resource, "", whole.name)
        return Response(200, made)
    return Response(200, store.put(whole.resource, made))


def _success() -> Object:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
