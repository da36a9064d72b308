"""Which webhooks and policies are asked, in which order, and what comes of it: as seen on kube-apiserver 1.36."""

from typing import Any

import pytest

from certdash.demo.api.objects import Object
from certdash.demo.api.request import User
from certdash.demo.api.resource_types import (
    CONFIG_MAPS,
    MUTATING,
    NAMESPACES,
    POLICIES,
    POLICY_BINDINGS,
    VALIDATING,
    ResourceType,
)
from certdash.demo.pki import signing_request
from tests.unit.demo.webhook_cluster import WebhookCluster

CONFIG_MAP = CONFIG_MAPS.path("default")
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
ABSENT = 'failed calling webhook "a.test.io": failed to call webhook: Post "https://gone.default.svc:443/?timeout=1s": '


def config_map(**data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"app": "x"}}, "data": data}


async def hook(cluster: WebhookCluster, kind: ResourceType = VALIDATING, **more: Any) -> None:
    """Configure a webhook whose Service is missing, so that being asked shows."""
    made = {
        "name": "a.test.io",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
        "clientConfig": {"service": {"name": "gone", "namespace": "default"}},
        "rules": [RULE],
        **more,
    }
    item = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "test"}, "webhooks": [made]}
    await cluster.admin.create(kind.path(), item)
    await cluster.settle()


async def policy(cluster: WebhookCluster, *, actions: tuple[str, ...] = ("Deny",), **spec: Any) -> None:
    """A policy about ConfigMaps."""
    whole = {"matchConstraints": {"resourceRules": [RULE]}, **spec}
    head = {"apiVersion": POLICIES.api_version, "metadata": {"name": "p"}}
    await cluster.admin.create(POLICIES.path(), {**head, "kind": POLICIES.kind, "spec": whole})
    binding = {"policyName": "p", "validationActions": list(actions)}
    await cluster.admin.create(POLICY_BINDINGS.path(), {**head, "kind": POLICY_BINDINGS.kind, "spec": binding})
    await cluster.settle()


async def create(cluster: WebhookCluster, body: Object | None = None, path: str = CONFIG_MAP) -> tuple[int, str]:
    """Status and message of a dry-run create."""
    answer = await cluster.send("POST", f"{path}?dryRun=All", body or config_map(a="1"))
    assert answer.body is not None
    return answer.code, str(answer.body.get("message", ""))


ASKED = (500, f'Internal error occurred: {ABSENT}service "gone" not found')
NOT_ASKED = (201, "")


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({}, ASKED),
        ({"rules": [{**RULE, "operations": ["UPDATE"]}]}, NOT_ASKED),
        ({"rules": [{**RULE, "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}]}, ASKED),
        ({"rules": [{**RULE, "resources": ["*"]}]}, ASKED),
        ({"rules": [{**RULE, "resources": ["configmaps/status"]}]}, NOT_ASKED),
        ({"rules": [{**RULE, "scope": "Cluster"}]}, NOT_ASKED),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}, ASKED),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}, NOT_ASKED),
        ({"objectSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}, ASKED),
        ({"objectSelector": {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}}, NOT_ASKED),
        ({"failurePolicy": "Ignore"}, NOT_ASKED),
    ],
)
async def test_who_is_asked(cluster: WebhookCluster, change: Object, answer: tuple[int, str]) -> None:
    await hook(cluster, **change)
    assert await create(cluster) == answer


async def test_match_conditions(cluster: WebhookCluster) -> None:
    conditions = [{"name": "c", "expression": "object.data.foo == 'x'"}]
    await hook(cluster, matchConditions=conditions)
    assert await create(cluster, config_map(foo="x")) == ASKED
    assert await create(cluster, config_map(foo="y")) == NOT_ASKED
    refused = "configmaps \"x\" is forbidden: expression 'object.data.foo == 'x'' resulted in error: no such key: foo"
    assert await create(cluster) == (403, refused)


async def test_a_false_condition_wins_over_one_that_fails(cluster: WebhookCluster) -> None:
    first = {"name": "c", "expression": "object.data.foo == 'x'"}
    await hook(cluster, matchConditions=[first, {"name": "d", "expression": "request.operation == 'DELETE'"}])
    assert await create(cluster) == NOT_ASKED


async def test_a_condition_that_fails_skips_a_webhook_whose_failures_are_ignored(cluster: WebhookCluster) -> None:
    await hook(cluster, failurePolicy="Ignore", matchConditions=[{"name": "c", "expression": "object.data.foo == 'x'"}])
    assert await create(cluster) == NOT_ASKED


async def test_mutating_webhooks_are_asked_first(cluster: WebhookCluster) -> None:
    await hook(cluster, MUTATING)
    broken = {**config_map(), "metadata": {"name": "Bad_Name"}}
    assert (await create(cluster, broken))[0] == 500


async def test_shapes_are_judged_before_validating_webhooks(cluster: WebhookCluster) -> None:
    await hook(cluster)
    broken = {**config_map(), "metadata": {"name": "Bad_Name"}}
    assert (await create(cluster, broken))[0] == 422


async def test_configurations_are_not_judged_by_webhooks(cluster: WebhookCluster) -> None:
    everything = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}
    await hook(cluster, rules=[everything])
    assert (await create(cluster))[0] == 500
    await cluster.admin.delete(VALIDATING.path(name="test"))
    await cluster.settle()
    assert await create(cluster) == NOT_ASKED


DENIED = "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: "


