"""From an assessment to everything that the screen shows. Pure: the same input gives an equal ScreenView."""

from certdash.certmanager.discovery import discover
from certdash.model.assessment import Assessment
from certdash.model.connection import Connection, ConnectionPhase, Target
from certdash.model.diagnosis import Diagnosis, Status
from certdash.model.finding import Component
from certdash.model.instant import Instant
from certdash.model.resource import Kind
from certdash.present.banner import banner_view
from certdash.present.panels import ca_bundle, crds, probe, service, timeline, webhooks, workloads
from certdash.present.panels.parts import NAME_LIMIT, TEXT_LIMIT, PanelInput, link_for, streams_note, worst
from certdash.present.text import age, glyph, sanitise
from certdash.present.view_model import Column, HeaderView, PanelId, PanelView, RowView, ScreenView

_CONNECTION = {
    ConnectionPhase.CONNECTING: Status.WAITING,
    ConnectionPhase.CONNECTED: Status.OK,
    ConnectionPhase.DEGRADED: Status.WARN,
    ConnectionPhase.LOST: Status.FAIL,
    ConnectionPhase.UNAUTHENTICATED: Status.FAIL,
    ConnectionPhase.FORBIDDEN: Status.FAIL,
}


def screen_view(
    assessment: Assessment,
    now: Instant,
    *,
    filter: str = "",  # noqa: A002 - named as the key
    ascii: bool = False,  # noqa: A002 - named as the flag
) -> ScreenView:
    """The dashboard as of `now`. `filter` keeps rows that contain it (any case); a leading `!` keeps the others."""
    source = PanelInput(assessment, discover(assessment.snapshot), now, ascii)
    panels = (
        _panel(source, PanelId.CRDS, 1, "CRDs", crds.COLUMNS, crds.crd_rows(source)),
        _panel(source, PanelId.WORKLOADS, 2, "Workloads", workloads.COLUMNS, workloads.workload_rows(source)),
        _panel(source, PanelId.SERVICE, 3, "Service and endpoints", service.COLUMNS, service.service_rows(source)),
        _panel(source, PanelId.WEBHOOKS, 4, "Webhook configurations", webhooks.COLUMNS, webhooks.webhook_rows(source)),
        _panel(source, PanelId.CA_BUNDLE, 5, "CA bundle", ca_bundle.COLUMNS, ca_bundle.ca_bundle_rows(source)),
        _panel(source, PanelId.PROBE, 6, "Probe", probe.COLUMNS, probe.probe_rows(source)),
        _panel(source, PanelId.TIMELINE, 7, "Timeline", timeline.COLUMNS, timeline.timeline_rows(source)),
    )
    return ScreenView(
        header=header_view(assessment, ascii=ascii),
        banner=banner_view(assessment, ascii),
        panels=tuple(filtered(panel, filter) for panel in panels),
        filter=filter,
    )


def header_view(assessment: Assessment, *, ascii: bool = False) -> HeaderView:  # noqa: A002
    """Where we look and how it answers."""
    snapshot = assessment.snapshot
    return _header(
        snapshot.target, snapshot.connection, snapshot.server.version, _versions(assessment.diagnosis), ascii
    )


def connecting_header(target: Target, now: Instant, *, ascii: bool = False) -> HeaderView:  # noqa: A002
    """The header before the first assessment: all that the kubeconfig tells."""
    return _header(target, Connection(ConnectionPhase.CONNECTING, now), "", "", ascii)


def _header(target: Target, connection: Connection, cluster: str, certmanager: str, ascii: bool) -> HeaderView:  # noqa: A002
    status = _CONNECTION[connection.phase]
    user = f"{target.user} as {target.impersonate}" if target.impersonate else target.user
    return HeaderView(
        context=sanitise(target.context, NAME_LIMIT),
        server=sanitise(target.server, NAME_LIMIT),
        user=sanitise(user, NAME_LIMIT),
        cluster_version=sanitise(cluster, NAME_LIMIT),
        certmanager_version=sanitise(certmanager, NAME_LIMIT),
        connection=connection.phase.value,
        connection_status=status,
        connection_mark=glyph(status, ascii=ascii),
        since=connection.since,
        last_answer=connection.last_answer,
    )


