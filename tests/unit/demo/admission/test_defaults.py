"""What the API server fills in: as the real one answered the objects of the chart."""

import json
from typing import Any

from certdash.demo.admission.defaults import with_defaults
from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import DEPLOYMENTS, MUTATING, POLICIES, SECRETS, SERVICES, VALIDATING
from certdash.demo.chart.components import WEBHOOK
from certdash.demo.chart.objects import deployment, webhook_configurations, webhook_service


def test_webhooks() -> None:
    validating, mutating = webhook_configurations()
    hook = with_defaults(VALIDATING, validating, None, ())["webhooks"][0]
    assert hook["clientConfig"]["service"]["port"] == 443
    assert hook["objectSelector"] == {}
    assert hook["namespaceSelector"] == validating["webhooks"][0]["namespaceSelector"]
    assert [rule["scope"] for rule in hook["rules"]] == ["*"]
    assert "reinvocationPolicy" not in hook
    hook = with_defaults(MUTATING, mutating, None, ())["webhooks"][0]
    assert (hook["reinvocationPolicy"], hook["namespaceSelector"]) == ("Never", {})


def test_policies() -> None:
    spec = {"matchConstraints": {"resourceRules": [{"resources": ["pods"]}]}, "validations": []}
    made = with_defaults(POLICIES, {"metadata": {"name": "p"}, "spec": spec}, None, ())["spec"]
    assert made["failurePolicy"] == "Fail"
    assert made["matchConstraints"] == {
        "namespaceSelector": {},
        "objectSelector": {},
        "matchPolicy": "Equivalent",
        "resourceRules": [{"resources": ["pods"], "scope": "*"}],
    }


def service(name: str, **spec: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"ports": [{"port": 80}], **spec}}


def test_services_get_an_address_of_their_own() -> None:
    first = with_defaults(SERVICES, service("a"), None, ())
    address = first["spec"]["clusterIP"]
    assert address.startswith(("10.96.", "10.97.", "10.98.", "10.99.", "10.10", "10.11"))
    assert first["spec"]["clusterIPs"] == [address]
    assert first["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    again = with_defaults(SERVICES, service("a"), None, [first])
    assert again["spec"]["clusterIP"] != address
    updated = with_defaults(SERVICES, service("a"), first, [first])
    assert updated["spec"]["clusterIP"] == address
    assert with_defaults(SERVICES, webhook_service("None"), None, ())["spec"]["clusterIP"] == "None"
    outside = with_defaults(SERVICES, service("b", type="ExternalName", externalName="x.test"), None, ())
    assert "clusterIP" not in outside["spec"]


def test_deployments() -> None:
    given = deployment(WEBHOOK)
    before = json.dumps(given)
    spec = with_defaults(DEPLOYMENTS, given, None, ())["spec"]
    assert json.dumps(given) == before
    assert (spec["replicas"], spec["progressDeadlineSeconds"], spec["revisionHistoryLimit"]) == (1, 600, 10)
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    pod = spec["template"]["spec"]
    assert (pod["restartPolicy"], pod["dnsPolicy"]) == ("Always", "ClusterFirst")
    assert pod["serviceAccount"] == pod["serviceAccountName"]
    container = pod["containers"][0]
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert container["terminationMessagePath"] == "/dev/termination-log"


def test_what_is_complete_stays_as_it_is() -> None:
    for resource, item in ((DEPLOYMENTS, deployment(WEBHOOK)), (VALIDATING, webhook_configurations()[0])):
        complete = with_defaults(resource, item, None, ())
        assert with_defaults(resource, complete, complete, ()) == complete
    secret = {"metadata": {"name": "s"}, "type": "kubernetes.io/tls"}
    assert with_defaults(SECRETS, secret, None, ()) == secret
