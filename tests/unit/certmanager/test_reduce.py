"""What is kept of each object."""

from certdash.certmanager.reduce import reduce
from certdash.model.resource import Kind
from tests.unit.scenario_registration import configuration, crd


def test_a_secret_keeps_its_metadata_only() -> None:
    raw = {
        "metadata": {"name": "x", "annotations": {"cert-manager.io/allow-direct-injection": "true", "other": "y"}},
        "data": {"tls.key": "c2VjcmV0"},
        "stringData": {"a": "b"},
        "type": "Opaque",
    }
    kept = reduce(Kind.SECRET, raw)
    assert set(kept) == {"metadata"}
    assert kept["metadata"]["annotations"] == {"cert-manager.io/allow-direct-injection": "true"}


def test_a_crd_loses_its_schemas() -> None:
    kept = reduce(Kind.CRD, crd("issuers.cert-manager.io"))
    assert kept["spec"]["versions"] == [{"name": "v1", "served": True, "storage": True}]
    assert kept["spec"]["conversion"] == {"strategy": "None"}


def test_a_pod_loses_its_environment() -> None:
    raw = {
        "metadata": {"name": "p", "managedFields": [{"manager": "kubelet"}]},
        "spec": {"containers": [{"name": "c", "image": "i", "env": [{"name": "PASSWORD", "value": "x"}]}]},
        "status": {"phase": "Running", "qosClass": "Burstable"},
    }
    kept = reduce(Kind.POD, raw)
    assert kept["spec"] == {"containers": [{"name": "c", "image": "i"}]}
    assert kept["status"] == {"phase": "Running"}
    assert "managedFields" not in kept["metadata"]


def test_the_writers_of_a_webhook_configuration_are_kept_without_their_fields() -> None:
    kept = reduce(Kind.VALIDATING, configuration(Kind.VALIDATING))
    helm, cainjector = kept["metadata"]["managedFields"]
    assert (helm["manager"], helm["ownsCaBundle"]) == ("helm", False)
    assert (cainjector["manager"], cainjector["ownsCaBundle"]) == ("cert-manager-cainjector", True)
    assert "fieldsV1" not in cainjector
    assert kept["webhooks"] == configuration(Kind.VALIDATING)["webhooks"]
