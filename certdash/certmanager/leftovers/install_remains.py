"""What a removed install or a failed Helm hook leaves: CRDs, leases, roles and their bindings, Jobs."""

from collections.abc import Iterator

from certdash.certmanager import constants, fields
from certdash.certmanager.leftovers.facts import Body, Facts, release_keeps
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience, Sureness, age_of, leftover
from certdash.certmanager.leftovers.resources import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    JOBS,
    ROLE_BINDINGS,
    ROLES,
    SERVICE_ACCOUNTS,
)
from certdash.certmanager.views import condition
from certdash.model.resource import Key, Kind, Resource

HOOK_COMPONENT = "startupapicheck"
LEASE_COMPONENTS = {
    constants.CONTROLLER_LEASE: constants.CONTROLLER,
    constants.CAINJECTOR_LEASE: constants.CAINJECTOR,
}
# The roles for signing requests and for approving bear the chart's name as their component.
RBAC_COMPONENTS = (*constants.COMPONENTS, "cert-manager")
_APP_NAMES = frozenset({"cert-manager", constants.WEBHOOK, constants.CAINJECTOR})
_OLD_GROUP = "certmanager.k8s.io"


def orphan_crds(facts: Facts) -> Iterator[Leftover]:
    """CRDs without a controller, and those of the group that cert-manager had before 0.11. Never to be removed."""
    running = any(found.component == constants.CONTROLLER for found in facts.installs)
    for body in facts.of(Kind.CRD.resource):
        name = fields.text(body, "metadata", "name")
        if name.endswith("." + _OLD_GROUP):
            why = ("its group is cert-manager's from before 0.11", "no release since reads it")
        elif name in constants.CRD_NAMES and facts.installs_known and not running:
            why = ("its group is cert-manager's", "there is no Deployment of cert-manager's controller")
        else:
            continue
        yield leftover(
            Kind.CRD.resource,
            body,
            Origin.INSTALL,
            Sureness.LIKELY,
            why,
            "objects of its kind are taken, and nothing happens with them",
            kept="a CRD takes all objects of its kind with it: never removed from here",
        )


def orphan_leases(facts: Facts) -> Iterator[Leftover]:
    """Leases that nobody renews, of components that have no Deployment."""
    if not facts.installs_known:
        return
    for body in facts.of(Kind.LEASE.resource):
        namespace, name = fields.text(body, "metadata", "namespace"), fields.text(body, "metadata", "name")
        component = LEASE_COMPONENTS.get(name)
        renewed = fields.moment(body, "spec", "renewTime")
        held = fields.number(body, "spec", "leaseDurationSeconds", default=60)
        if component is None or (renewed is not None and facts.now - renewed < 2 * held):
            continue
        if any(found.component == component and found.lease_namespace == namespace for found in facts.installs):
            continue
        yield leftover(
            Kind.LEASE.resource,
            body,
            Origin.INSTALL,
            Sureness.CERTAIN,
            (f"no Deployment of the {component} uses it", "it ran out without being renewed"),
            "nothing: a new install takes it over",
        )


def orphan_roles(facts: Facts, patience: Patience) -> Iterator[Leftover]:
    """Bindings whose ServiceAccounts are gone, and roles that nobody else is bound to, of an install that is gone."""
    if not facts.installs_known:
        return
    live = {found.instance for found in facts.installs}
    gone: set[tuple[Resource, Key]] = set()
    for resource in (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS):
        for body in facts.of(resource):
            accounts = binding_accounts(body)
            missing = accounts and all((SERVICE_ACCOUNTS, account) in facts.absent for account in accounts)
            if not missing or not _of_gone_install(body, live):
                continue
            gone.add((resource, _key(body)))
            said = ", ".join(f"{namespace}/{name}" for namespace, name in accounts)
            why = (f"its ServiceAccount {said} is gone", "no install of its instance label is there")
            yield _remains(facts, resource, body, why, "nothing, until somebody makes that ServiceAccount", patience)
    for resource, bindings in ((CLUSTER_ROLES, (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS)), (ROLES, (ROLE_BINDINGS,))):
        if not all(facts.read(each) for each in bindings):
            continue
        for body in facts.of(resource):
            if _of_gone_install(body, live) and not _bound(facts, resource, body, bindings, gone):
                why = ("nobody is bound to it who is still there", "no install of its instance label is there")
                effect = "it is added to what viewers or editors may do" if _aggregated(body) else "nothing"
                yield _remains(facts, resource, body, why, effect, patience)


