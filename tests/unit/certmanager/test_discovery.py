"""Finding the install under whatever names it has, and the streams that follow from it."""

import copy
from dataclasses import replace
from typing import Any

from certdash.certmanager import constants as c
from certdash.certmanager.discovery import FoundBy, discover
from certdash.certmanager.ownership import Owner
from certdash.certmanager.streams import desired_streams
from certdash.model.resource import Kind
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase, StreamSpec, StreamState
from tests.unit import scenarios
from tests.unit.scenario_chart import NS
from tests.unit.scenario_cluster import NOW, Cluster
from tests.unit.scenario_registration import add_configurations, configuration, entry_of

SEARCH = StreamSpec(Kind.DEPLOYMENT, label_selector=c.COMPONENT_SELECTOR)


def renamed(namespace: str = "security", release: str = "certs") -> Cluster:
    """The install under another release name in another namespace."""
    cluster = scenarios.healthy()
    moved = copy.deepcopy(cluster.bodies)
    cluster.bodies.clear()

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: rename(v) for k, v in value.items()}
        if isinstance(value, list):
            return [rename(v) for v in value]
        if isinstance(value, str) and "/jetstack/" not in value and not value.startswith("--"):
            return value.replace("cert-manager-webhook", f"{release}-cert-manager-webhook")
        return value

    for (kind, home, _), body in moved.items():
        body = body if kind in (Kind.CRD, Kind.LEASE) else rename(body)
        if home == NS:
            body["metadata"]["namespace"] = namespace
        cluster.add(kind, body)
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        name = f"{release}-cert-manager-webhook"
        body = cluster.get(kind, name)
        body["webhooks"][0]["clientConfig"]["service"]["namespace"] = namespace
        body["metadata"]["annotations"][c.INJECT_FROM_SECRET] = f"{namespace}/{name}-ca"
    return cluster


def test_the_default_install() -> None:
    install = discover(scenarios.healthy().snapshot())
    assert (install.namespace, install.found_by) == ("cert-manager", FoundBy.CONFIGURATION)
    assert (install.webhook, install.controller) == ("cert-manager-webhook", "cert-manager")
    assert install.cainjector == "cert-manager-cainjector"
    assert install.service == ("cert-manager", "cert-manager-webhook")
    assert install.ca_secret == ("cert-manager", "cert-manager-webhook-ca")
    assert install.lease_namespace == "kube-system"
    assert install.ownership.owner is Owner.HELM
    assert install.stale == ()


def test_another_name_in_another_namespace() -> None:
    snapshot = renamed().snapshot()
    install = discover(snapshot)
    assert install.namespace == "security"
    assert install.webhook == "certs-cert-manager-webhook"
    assert install.ca_secret == ("security", "certs-cert-manager-webhook-ca")
    wanted = desired_streams(snapshot)
    assert StreamSpec(Kind.POD, "security") in wanted
    assert StreamSpec(Kind.SECRET, "security", "certs-cert-manager-webhook-ca", metadata_only=True) in wanted
    assert not any(spec.namespace == "cert-manager" for spec in wanted)


def test_a_default_install_needs_nineteen_streams() -> None:
    snapshot = scenarios.healthy().snapshot()
    assert len(desired_streams(snapshot)) == 19
    scope = replace(snapshot.scope, probe_namespace="cert-manager")
    assert len(desired_streams(replace(snapshot, scope=scope))) == 18


def test_at_first_the_default_is_assumed() -> None:
    cluster = scenarios.empty()
    start = Snapshot(cluster.target, cluster.scope, cluster.connection)
    wanted = desired_streams(start)
    assert len(wanted) == 19
    assert SEARCH not in wanted
    assert StreamSpec(Kind.LEASE, "kube-system", c.CONTROLLER_LEASE) in wanted


def test_only_when_nothing_leads_anywhere_the_cluster_is_searched() -> None:
    cluster = scenarios.crds_only()
    assert SEARCH in desired_streams(cluster.snapshot())
    assert len(desired_streams(cluster.snapshot())) == 20
    add_configurations(cluster)
    assert SEARCH not in desired_streams(cluster.snapshot())


