"""Rules and selectors as the API server evaluates them."""

from typing import Any

import pytest

from certdash.certmanager.selection import Selection, failing_requirement, probe_request, select
from certdash.certmanager.views import webhook_entries
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind
from certdash.model.snapshot import Scope
from tests.unit import scenarios
from tests.unit.scenario_registration import configuration, entry_of


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "labels", "selected"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "b"}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "c"}, False),
        (expression("a", "In", "b", "c"), {"a": "c"}, True),
        (expression("a", "In", "b"), {}, False),
        (expression("a", "NotIn", "b"), {}, True),
        (expression("a", "NotIn", "b"), {"a": "b"}, False),
        (expression("a", "Exists"), {"a": ""}, True),
        (expression("a", "Exists"), {}, False),
        (expression("a", "DoesNotExist"), {}, True),
        (expression("a", "DoesNotExist"), {"a": ""}, False),
        (expression("a", "Resembles", "b"), {"a": "b"}, False),
    ],
)
def test_label_selectors(selector: dict[str, Any], labels: dict[str, str], selected: bool) -> None:
    assert (failing_requirement(selector, labels) == "") is selected


def chosen(kind: Kind, probe: ProbeName, labels: dict[str, str] | None = None, **changes: Any) -> Selection:
    cluster = scenarios.healthy()
    entry_of(cluster, kind).update(changes)
    found = cluster.snapshot().get(kind, "cert-manager-webhook")
    assert found is not None
    (entry,) = webhook_entries(found)
    return select(entry, probe_request(probe, Scope()), {} if labels is None else labels).selection


def test_the_chart_s_configurations_select_what_they_should() -> None:
    assert chosen(Kind.VALIDATING, ProbeName.VALID) is Selection.YES
    assert chosen(Kind.VALIDATING, ProbeName.IDENTITY) is Selection.YES
    assert chosen(Kind.MUTATING, ProbeName.IDENTITY) is Selection.YES
    assert chosen(Kind.MUTATING, ProbeName.VALID) is Selection.NO
    assert chosen(Kind.VALIDATING, ProbeName.VALID, {"cert-manager.io/disable-validation": "true"}) is Selection.NO


@pytest.mark.parametrize(
    "rule",
    [
        {"apiGroups": ["acme.cert-manager.io"]},
        {"apiVersions": ["v1beta1"]},
        {"operations": ["UPDATE"]},
        {"resources": ["issuers"]},
        {"resources": ["*/status"]},
        {"scope": "Cluster"},
    ],
)
def test_a_rule_that_lacks_something_does_not_match(rule: dict[str, Any]) -> None:
    whole = configuration(Kind.VALIDATING)["webhooks"][0]["rules"][0]
    assert chosen(Kind.VALIDATING, ProbeName.VALID, rules=[{**whole, **rule}]) is Selection.NO


@pytest.mark.parametrize("resources", [["*"], ["*/*"], ["certificates"]])
def test_resources_that_match(resources: list[str]) -> None:
    whole = configuration(Kind.VALIDATING)["webhooks"][0]["rules"][0]
    assert chosen(Kind.VALIDATING, ProbeName.VALID, rules=[{**whole, "resources": resources}]) is Selection.YES


def test_match_conditions_are_not_evaluated() -> None:
    conditions = [{"name": "x", "expression": "false"}]
    assert chosen(Kind.VALIDATING, ProbeName.VALID, matchConditions=conditions) is Selection.MAYBE
