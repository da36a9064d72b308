"""Fetches one object whole, because somebody looks at it."""

import json

from certdash.engine.object_yaml import object_yaml
from certdash.engine.source import LookResult
from certdash.kube.errors import TransportError
from certdash.kube.reader import METADATA_ONLY, Reader
from certdash.model.resource import Kind, Ref

LOOK_TIMEOUT = 10.0


async def look_at(reader: Reader, ref: Ref) -> LookResult:
    """The object as YAML. A Secret is asked for as metadata only, so its data never leaves the cluster."""
    kind = next((kind for kind in Kind if kind.resource.kind == ref.kind), None)
    if kind is None:
        return LookResult(ref, error=f"{ref.kind} {ref.name} can't be shown")
    accept = METADATA_ONLY if kind is Kind.SECRET else ""
    try:
        response = await reader.get(
            kind.resource.path(ref.namespace, ref.name), (), accept=accept, timeout=LOOK_TIMEOUT
        )
    except TransportError as error:
        return LookResult(ref, error=str(error))
    try:
        body = json.loads(response.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return LookResult(ref, error=f"HTTP {response.status} without an object")
    if response.status != 200:
        return LookResult(ref, error=str(body.get("message") or f"HTTP {response.status}"))
    return LookResult(ref, yaml=object_yaml(body))