def test_the_search_goes_on_while_only_it_leads_to_the_install() -> None:
    cluster = renamed()
    cluster.remove(Kind.VALIDATING)
    cluster.remove(Kind.MUTATING)
    cluster.remove(Kind.SERVICE)
    snapshot = cluster.snapshot()
    install = discover(snapshot)
    assert (install.namespace, install.found_by) == ("security", FoundBy.WORKLOADS)
    streams = {**snapshot.streams, SEARCH: StreamState(StreamPhase.SYNCED, NOW)}
    wanted = desired_streams(replace(snapshot, streams=streams))
    assert SEARCH in wanted
    assert StreamSpec(Kind.POD, "security") in wanted


def test_the_namespace_that_was_asked_for_counts() -> None:
    cluster = scenarios.healthy()
    cluster.scope = replace(cluster.scope, install_namespace="elsewhere")
    install = discover(cluster.snapshot())
    assert (install.namespace, install.found_by) == ("elsewhere", FoundBy.SCOPE)
    assert install.entries == ()
    assert len(install.stale) == 2


def test_a_leftover_does_not_hide_the_live_install() -> None:
    cluster = scenarios.healthy()
    old = configuration(Kind.VALIDATING, name="a-webhook")
    old["webhooks"][0]["clientConfig"]["service"].update(namespace="aaa", name="a-webhook")
    cluster.add(Kind.VALIDATING, old)
    install = discover(cluster.snapshot())
    assert install.namespace == "cert-manager"
    assert [ref.name for ref in install.stale] == ["a-webhook"]
    wanted = desired_streams(cluster.snapshot())
    assert StreamSpec(Kind.SERVICE, "aaa") in wanted


def test_siblings_and_policy_engines_are_not_cert_manager() -> None:
    cluster = scenarios.crds_only()
    policy = configuration(Kind.VALIDATING, name="kyverno")
    policy["metadata"]["labels"] = {}
    policy["webhooks"][0].update(name="validate.kyverno.svc-fail")
    cluster.add(Kind.VALIDATING, policy)
    assert discover(cluster.snapshot()).entries == ()


def test_the_lease_s_namespace_comes_from_the_arguments() -> None:
    cluster = scenarios.healthy()
    containers = cluster.get(Kind.DEPLOYMENT, "cert-manager", NS)["spec"]["template"]["spec"]["containers"]
    containers[0]["args"] = ["--leader-election-namespace=$(POD_NAMESPACE)"]
    wanted = desired_streams(cluster.snapshot())
    assert StreamSpec(Kind.LEASE, "cert-manager", c.CONTROLLER_LEASE) in wanted
    assert StreamSpec(Kind.LEASE, "kube-system", c.CAINJECTOR_LEASE) in wanted


def test_a_url_has_no_service() -> None:
    cluster = scenarios.healthy()
    for kind, path in ((Kind.VALIDATING, "validate"), (Kind.MUTATING, "mutate")):
        entry_of(cluster, kind)["clientConfig"] = {"url": f"https://hooks.example.com/{path}"}
    install = discover(cluster.snapshot())
    assert install.service is None
    assert (install.namespace, install.webhook) == ("cert-manager", "cert-manager-webhook")
    assert len(install.entries) == 2


def test_owners() -> None:
    cluster = scenarios.healthy()
    webhook = cluster.get(Kind.DEPLOYMENT, "cert-manager-webhook", NS)["metadata"]
    webhook["labels"]["helm.toolkit.fluxcd.io/name"] = "cm"
    webhook["labels"]["helm.toolkit.fluxcd.io/namespace"] = "flux-system"
    owner = discover(cluster.snapshot()).ownership
    assert (owner.owner, owner.name, owner.namespace) == (Owner.FLUX, "cm", "flux-system")
    assert owner.release == "cert-manager"
