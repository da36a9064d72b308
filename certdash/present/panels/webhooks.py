"""The webhook configurations: cert-manager's own entries, and others that may be asked about its resources."""

from collections.abc import Mapping
from typing import Any

from certdash.certmanager import fields
from certdash.certmanager.discovery import cert_manager_entries
from certdash.certmanager.selection import Selection, SelectionResult, probe_request, select
from certdash.certmanager.views import WebhookEntry, webhook_entries
from certdash.model.diagnosis import Status
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind
from certdash.model.snapshot import Snapshot
from certdash.present.panels.parts import PanelInput, absence, name_cell, stale_state, state_cell
from certdash.present.view_model import Cell, Column, RowView, Tone

COLUMNS = (
    Column("CONFIGURATION"),
    Column("KIND"),
    Column("STATE", flexible=True),
    Column("AGE", right=True, optional=True),
)
_WORDS = {Kind.VALIDATING: "validating", Kind.MUTATING: "mutating"}
_ASKED_BY = {Kind.VALIDATING: (ProbeName.VALID, ProbeName.IDENTITY), Kind.MUTATING: (ProbeName.IDENTITY,)}


def all_entries(snapshot: Snapshot) -> tuple[WebhookEntry, ...]:
    """Every entry of every webhook configuration, validating ones first, by name."""
    return tuple(
        entry
        for kind in _WORDS
        for _, configuration in sorted(snapshot.of(kind).items())
        for entry in webhook_entries(configuration)
    )


def webhook_rows(source: PanelInput) -> tuple[RowView, ...]:
    """cert-manager's entries (or their absence) first, then others that may be asked about the probe objects."""
    own = cert_manager_entries(source.snapshot)
    rows: list[RowView] = []
    for kind in _WORDS:
        mine = [entry for entry in own if entry.kind is kind]
        rows.extend(_own_row(source, entry) for entry in mine)
        if not mine:
            rows.append(_absent(source, kind))
    others = [e for e in all_entries(source.snapshot) if e not in own]
    rows.extend(_other_row(source, e) for e in others if any(_asked(source, e, probe) for probe in ProbeName))
    return tuple(rows)


def _absent(source: PanelInput, kind: Kind) -> RowView:
    gone = absence(source, kind)
    text = "none" if gone.text == "missing" else gone.text
    name = name_cell(f"{source.install.fullname}-webhook", Tone.DIM)
    cells = (name, Cell(_WORDS[kind]), state_cell(gone.status, text), Cell(""))
    return source.row(f"absent/{_WORDS[kind]}", gone.status, cells)


def _namespace_labels(source: PanelInput) -> Mapping[str, str] | None:
    namespace = source.snapshot.get(Kind.NAMESPACE, source.snapshot.scope.probe_namespace)
    return None if namespace is None else fields.string_map(namespace.body, "metadata", "labels")


def _selection(source: PanelInput, entry: WebhookEntry, probe: ProbeName) -> SelectionResult:
    return select(entry, probe_request(probe, source.snapshot.scope), _namespace_labels(source))


def _asked(source: PanelInput, entry: WebhookEntry, probe: ProbeName) -> bool:
    return _selection(source, entry, probe).selection is not Selection.NO


def _own_row(source: PanelInput, entry: WebhookEntry) -> RowView:
    status, text = _state(source, entry)
    if entry.configuration in source.install.stale:
        status, text = Status.WARN, f"leads elsewhere: {entry.target}"
    body: Any = None
    item = source.snapshot.get(entry.kind, entry.configuration.name)
    if item is not None:
        status, text = stale_state(source, item, status, text)
        body = item.body
    cells = (
        name_cell(entry.configuration.name),
        Cell(_WORDS[entry.kind]),
        state_cell(status, text),
        Cell(source.object_age(body), Tone.DIM),
    )
    key = f"{entry.kind.name}/{entry.configuration.name}/{entry.name}"
    return source.row(key, status, cells, entry.configuration)


def _state(source: PanelInput, entry: WebhookEntry) -> tuple[Status, str]:
    for probe in _ASKED_BY[entry.kind]:
        result = _selection(source, entry, probe)
        if result.selection is Selection.NO:
            return Status.FAIL, f"not asked, {result.field}: {result.term}"
    text = f"{entry.failure_policy}, {entry.timeout}s, rules ok"
    if entry.failure_policy != "Fail":
        return Status.WARN, f"{text}: a failed call admits"
    return Status.OK, text


def _other_row(source: PanelInput, entry: WebhookEntry) -> RowView:
    item = source.snapshot.get(entry.kind, entry.configuration.name)
    cells = (
        name_cell(entry.configuration.name, Tone.DIM),
        Cell(_WORDS[entry.kind], Tone.DIM),
        name_cell(f"{entry.failure_policy}, not cert-manager's: {entry.name}", Tone.DIM),
        Cell(source.object_age(item.body if item else None), Tone.DIM),
    )
    key = f"{entry.kind.name}/{entry.configuration.name}/{entry.name}"
    return source.row(key, None, cells, entry.configuration)
