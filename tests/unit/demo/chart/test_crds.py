"""Our own definitions of cert-manager's resources name what the real ones name."""

from certdash.certmanager.constants import CRD_NAMES
from certdash.demo.api.resource_types import custom_resource_type
from certdash.demo.chart.components import VERSION
from certdash.demo.chart.crds import crds
from certdash.demo.chart.objects import at_version, install

CRDS = {crd["metadata"]["name"]: crd for crd in crds()}


def test_there_are_the_six() -> None:
    assert set(CRDS) == set(CRD_NAMES)


def test_only_cluster_issuers_have_no_namespace() -> None:
    unbound = [name for name, crd in CRDS.items() if not custom_resource_type(crd).namespaced]
    assert unbound == ["clusterissuers.cert-manager.io"]


def test_each_serves_v1_with_a_status_of_its_own() -> None:
    for crd in CRDS.values():
        resource = custom_resource_type(crd)
        assert resource.version == "v1"
        assert "status" in resource.subresources


def test_another_version_stands_wherever_this_one_stood() -> None:
    older = [at_version(item, "v1.20.3") for item in [*CRDS.values(), *install("10.96.0.10")]]
    assert VERSION not in str(older)
    deployments = [item for item in older if item["kind"] == "Deployment"]
    tags = {item["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2] for item in deployments}
    assert tags == {"v1.20.3"}


def test_the_controllers_service_named_its_port_otherwise_up_to_1_20() -> None:
    def port(version: str) -> str:
        items = install("10.96.0.10", version)
        service = next(i for i in items if i["kind"] == "Service" and i["metadata"]["name"] == "cert-manager")
        return str(service["spec"]["ports"][0]["name"])

    assert port("v1.20.3") == "tcp-prometheus-servicemonitor"
    assert port("v1.21.0") == port("v1.21.2") == "http-metrics"
