"""What is looked at before anything is created: cert-manager, the namespace, and the issuer that was named."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certdash.actions.cluster_view import ClusterView
from certdash.certmanager import constants, fields
from certdash.certmanager.issuance.costs import cost_of, needs_real_name
from certdash.certmanager.issuance.plan import DEFAULT_DNS_NAME, IssuerRef, Settings
from certdash.certmanager.issuance.resources import NAMESPACES
from certdash.model.issuance import Outcome, Stall


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the test does not begin. `reason` is one line of raw text that says what to do."""

    outcome: Outcome
    reason: str
    stall: Stall | None = None


async def look_ahead(view: ClusterView, settings: Settings) -> Obstacle | None:
    """Whether something stands in the way already; None when nothing is known to. Changes nothing."""
    looks = [_cert_manager(view)]
    if settings.namespace:
        looks.append(_namespace(view, settings.namespace))
    if settings.issuer is not None:
        looks.append(_issuer(view, settings, settings.issuer))
    return next((found for found in await asyncio.gather(*looks) if found is not None), None)


async def _cert_manager(view: ClusterView) -> Obstacle | None:
    group = f"{constants.GROUP}/{constants.VERSION}"
    answer = await view.get(f"/apis/{group}")
    if answer.status is None:
        return Obstacle(Outcome.COULD_NOT_TELL, answer.message)
    if answer.status == 401:
        return Obstacle(Outcome.COULD_NOT_TELL, "the API server does not accept these credentials (401): log in anew")
    if answer.status == 404:
        return Obstacle(Outcome.FAILED, f"the cluster does not serve {group}: cert-manager's CRDs are not installed")
    if answer.status == 200:
        served = {fields.text(resource, "name") for resource in fields.items(answer.body, "resources")}
        missing = [name for name in ("certificates", "certificaterequests", "issuers") if name not in served]
        if missing:
            return Obstacle(Outcome.FAILED, f"the cluster does not serve {', '.join(missing)} of {group}")
    return None


async def _namespace(view: ClusterView, name: str) -> Obstacle | None:
    answer = await view.get(NAMESPACES.path("", name), metadata_only=True)
    if answer.status is None:
        return Obstacle(Outcome.COULD_NOT_TELL, answer.message)
    if answer.status == 404:
        return Obstacle(
            Outcome.COULD_NOT_TELL, f"namespace {name} does not exist: create it, or leave --probe-namespace out"
        )
    if fields.text(answer.body, "metadata", "deletionTimestamp"):
        return Obstacle(Outcome.COULD_NOT_TELL, f"namespace {name} is being deleted: choose another")
    return None


async def _issuer(view: ClusterView, settings: Settings, issuer: IssuerRef) -> Obstacle | None:
    body: Mapping[str, Any] | None = None
    if issuer.resource is not None:
        answer = await view.get(issuer.resource.path(settings.namespace, issuer.name))
        if answer.status is None:
            return Obstacle(Outcome.COULD_NOT_TELL, answer.message)
        if answer.status == 404:
            where = f" in namespace {settings.namespace}" if issuer.resource.namespaced else ""
            told = f"there is no {issuer.kind} {issuer.name}{where}"
            return Obstacle(Outcome.FAILED, told, Stall("CD1103", told, final=True))
        body = answer.body or None
    elif issuer.group == constants.GROUP:
        return Obstacle(Outcome.REFUSED, f"{issuer.kind} is no kind of issuer: write Issuer/NAME or ClusterIssuer/NAME")
    if not settings.accept_cost and (cost := cost_of(issuer, body)):
        return Obstacle(Outcome.REFUSED, f"{cost}: add --accept-cost if that is meant")
    if settings.dns_name == DEFAULT_DNS_NAME and needs_real_name(body):
        return Obstacle(Outcome.REFUSED, f"{issuer.kind} {issuer.name} proves who owns a name: name one by --dns-name")
    return None