def binding_accounts(body: Body) -> tuple[Key, ...]:
    """The ServiceAccounts of a binding; none when anybody else is bound, too."""
    subjects = fields.items(body, "subjects")
    if any(subject.get("kind") != "ServiceAccount" for subject in subjects):
        return ()
    home = fields.text(body, "metadata", "namespace")
    return tuple((fields.text(s, "namespace") or home, fields.text(s, "name")) for s in subjects)


def _of_gone_install(body: Body, live: set[str]) -> bool:
    labels = fields.string_map(body, "metadata", "labels")
    component = labels.get(constants.LABEL_COMPONENT) in RBAC_COMPONENTS
    instance = labels.get(constants.LABEL_INSTANCE, "")
    return component and labels.get(constants.LABEL_NAME) in _APP_NAMES and bool(instance) and instance not in live


def _bound(
    facts: Facts, role: Resource, body: Body, bindings: tuple[Resource, ...], gone: set[tuple[Resource, Key]]
) -> bool:
    namespace, name = _key(body)
    for resource in bindings:
        for binding in facts.of(resource):
            ref = fields.mapping(binding, "roleRef")
            same_place = not namespace or fields.text(binding, "metadata", "namespace") == namespace
            leads_here = (ref.get("kind"), ref.get("name")) == (role.kind, name) and same_place
            if leads_here and (resource, _key(binding)) not in gone:
                return True
    return False


def _aggregated(body: Body) -> bool:
    return any(
        key.startswith("rbac.authorization.k8s.io/aggregate-to-") for key in fields.mapping(body, "metadata", "labels")
    )


def _remains(
    facts: Facts, resource: Resource, body: Body, why: tuple[str, ...], effect: str, patience: Patience
) -> Leftover:
    young = "it was made just now: an install may be under way" if age_of(body, facts.now) < patience.install else ""
    kept = release_keeps(facts, body) or young
    return leftover(resource, body, Origin.INSTALL, Sureness.LIKELY, why, effect, kept=kept)


def hook_remains(facts: Facts, patience: Patience) -> Iterator[Leftover]:
    """Jobs of startupapicheck that ended and stayed, with their ServiceAccounts, Roles and RoleBindings."""
    if not facts.read(JOBS):
        return
    ended = {_key(job): _ending(job) for job in facts.of(JOBS)}
    busy = {namespace for (namespace, _), ending in ended.items() if not ending}
    for resource in (JOBS, ROLE_BINDINGS, ROLES, SERVICE_ACCOUNTS):
        for body in facts.of(resource):
            labels = fields.string_map(body, "metadata", "labels")
            namespace, name = _key(body)
            if labels.get(constants.LABEL_COMPONENT) != HOOK_COMPONENT or namespace in busy:
                continue
            ending = ended.get((namespace, name), "") if resource is JOBS else ""
            why = (
                "it is labelled as the check that the chart runs after an install",
                f"its Job has ended: {ending}" if ending else "its Job does not run",
            )
            kept = _hook_kept(facts, body, patience)
            effect = "nothing; it tells of an install that failed" if resource is JOBS else "nothing"
            yield leftover(resource, body, Origin.HOOK, Sureness.CERTAIN, why, effect, kept=kept)


def _hook_kept(facts: Facts, body: Body, patience: Patience) -> str:
    release = (
        fields.text(body, "metadata", "namespace"),
        fields.text(body, "metadata", "labels", constants.LABEL_INSTANCE),
    )
    # A hook's objects bear no annotation of their release; its name is their instance label.
    status = facts.releases.get(release, "")
    if status.startswith("pending"):
        return f"its Helm release {release[1]} is moving ({status})"
    return "it was made just now: an install may be under way" if age_of(body, facts.now) < patience.install else ""


def _ending(job: Body) -> str:
    """How a Job ended, "" when it has not."""
    for kind in ("Complete", "Failed"):
        found = condition(job, kind)
        if found is not None and found.status == "True":
            return kind
    return ""


def _key(body: Body) -> Key:
    return fields.text(body, "metadata", "namespace"), fields.text(body, "metadata", "name")
