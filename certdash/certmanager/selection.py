"""Whether a webhook entry would be asked about a probe object: rules, namespaceSelector and objectSelector again.

The semantics are the API server's (k8s.io/apiserver, admission/plugin/webhook/predicates). matchConditions are CEL
and are not evaluated: where there are any, a match is only possible, not certain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from certdash.certmanager import constants, fields
from certdash.certmanager.views import WebhookEntry
from certdash.model.probe import ProbeName
from certdash.model.snapshot import Scope


class Selection(StrEnum):
    """The answer. MAYBE: the entry has matchConditions, or the namespace's labels are not known."""

    YES = "selected"
    NO = "not selected"
    MAYBE = "perhaps selected"


@dataclass(frozen=True, slots=True)
class SelectionResult:
    """`term` names what excludes the object: "rules", or the selector's requirement in words."""

    selection: Selection
    field: str = ""
    term: str = ""


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """What the rules and selectors see of one create."""

    group: str
    version: str
    resource: str
    operation: str
    namespaced: bool
    labels: Mapping[str, str]


def probe_request(probe: ProbeName, scope: Scope) -> AdmissionRequest:
    """The create of that probe as admission sees it."""
    resource = "certificaterequests" if probe is ProbeName.IDENTITY else "certificates"
    return AdmissionRequest(constants.GROUP, constants.VERSION, resource, "CREATE", True, dict(scope.probe_labels))


def select(
    entry: WebhookEntry, request: AdmissionRequest, namespace_labels: Mapping[str, str] | None
) -> SelectionResult:
    """Whether the entry is asked about the request; `namespace_labels` None where they can't be read."""
    if not any(_rule_matches(rule, request) for rule in entry.rules):
        wanted = f"{request.operation} {request.resource}.{request.group}/{request.version}"
        return SelectionResult(Selection.NO, "rules", f"no rule covers {wanted}")
    failing = failing_requirement(entry.object_selector, request.labels)
    if failing:
        return SelectionResult(Selection.NO, "objectSelector", failing)
    if namespace_labels is None:
        if entry.namespace_selector:
            return SelectionResult(Selection.MAYBE, "namespaceSelector", "the namespace's labels can't be read")
    else:
        failing = failing_requirement(entry.namespace_selector, namespace_labels)
        if failing:
            return SelectionResult(Selection.NO, "namespaceSelector", failing)
    if entry.match_conditions:
        return SelectionResult(Selection.MAYBE, "matchConditions", f"{entry.match_conditions} matchConditions")
    return SelectionResult(Selection.YES)


def _rule_matches(rule: Mapping[str, Any], request: AdmissionRequest) -> bool:
    scope = fields.text(rule, "scope") or "*"
    return (
        _listed(rule, "apiGroups", request.group)
        and _listed(rule, "apiVersions", request.version)
        and _listed(rule, "operations", request.operation)
        and scope in ("*", "Namespaced" if request.namespaced else "Cluster")
        and any(r in ("*", "*/*", request.resource) for r in fields.texts(rule, "resources"))
    )


def _listed(rule: Mapping[str, Any], name: str, wanted: str) -> bool:
    return any(v in ("*", wanted) for v in fields.texts(rule, name))


def failing_requirement(selector: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """The first requirement of a label selector that the labels don't meet, in words; "" when all are met.

    An empty selector selects everything. An operator that the API doesn't know selects nothing.
    """
    for key, wanted in sorted(fields.string_map(selector, "matchLabels").items()):
        if labels.get(key) != wanted:
            return f"{key} = {wanted}"
    for expression in fields.items(selector, "matchExpressions"):
        key = fields.text(expression, "key")
        operator = fields.text(expression, "operator")
        values = fields.texts(expression, "values")
        if not _expression_holds(key, operator, values, labels):
            listed = f" ({', '.join(values)})" if values else ""
            return f"{key} {operator}{listed}"
    return ""


def _expression_holds(key: str, operator: str, values: tuple[str, ...], labels: Mapping[str, str]) -> bool:
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    if operator == "Exists":
        return key in labels
    return operator == "DoesNotExist" and key not in labels
