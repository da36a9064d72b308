"""Everything that a namespace holds, whatever kind it is, told apart by whether it goes with what it was made for."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from certdash.actions.cluster_view import REQUEST_TIMEOUT
from certdash.actions.listing import Listing
from certdash.certmanager import fields
from certdash.certmanager.leftovers.facts import Contents
from certdash.kube.errors import TransportError
from certdash.model.resource import Ref, Resource

_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
# What Kubernetes and its distributions put into every namespace.
_EVERYWHERE = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "openshift-service-ca.crt"),
        ("ConfigMap", "istio-ca-root-cert"),
        ("ServiceAccount", "default"),
    }
)
# Events tell of objects; the metrics and the reports of a policy engine are made out of others.
_TELLING = frozenset({"events", "policyreports"})
_TELLING_GROUPS = frozenset({"metrics.k8s.io"})


class NamespaceReader:
    """Asks once which kinds there are, then lists them in each namespace that is asked about."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._kinds: tuple[Resource, ...] | None = None
        self._failure = ""

    async def contents(self, namespace: str, known: Callable[[Resource, Mapping[str, Any]], bool]) -> Contents:
        """What is in the namespace. `known` says of an object whether it goes with the namespace; so does what it owns,
        and what every namespace has."""
        kinds = await self._learn_kinds()
        if kinds is None:
            return Contents(unread=self._failure)
        # Its own book of failures: what may not be read here matters to this namespace alone.
        listing = Listing(self._listing.reader)
        lists = await asyncio.gather(*(listing.all(kind, namespace) for kind in kinds))
        inside = [(kind, body) for kind, found in zip(kinds, lists, strict=True) for body in found or ()]
        going = {fields.text(body, "metadata", "uid") for kind, body in inside if known(kind, body)}
        while more := {
            fields.text(body, "metadata", "uid")
            for _, body in inside
            if fields.text(body, "metadata", "uid") not in going
            and any(fields.text(o, "uid") in going for o in fields.items(body, "metadata", "ownerReferences"))
        }:
            going |= more
        ours, foreign = [], []
        for kind, body in inside:
            ref = Ref(kind.kind, namespace, fields.text(body, "metadata", "name"))
            if fields.text(body, "metadata", "uid") in going:
                ours.append(ref)
            elif (ref.kind, ref.name) not in _EVERYWHERE:
                foreign.append(ref)
        unread = next((f"{what}: {why}" for what, why in listing.unread.items()), "")
        return Contents(tuple(sorted(ours)), tuple(sorted(foreign)), unread)

    async def _learn_kinds(self) -> tuple[Resource, ...] | None:
        if self._kinds is None:
            found: list[Resource] = []
            for root in ("/api", "/apis"):
                try:
                    answer = await self._listing.reader.get(root, accept=_DISCOVERY, timeout=REQUEST_TIMEOUT)
                    document = orjson.loads(answer.body)
                except (TransportError, orjson.JSONDecodeError) as error:
                    self._failure = f"the kinds of objects: {error}"
                    return None
                if fields.text(document, "kind") != "APIGroupDiscoveryList":
                    self._failure = "the API server does not list its kinds"
                    return None
                if stale := _stale(document):
                    self._failure = f"the kinds of {stale}, whose API server does not answer"
                    return None
                found += _kinds(document)
            self._kinds = tuple(found)
        return self._kinds


def _stale(document: Mapping[str, Any]) -> str:
    """A group of which the API server knows only what it once was told, "" when there is none."""
    for group in fields.items(document, "items"):
        name = fields.text(group, "metadata", "name")
        stale = any(fields.text(version, "freshness") == "Stale" for version in fields.items(group, "versions"))
        if stale and name not in _TELLING_GROUPS:
            return name
    return ""


def _kinds(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Every namespaced kind that can be listed, in its group's preferred version."""
    for group in fields.items(document, "items"):
        name = fields.text(group, "metadata", "name")
        seen = set()
        for version in fields.items(group, "versions"):
            for found in fields.items(version, "resources"):
                plural = fields.text(found, "resource")
                listed = "list" in fields.texts(found, "verbs") and fields.text(found, "scope") == "Namespaced"
                if listed and plural not in seen and plural not in _TELLING and name not in _TELLING_GROUPS:
                    seen.add(plural)
                    kind = fields.text(found, "responseKind", "kind")
                    yield Resource(name, fields.text(version, "version"), plural, kind, True)
