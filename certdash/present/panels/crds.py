"""The six CRDs: established, served, stored, how old."""

from certdash.certmanager.constants import CRD_NAMES
from certdash.certmanager.views import CrdView, crd_view
from certdash.model.diagnosis import Status
from certdash.model.resource import Kind
from certdash.present.panels.parts import PanelInput, absence, name_cell, stale_state, state_cell, text_cell
from certdash.present.view_model import Cell, Column, RowView, Tone

COLUMNS = (
    Column("CRD"),
    Column("STATE", flexible=True),
    Column("STORED", optional=True),
    Column("VERSION", optional=True),
    Column("AGE", right=True),
)


def crd_rows(source: PanelInput) -> tuple[RowView, ...]:
    """One row for each of the six, whether it is there or not."""
    return tuple(_row(source, name) for name in CRD_NAMES)


def _row(source: PanelInput, name: str) -> RowView:
    item = source.snapshot.get(Kind.CRD, name)
    if item is None:
        return _absent(source, name)
    crd = crd_view(item)
    status, state = stale_state(source, item, *_state(crd))
    cells = (
        name_cell(name),
        state_cell(status, state),
        text_cell(", ".join(crd.stored_versions), Tone.DIM),
        name_cell(crd.version, Tone.DIM),
        Cell(source.since_server_time(crd.created), Tone.DIM),
    )
    return source.row(name, status, cells, item.ref)


def _absent(source: PanelInput, name: str) -> RowView:
    gone = absence(source, Kind.CRD, name)
    status, text = gone.status, gone.text
    served = source.snapshot.server.served
    if status is not Status.FAIL and served is not None and name in served:
        status, text = Status.OK, f"served, says discovery ({text})"
    return source.row(name, status, (name_cell(name), state_cell(status, text), *(Cell(""),) * 3))


def _state(crd: CrdView) -> tuple[Status, str]:
    if crd.terminating:
        return Status.FAIL, "terminating"
    if crd.names_accepted is not None and crd.names_accepted.status == "False":
        return Status.FAIL, f"names not accepted: {crd.names_accepted.message}"
    if crd.established is None or crd.established.status != "True":
        return Status.WAITING, "not established yet"
    if not crd.serves_v1:
        return Status.FAIL, "v1 is not served"
    if crd.conversion != "None":
        return Status.WARN, f"established, conversion {crd.conversion}"
    if any(version != "v1" for version in crd.stored_versions):
        return Status.WARN, f"v1 established, {', '.join(crd.stored_versions)} stored"
    return Status.OK, "v1 established"
