"""Reads what the rules about leftovers need: lists in parallel, then what the candidates among them lead to."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from certdash.actions.cluster_view import ClusterView
from certdash.actions.listing import Listing
from certdash.actions.namespace_contents import NamespaceReader
from certdash.certmanager import constants, fields
from certdash.certmanager.discovery import component_of
from certdash.certmanager.issuance.resources import CERTIFICATES, NAMESPACES, SECRETS
from certdash.certmanager.leftovers import verification_guide
from certdash.certmanager.leftovers.facts import Body, Contents, Facts, as_object, helm_release
from certdash.certmanager.leftovers.install_remains import (
    HOOK_COMPONENT,
    LEASE_COMPONENTS,
    RBAC_COMPONENTS,
    binding_accounts,
)
from certdash.certmanager.leftovers.issued_secrets import ISSUED_LABEL
from certdash.certmanager.leftovers.resources import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    JOBS,
    ROLE_BINDINGS,
    ROLES,
    SERVICE_ACCOUNTS,
)
from certdash.certmanager.leftovers.secret_users import USER_KINDS, secrets_of
from certdash.certmanager.leftovers.solvers import SOLVER_KINDS, SOLVER_LABEL
from certdash.certmanager.leftovers.stuck import STUCK_KINDS
from certdash.certmanager.leftovers.webhook_configurations import cert_manager_entries
from certdash.model.resource import Key, Kind, Ref, Resource

_COMPONENTS = f"{constants.LABEL_COMPONENT} in ({', '.join((*RBAC_COMPONENTS, HOOK_COMPONENT))})"
_HOOKS = f"{constants.LABEL_COMPONENT}={HOOK_COMPONENT}"
_CONFIGURATIONS = (Kind.VALIDATING, Kind.MUTATING)
_RBAC = (CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, ROLES, ROLE_BINDINGS)
# A Secret that is asked about by the name that the chart gives it.
_CA_SECRET = f"{constants.DEFAULT_FULLNAME}-webhook-ca"


class FactReader:
    """Gathers the facts of one look at the cluster. `unread` says what could not be read, and why."""

    def __init__(self, view: ClusterView) -> None:
        self._view = view
        self._listing = Listing(view.reader)
        self.namespaces = NamespaceReader(self._listing)

    @property
    def unread(self) -> Mapping[str, str]:
        """Why each list could not be read."""
        return self._listing.unread

    async def read(self, now: float, *, secrets: bool) -> Facts:
        """The facts at `now`, the server's time; with `secrets` Secrets are looked for, too, as metadata."""
        lists = await self._lists(secrets=secrets)
        objects = await self._named(lists)
        guide, contents = await self._guide(lists)
        namespaces = {fields.text(body, "metadata", "namespace") for body in lists.get(SECRETS, ())}
        if guide.get(SECRETS):
            namespaces.add(verification_guide.NAMESPACE)
        users, unread = await self._secret_users(namespaces)
        return Facts(
            now=now,
            lists=lists,
            present=frozenset(key for key, there in objects.items() if there),
            absent=frozenset(key for key, there in objects.items() if there is False),
            releases=await self._releases(lists),
            contents={verification_guide.NAMESPACE: contents} if contents is not None else {},
            guide=guide,
            secrets_asked=secrets,
            users_of=users,
            users_unread=unread,
        )

    async def _lists(self, *, secrets: bool) -> dict[Resource, tuple[Body, ...]]:
        every = self._listing.all
        wanted: dict[Resource, Awaitable[tuple[Body, ...] | None]] = {
            NAMESPACES: every(NAMESPACES, metadata_only=False, keep=_telling_namespace),
            Kind.CRD.resource: every(Kind.CRD.resource, keep=_cert_manager_crd),
            Kind.DEPLOYMENT.resource: every(Kind.DEPLOYMENT.resource, metadata_only=False, keep=_component),
            Kind.LEASE.resource: self._by_name(Kind.LEASE.resource, LEASE_COMPONENTS),
            JOBS: every(JOBS, query=_labelled(_HOOKS), metadata_only=False),
            SERVICE_ACCOUNTS: every(SERVICE_ACCOUNTS, query=_labelled(_HOOKS)),
        }
        for kind in _CONFIGURATIONS:
            wanted[kind.resource] = every(kind.resource, metadata_only=False, keep=_asks_cert_manager(kind))
        for resource in _RBAC:
            wanted[resource] = every(resource, query=_labelled(_COMPONENTS), metadata_only=False)
        for resource in SOLVER_KINDS:
            wanted[resource] = every(resource, query=_labelled(f"{SOLVER_LABEL}=true"))
        for resource in STUCK_KINDS:
            # Whether the Certificate or the Challenge of something is there is asked below; the rest only if stuck.
            all_of_them = resource.plural == "challenges" or (secrets and resource is CERTIFICATES)
            wanted[resource] = every(resource, keep=_anything if all_of_them else _being_deleted)
        if secrets:
            wanted[SECRETS] = self._secrets()
        found = dict(zip(wanted, await asyncio.gather(*wanted.values()), strict=True))
        return {resource: bodies for resource, bodies in found.items() if bodies is not None}

    async def _by_name(self, resource: Resource, names: Iterable[str]) -> tuple[Body, ...] | None:
        found = await asyncio.gather(
            *(
                self._listing.all(resource, query=(("fieldSelector", f"metadata.name={name}"),), metadata_only=False)
                for name in names
            )
        )
        return None if None in found else tuple(body for bodies in found for body in bodies or ())

    async def _secrets(self) -> tuple[Body, ...] | None:
        issued, authorities = await asyncio.gather(
            self._listing.all(SECRETS, query=_labelled(ISSUED_LABEL)),
            self._listing.all(SECRETS, query=(("fieldSelector", f"metadata.name={_CA_SECRET}"),)),
        )
        if issued is None or authorities is None:
            return None
        return tuple({fields.text(body, "metadata", "uid"): body for body in (*issued, *authorities)}.values())

    async def _named(self, lists: Mapping[Resource, tuple[Body, ...]]) -> dict[tuple[Resource, Key], bool | None]:
        """Whether the Services and ServiceAccounts that others name are there; None when it may not be told."""
        sought: set[tuple[Resource, Key]] = set()
        for kind in _CONFIGURATIONS:
            for body in lists.get(kind.resource, ()):
                services = (entry.service for entry in cert_manager_entries(kind, body))
                sought |= {(Kind.SERVICE.resource, service) for service in services if service}
        for resource in (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS):
            for body in lists.get(resource, ()):
                sought |= {(SERVICE_ACCOUNTS, account) for account in binding_accounts(body)}
        order = sorted(sought, key=lambda each: (each[0].plural, each[1]))
        there = await asyncio.gather(*(self._is_there(resource, key) for resource, key in order))
        return dict(zip(order, there, strict=True))

    async def _is_there(self, resource: Resource, key: Key) -> bool | None:
        found = await self._view.get(resource.path(*key), metadata_only=True)
        return True if found.status == 200 else False if found.status == 404 else None

    async def _releases(self, lists: Mapping[Resource, tuple[Body, ...]]) -> dict[Key, str]:
        """The status of every Helm release that an object names, from the labels of Helm's own Secrets."""
        sought: set[Key] = set()
        for resource in (*(kind.resource for kind in _CONFIGURATIONS), *_RBAC):
            sought |= {release for body in lists.get(resource, ()) if (release := helm_release(body)) is not None}
        for resource in (JOBS, SERVICE_ACCOUNTS, ROLES, ROLE_BINDINGS):
            for body in lists.get(resource, ()):
                labels = fields.string_map(body, "metadata", "labels")
                if labels.get(constants.LABEL_COMPONENT) == HOOK_COMPONENT:
                    sought.add((fields.text(body, "metadata", "namespace"), labels.get(constants.LABEL_INSTANCE, "")))
        order = sorted((namespace, name) for namespace, name in sought if namespace and name)
        told = await asyncio.gather(*(self._release(*release) for release in order))
        return {release: status for release, status in zip(order, told, strict=True) if status is not None}

    async def _release(self, namespace: str, name: str) -> str | None:
        found = await self._view.labelled(
            SECRETS, namespace, f"owner=helm,name={name},status notin (superseded,uninstalled)"
        )
        if found.status != 200:
            return None
        states = [fields.text(body, "metadata", "labels", "status") for body in found.items]
        return next((state for state in states if state.startswith("pending")), states[-1] if states else "")

    async def _guide(self, lists: Mapping[Resource, tuple[Body, ...]]) -> tuple[dict[Resource, Body], Contents | None]:
        names = {fields.text(body, "metadata", "name") for body in lists.get(NAMESPACES, ())}
        if verification_guide.NAMESPACE not in names:
            return {}, None
        found: dict[Resource, Body] = {}
        for resource, name in verification_guide.OBJECTS:
            path = resource.path(verification_guide.NAMESPACE, name)
            answer = await self._view.get(path, metadata_only=resource is SECRETS)
            if answer.status == 200:
                found[resource] = answer.body
        uids = {fields.text(body, "metadata", "uid") for body in found.values()}
        contents = await self.namespaces.contents(
            verification_guide.NAMESPACE, lambda _, body: fields.text(body, "metadata", "uid") in uids
        )
        return found, contents

    async def _secret_users(self, namespaces: Iterable[str]) -> tuple[dict[Key, tuple[Ref, ...]], dict[str, str]]:
        """Who uses which Secret of these namespaces, and of which namespace that can't be told."""
        users: dict[Key, tuple[Ref, ...]] = {}
        unread: dict[str, str] = {}
        homes = sorted(set(namespaces))
        if not homes:
            return users, unread
        listing = Listing(self._view.reader)
        # A Gateway may use a Secret of another namespace.
        places = [(kind, home) for kind in USER_KINDS[:-1] for home in homes] + [(USER_KINDS[-1], "")]
        lists = await asyncio.gather(*(listing.all(kind, home, metadata_only=False) for kind, home in places))
        for (kind, home), bodies in zip(places, lists, strict=True):
            if bodies is None:
                unread |= dict.fromkeys([home] if home else homes, f"{kind.plural} may not be read")
            for body in bodies or ():
                ref = Ref(kind.kind, fields.text(body, "metadata", "namespace"), fields.text(body, "metadata", "name"))
                for secret in secrets_of(kind, body):
                    users[secret] = (*users.get(secret, ()), ref)
        return users, unread


def _labelled(selector: str) -> tuple[tuple[str, str], ...]:
    return (("labelSelector", selector),)


def _anything(_: Mapping[str, Any]) -> bool:
    return True


def _being_deleted(body: Mapping[str, Any]) -> bool:
    return bool(fields.text(body, "metadata", "deletionTimestamp"))


def _telling_namespace(body: Mapping[str, Any]) -> bool:
    return fields.text(body, "metadata", "name") == verification_guide.NAMESPACE or _being_deleted(body)


def _cert_manager_crd(body: Mapping[str, Any]) -> bool:
    name = fields.text(body, "metadata", "name")
    return name in constants.CRD_NAMES or name.endswith(".certmanager.k8s.io")


def _component(body: Mapping[str, Any]) -> bool:
    return bool(component_of(as_object(Kind.DEPLOYMENT, body)))


def _asks_cert_manager(kind: Kind) -> Callable[[Mapping[str, Any]], bool]:
    return lambda body: bool(cert_manager_entries(kind, body))
