"""What the API server is told to trust: the caBundles decoded, the CA Secret, and who writes them."""

from collections.abc import Iterator

from certdash.certmanager import fields
from certdash.certmanager.constants import CAINJECTOR, CAINJECTOR_FIELD_MANAGER
from certdash.certmanager.trust import CertificateView, decode_bundle
from certdash.certmanager.views import WebhookEntry
from certdash.model.diagnosis import Status
from certdash.model.resource import Kind, KubeObject
from certdash.present.panels.parts import PanelInput, absence, name_cell, stale_state, state_cell, text_cell
from certdash.present.text import age
from certdash.present.view_model import Cell, Column, RowView, Tone

COLUMNS = (
    Column("TRUST"),
    Column("STATE", flexible=True),
    Column("AGE", right=True, optional=True),
)
_SOON = 7 * 86400
_WORDS = {Kind.VALIDATING: "validating", Kind.MUTATING: "mutating"}


def ca_bundle_rows(source: PanelInput) -> tuple[RowView, ...]:
    """Each of cert-manager's bundles with its certificates, then the CA Secret, then who injects."""
    entries = source.install.entries
    rows: list[RowView] = []
    bundles: dict[str, list[WebhookEntry]] = {}
    for entry in entries:
        bundles.setdefault(entry.ca_bundle, []).append(entry)
    for bundle, sharing in bundles.items():
        rows.extend(_bundle_rows(source, bundle, sharing))
    if not entries:
        gone = absence(source, Kind.VALIDATING)
        text = "no webhook configuration" if gone.text == "missing" else gone.text
        rows.append(source.row("bundle", gone.status, (Cell("caBundle"), state_cell(gone.status, text), Cell(""))))
    rows.extend(_secret_rows(source))
    rows.extend(_injector_rows(source, entries))
    return tuple(rows)


def _bundle_rows(source: PanelInput, bundle: str, sharing: list[WebhookEntry]) -> Iterator[RowView]:
    name = " + ".join(dict.fromkeys(_WORDS[e.kind] for e in sharing))
    key = f"bundle/{name}"
    view = decode_bundle(bundle)
    if view.empty:
        status, text = Status.FAIL, "empty: the API server trusts public authorities only"
    elif view.error:
        status, text = Status.FAIL, view.error
    else:
        count = len(view.certificates)
        status, text = Status.OK, f"{count} certificate{'s' if count > 1 else ''}"
    ref = sharing[0].configuration
    yield source.row(key, status, (name_cell(name, Tone.STRONG), state_cell(status, text), Cell("")), ref)
    for position, certificate in enumerate(view.certificates):
        yield _certificate_row(source, f"{key}/{position}", certificate, sharing[0])


def _certificate_row(source: PanelInput, key: str, certificate: CertificateView, entry: WebhookEntry) -> RowView:
    now = source.now.wall + source.snapshot.server.date_offset
    status, text = validity(certificate, now)
    cells = (
        name_cell(f" └ {certificate.subject or 'no subject'}"),
        state_cell(status, f"{text} · {certificate.fingerprint[:8]}"),
        Cell(age(now - certificate.not_before), Tone.DIM),
    )
    return source.row(key, status, cells, entry.configuration)


def validity(certificate: CertificateView, now: float) -> tuple[Status, str]:
    """Whether a certificate is valid at `now` (Unix seconds), and for how long."""
    left = certificate.not_after - now
    if left <= 0:
        return Status.FAIL, f"expired {age(-left)} ago"
    if certificate.not_before > now:
        return Status.FAIL, f"not valid for another {age(certificate.not_before - now)}"
    text = f"valid {age(left)}" + ("" if certificate.is_ca else ", not a CA")
    return (Status.WARN if left < _SOON else Status.OK), text


def _secret_rows(source: PanelInput) -> Iterator[RowView]:
    if source.install.ca_secret is None:
        return
    namespace, name = source.install.ca_secret
    secret = source.snapshot.get(Kind.SECRET, name, namespace)
    key = f"secret/{namespace}/{name}"
    label = name_cell(f"Secret {name}", Tone.STRONG)
    if secret is None:
        gone = absence(source, Kind.SECRET, name, namespace)
        # Certificates from files need no Secret, so that its absence alone blocks nothing.
        lacking = Status.WARN if gone.status is Status.FAIL else gone.status
        yield source.row(key, lacking, (label, state_cell(lacking, gone.text), Cell("")))
        return
    status, text = stale_state(source, secret, Status.OK, _changed(source, secret))
    cells = (label, state_cell(status, text), Cell(source.object_age(secret.body), Tone.DIM))
    yield source.row(key, status, cells, secret.ref)


def _changed(source: PanelInput, secret: KubeObject) -> str:
    moments = [fields.moment(e, "time") for e in fields.items(secret.body, "metadata", "managedFields")]
    known = [m for m in moments if m is not None]
    return f"written {source.since_server_time(max(known))} ago" if known else "there (metadata only)"


def _injector_rows(source: PanelInput, entries: tuple[WebhookEntry, ...]) -> Iterator[RowView]:
    configurations = dict.fromkeys((e.kind, e.configuration.name) for e in entries)
    items = [i for kind, name in configurations if (i := source.snapshot.get(kind, name))]
    writers = [
        (fields.text(e, "manager"), fields.moment(e, "time"))
        for item in items
        for e in fields.items(item.body, "metadata", "managedFields")
        if fields.flag(e, "ownsCaBundle")
    ]
    if writers:
        manager, moment = max(writers, key=lambda w: w[1] or 0.0)
        # Its field manager is named after the binary, which images call differently.
        known = manager == CAINJECTOR_FIELD_MANAGER or manager.endswith(CAINJECTOR)
        when = source.since_server_time(moment)
        text = f"by {'cainjector' if known else manager}" + (f", {when} ago" if when else "")
        cells = (Cell("Injected", Tone.STRONG), text_cell(text, Tone.PLAIN if known else Tone.WARN), Cell(""))
        yield source.row("injector", Status.OK if known else None, cells)
    elif items:
        text = "not yet, though asked for" if source.install.injected else "no annotation asks for it"
        yield source.row("injector", None, (Cell("Injected", Tone.STRONG), text_cell(text), Cell("")))