def _versions(diagnosis: Diagnosis) -> str:
    return ", ".join(diagnosis.install.versions) or diagnosis.install.version


_COMPONENTS = {
    PanelId.CRDS: (Component.CRDS,),
    PanelId.WORKLOADS: (Component.WORKLOADS,),
    PanelId.SERVICE: (Component.SERVICE, Component.NETWORK),
    PanelId.WEBHOOKS: (Component.WEBHOOKS,),
    PanelId.CA_BUNDLE: (Component.CA_BUNDLE,),
    PanelId.PROBE: (Component.PROBE, Component.PROBE_NAMESPACE, Component.API_SERVER, Component.CONNECTION),
    PanelId.TIMELINE: (),
}
_KINDS = {
    PanelId.CRDS: (Kind.CRD,),
    PanelId.WORKLOADS: (Kind.DEPLOYMENT, Kind.REPLICASET, Kind.POD, Kind.LEASE),
    PanelId.SERVICE: (Kind.SERVICE, Kind.ENDPOINTSLICE),
    PanelId.WEBHOOKS: (Kind.VALIDATING, Kind.MUTATING),
    PanelId.CA_BUNDLE: (Kind.SECRET,),
    PanelId.PROBE: (Kind.NAMESPACE,),
    PanelId.TIMELINE: (Kind.EVENT,),
}


def panel_of(component: Component) -> PanelId:
    """The panel that shows a component."""
    return next((panel for panel, shown in _COMPONENTS.items() if component in shown), PanelId.PROBE)


def _panel(
    source: PanelInput,
    panel: PanelId,
    number: int,
    title: str,
    columns: tuple[Column, ...],
    rows: tuple[RowView, ...],
) -> PanelView:
    link = link_for(source.assessment, _COMPONENTS[panel])
    status = link.status if link else None
    summary = sanitise(link.summary, NAME_LIMIT) if link else ""
    if panel is PanelId.PROBE and status is Status.OK:
        summary = ""  # the streak stands in the banner; counting here would repaint the panel with each round
    if status is None and panel is not PanelId.TIMELINE:
        status = worst(row.status for row in rows if row.status is not None)
    if status is not None and source.snapshot.connection.phase is ConnectionPhase.LOST:
        # The rows below are the last truth; nobody can say whether it still holds.
        status, summary = Status.UNKNOWN, _as_of(source)
    return PanelView(
        id=panel,
        number=number,
        title=title,
        status=status,
        mark=source.mark(status),
        summary=summary,
        columns=columns,
        rows=rows,
        note=sanitise(_note(source, panel), TEXT_LIMIT),
    )


def _as_of(source: PanelInput) -> str:
    heard = source.snapshot.connection.last_answer
    return f"as of {age(source.now.seconds_since(heard))} ago" if heard is not None else "never heard of"


def _note(source: PanelInput, panel: PanelId) -> str:
    trouble = streams_note(source, _KINDS[panel])
    if panel is PanelId.PROBE:
        return "; ".join(part for part in (trouble, probe.probe_note(source)) if part)
    if panel is PanelId.WORKLOADS:
        return trouble or f"namespace {source.install.namespace}"
    return trouble


def filtered(panel: PanelView, text: str) -> PanelView:
    """The panel with the rows that the filter keeps; `hidden` counts the others."""
    if not text or text == "!":
        return panel
    wanted = text.removeprefix("!").casefold()
    inverse = text.startswith("!")
    kept = tuple(row for row in panel.rows if _contains(row, wanted) is not inverse)
    return PanelView(
        id=panel.id,
        number=panel.number,
        title=panel.title,
        status=panel.status,
        mark=panel.mark,
        summary=panel.summary,
        columns=panel.columns,
        rows=kept,
        note=panel.note,
        hidden=len(panel.rows) - len(kept),
    )


def _contains(row: RowView, wanted: str) -> bool:
    ref = f"{row.ref.kind} {row.ref.namespace}/{row.ref.name}" if row.ref else ""
    return wanted in " ".join((*(cell.text for cell in row.cells), ref)).casefold()
