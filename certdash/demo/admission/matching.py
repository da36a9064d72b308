"""Whether a webhook, or a policy, is asked about a request: rules and selectors."""

from collections.abc import Mapping, Sequence
from typing import Any

from certdash.demo.api.admission import Attributes
from certdash.demo.api.objects import Object, labels_of
from certdash.demo.api.resource_types import NAMESPACES
from certdash.demo.api.selectors import object_selector_matches
from certdash.demo.api.store import Store

# Webhooks are never asked about what configures webhooks (k8s.io/apiserver, IsExemptAdmissionConfigurationResource).
_EXEMPT = frozenset(
    {
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    }
)


def is_exempt(attributes: Attributes) -> bool:
    """Whether admission configuration itself is written."""
    group = attributes.resource.group
    return group == "admissionregistration.k8s.io" and attributes.resource.plural in _EXEMPT


def rules_match(rules: Sequence[Mapping[str, Any]], attributes: Attributes) -> bool:
    """Whether any of the rules covers the request."""
    return any(_rule_matches(rule, attributes) for rule in rules)


def _rule_matches(rule: Mapping[str, Any], attributes: Attributes) -> bool:
    resource = attributes.resource
    namespaced = resource.namespaced or resource is NAMESPACES
    scope = rule.get("scope", "*")
    return (
        _in(rule.get("operations"), attributes.operation)
        and _in(rule.get("apiGroups"), resource.group)
        and _in(rule.get("apiVersions"), resource.version)
        and any(_resource_matches(pattern, attributes) for pattern in rule.get("resources") or ())
        and (scope == "*" or (scope == "Namespaced") is (namespaced and resource is not NAMESPACES))
    )


def _in(listed: Sequence[str] | None, value: str) -> bool:
    return bool(listed) and ("*" in (listed or ()) or value in (listed or ()))


def _resource_matches(pattern: str, attributes: Attributes) -> bool:
    plural, _, subresource = pattern.partition("/")
    if plural not in ("*", attributes.resource.plural):
        return False
    return subresource == "*" or subresource == attributes.subresource


def namespace_matches(selector: Mapping[str, Any] | None, attributes: Attributes, store: Store) -> bool:
    """Whether the namespace of the request is selected. Cluster-scoped objects always are; a Namespace is asked for
    its own labels."""
    if not selector:
        return True
    if attributes.resource is NAMESPACES:
        item = attributes.item or attributes.old
        return item is None or object_selector_matches(selector, labels_of(item))
    if not attributes.namespace:
        return True
    namespace = store.get(NAMESPACES, "", attributes.namespace)
    return object_selector_matches(selector, labels_of(namespace) if namespace is not None else {})


def object_matches(selector: Mapping[str, Any] | None, attributes: Attributes) -> bool:
    """Whether the object, or the one it replaces, is selected."""
    if not selector:
        return True
    candidates: list[Object] = [item for item in (attributes.item, attributes.old) if item is not None]
    return any(object_selector_matches(selector, labels_of(item)) for item in candidates)
