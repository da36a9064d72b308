"""The webhook's Service and every endpoint behind it."""

from collections.abc import Iterator
from typing import Any

from certdash.certmanager import fields
from certdash.certmanager.views import EndpointView, endpoints, service_port
from certdash.model.diagnosis import Status
from certdash.model.resource import Key, Kind, KubeObject, Ref
from certdash.present.panels.parts import PanelInput, absence, name_cell, stale_state, state_cell
from certdash.present.view_model import Cell, Column, RowView, Tone

COLUMNS = (
    Column("SERVICE / ENDPOINT"),
    Column("STATE", flexible=True),
    Column("AGE", right=True, optional=True),
)


def service_rows(source: PanelInput) -> tuple[RowView, ...]:
    """The Services that the install's webhook entries name, with their endpoints; a url is shown in its place."""
    entries = source.install.entries
    named = {e.service: e.port for e in entries if e.service}
    if not entries and source.install.service:
        named = {source.install.service: 443}
    rows: list[RowView] = []
    for key, port in named.items():
        item = source.snapshot.of(Kind.SERVICE).get(key)
        rows.append(_service_row(source, item, port) if item else _absent(source, key))
        rows.extend(_endpoint_rows(source, key, item, port))
    for url in dict.fromkeys(e.url for e in entries if e.url):
        note = state_cell(Status.UNKNOWN, "called by url: no Service to look at")
        rows.append(source.row(f"url/{url}", None, (name_cell(url, Tone.STRONG), note, Cell(""))))
    return tuple(rows)


def _service_row(source: PanelInput, item: KubeObject, port: int) -> RowView:
    status, text = stale_state(source, item, *_service_state(item, port))
    age = Cell(source.object_age(item.body), Tone.DIM)
    cells = (name_cell(item.name, Tone.STRONG), state_cell(status, text), age)
    return source.row(f"service/{item.namespace}/{item.name}", status, cells, item.ref)


def _service_state(item: KubeObject, port: int) -> tuple[Status, str]:
    spec = fields.mapping(item.body, "spec")
    kind = fields.text(spec, "type") or "ClusterIP"
    if fields.text(item.body, "metadata", "deletionTimestamp"):
        return Status.FAIL, "terminating"
    if kind == "ExternalName":
        return Status.FAIL, f"ExternalName {fields.text(spec, 'externalName')}"
    found = service_port(item, port)
    where = fields.text(spec, "clusterIP")
    where = where if kind == "ClusterIP" else f"{kind} {where}"
    if found is None:
        return Status.FAIL, f"{where}, no port {port}"
    return Status.OK, f"{where}:{port} → {found.target or port}"


def _absent(source: PanelInput, key: Key) -> RowView:
    namespace, name = key
    gone = absence(source, Kind.SERVICE, name, namespace)
    text = f"missing in {namespace}" if gone.text == "missing" else gone.text
    cells = (name_cell(name, Tone.STRONG), state_cell(gone.status, text), Cell(""))
    return source.row(f"service/{namespace}/{name}", gone.status, cells)


def _endpoint_rows(source: PanelInput, key: Key, item: KubeObject | None, port: int) -> Iterator[RowView]:
    found = service_port(item, port) if item else None
    views = endpoints(source.snapshot, key, found.name if found else "https")
    for view in views:
        yield _endpoint_row(source, key, view)
    if not views:
        gone = absence(source, Kind.ENDPOINTSLICE, namespace=key[0])
        text = "no endpoint" if gone.text == "missing" else gone.text
        cells = (Cell(" └ endpoints"), state_cell(gone.status, text), Cell(""))
        yield source.row(f"endpoints/{key[0]}/{key[1]}", gone.status, cells)


def _endpoint_row(source: PanelInput, key: Key, view: EndpointView) -> RowView:
    where = f"[{view.address}]" if ":" in view.address else view.address
    status, text = (Status.OK, "ready") if view.ready else (Status.WAITING, "not ready")
    if not view.port:
        status, text = Status.FAIL, f"{text}, no such port"
    pod = source.snapshot.get(Kind.POD, view.pod, key[0]) if view.pod else None
    body: Any = pod.body if pod else None
    if not source.snapshot.readable(Kind.ENDPOINTSLICE, namespace=key[0]):
        status, text = Status.UNKNOWN, f"{text}, stale"
    node = fields.text(body, "spec", "nodeName")
    about = f"{text} on {node}" if node else text
    cells = (
        name_cell(f" └ {where}:{view.port}" if view.port else f" └ {where}"),
        state_cell(status, about),
        Cell(source.object_age(body), Tone.DIM),
    )
    ref = Ref("Pod", key[0], view.pod) if view.pod else None
    return source.row(f"endpoint/{key[0]}/{key[1]}/{view.address}/{view.pod}", status, cells, ref)