@pytest.mark.parametrize(
    ("spec", "code", "why"),
    [
        ({"validations": [{"expression": "false"}]}, 422, "failed expression: false"),
        ({"validations": [{"expression": "false", "message": "no", "reason": "Forbidden"}]}, 403, "no"),
        (
            {"validations": [{"expression": "false", "messageExpression": "'because ' + object.metadata.name"}]},
            422,
            "because x",
        ),
        (
            {"validations": [{"expression": "object.data.foo == 'x'", "message": "unused"}]},
            422,
            "expression 'object.data.foo == 'x'' resulted in error: no such key: foo",
        ),
        (
            {
                "variables": [{"name": "a", "expression": "object.data.a"}],
                "validations": [{"expression": "variables.a == '2'", "message": "two"}],
            },
            422,
            "two",
        ),
        ({"validations": [{"expression": "namespaceObject.metadata.name == 'z'", "message": "ns"}]}, 422, "ns"),
        (
            {
                "matchConditions": [{"name": "m", "expression": "object.data.foo == 'x'"}],
                "validations": [{"expression": "false"}],
            },
            422,
            "expression 'object.data.foo == 'x'' resulted in error: no such key: foo",
        ),
    ],
)
async def test_a_policy_denies(cluster: WebhookCluster, spec: Object, code: int, why: str) -> None:
    await policy(cluster, **spec)
    assert await create(cluster) == (code, f"{DENIED}{why}")


async def test_a_policy_holds_its_tongue_or_only_warns(cluster: WebhookCluster) -> None:
    await policy(cluster, actions=("Warn",), validations=[{"expression": "false", "message": "no"}])
    answer = await cluster.send("POST", f"{CONFIG_MAP}?dryRun=All", config_map())
    assert answer.code == 201
    warning = "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': no"
    assert ("Warning", f'299 - "{warning}"') in answer.headers


async def test_a_policys_variables_know_those_before_them(cluster: WebhookCluster) -> None:
    variables = [
        {"name": "a", "expression": "object.data.a"},
        {"name": "b", "expression": "variables.a + variables.a"},
        {"name": "c", "expression": "variables.c"},
    ]
    one = {"expression": "variables.b != '11'", "message": "eleven"}
    await policy(cluster, variables=variables, validations=[one])
    assert await create(cluster) == (422, f"{DENIED}eleven")
    round_and_round = {"expression": "variables.c == 'x'"}
    await cluster.admin.patch(POLICIES.path(name="p"), {"spec": {"validations": [round_and_round]}})
    await cluster.settle()
    assert "no such key: c" in (await create(cluster))[1]


async def test_a_policy_whose_failures_are_ignored(cluster: WebhookCluster) -> None:
    await policy(cluster, failurePolicy="Ignore", validations=[{"expression": "object.data.foo == 'x'"}])
    assert await create(cluster) == NOT_ASKED


async def test_namespaces_must_be_there_and_stay(cluster: WebhookCluster) -> None:
    missing = await create(cluster, path=CONFIG_MAPS.path("nope"))
    assert missing == (404, 'namespaces "nope" not found')
    found = cluster.store.get(NAMESPACES, "", "default")
    assert found is not None
    leaving = {**found, "metadata": {**found["metadata"], "deletionTimestamp": "2026-11-24T00:00:00Z"}}
    cluster.store.put(NAMESPACES, leaving)
    why = "unable to create new content in namespace default because it is being terminated"
    assert await create(cluster) == (403, f'configmaps "x" is forbidden: {why}')


async def test_some_namespaces_may_not_go(cluster: WebhookCluster) -> None:
    answer = await cluster.send("DELETE", NAMESPACES.path(name="default"))
    assert answer.code == 403
    assert answer.body is not None
    assert answer.body["message"] == 'namespaces "default" is forbidden: this namespace may not be deleted'


async def test_the_embedded_webhook_judges_and_stamps(cluster: WebhookCluster) -> None:
    path = "/apis/cert-manager.io/v1/namespaces/default/certificates"
    spec = {"secretName": "", "issuerRef": {"name": "ca"}, "dnsNames": ["web.test"]}
    item = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "web"}, "spec": spec}
    denied = 'admission webhook "webhook.cert-manager.io" denied the request: '
    assert await create(cluster, item, path) == (403, f"{denied}spec.secretName: Required value: must be specified")

    body = {
        **item,
        "kind": "CertificateRequest",
        "spec": {"issuerRef": {"name": "ca"}, "request": signing_request("web.test"), "username": "certdash-sentinel"},
    }
    user = User("alice", ("dev", "system:masters"))
    path = path.replace("certificates", "certificaterequests")
    answer = await cluster.send("POST", f"{path}?dryRun=All", body, user=user)
    assert answer.body is not None
    assert answer.code == 201, answer.body
    assert answer.body["spec"]["username"] == "alice"
    assert answer.body["spec"]["groups"] == ["dev", "system:masters"]


async def test_a_refusal_carries_the_warnings_that_came_before_it(cluster: WebhookCluster) -> None:
    path = "/apis/cert-manager.io/v1/namespaces/default/issuers"
    binding = {"keyID": "", "keySecretRef": {"name": "s", "key": "k"}, "keyAlgorithm": "HS256"}
    acme = {"server": "https://acme.test", "privateKeySecretRef": {"name": "key"}, "externalAccountBinding": binding}
    item = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "i"}}
    answer = await cluster.send("POST", f"{path}?dryRun=All", {**item, "spec": {"acme": acme, "bogus": 1}})
    assert answer.code == 403
    field = "ACME issuer spec field 'externalAccount.keyAlgorithm'"
    deprecated = f"{field} is deprecated. The value of this field will be ignored."
    assert [value for name, value in answer.headers if name == "Warning"] == [
        '299 - "unknown field \\"spec.bogus\\""',
        f'299 - "{deprecated}"',
    ]
