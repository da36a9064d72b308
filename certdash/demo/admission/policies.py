"""ValidatingAdmissionPolicies and their bindings."""

from collections.abc import Mapping, Sequence
from typing import Any

from certdash.certmanager.cel import CelError, CelSyntaxError, parse
from certdash.demo.admission.matching import namespace_matches, object_matches, rules_match
from certdash.demo.admission.review import variables
from certdash.demo.api.admission import Attributes
from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.status import ApiError, object_details, refusal
from certdash.demo.api.store import Store


def check_policies(
    policies: Sequence[Object], bindings: Sequence[Object], attributes: Attributes, store: Store
) -> None:
    """Raises ApiError for the first policy that denies."""
    by_name = {name_of(policy): policy for policy in policies}
    for binding in sorted(bindings, key=name_of):
        spec = binding["spec"]
        policy = by_name.get(spec["policyName"])
        if policy is None or "Deny" not in (spec.get("validationActions") or ()):
            continue
        constraints = policy["spec"].get("matchConstraints") or {}
        if _matches(constraints, attributes, store) and _selected(spec.get("matchResources") or {}, attributes, store):
            _check(policy, binding, attributes)


def _matches(constraints: Mapping[str, Any], attributes: Attributes, store: Store) -> bool:
    covered = rules_match(constraints.get("resourceRules") or (), attributes)
    excluded = rules_match(constraints.get("excludeResourceRules") or (), attributes)
    return covered and not excluded and _selected(constraints, attributes, store)


def _selected(constraints: Mapping[str, Any], attributes: Attributes, store: Store) -> bool:
    rules = constraints.get("resourceRules")
    return (
        (not rules or rules_match(rules, attributes))
        and namespace_matches(constraints.get("namespaceSelector"), attributes, store)
        and object_matches(constraints.get("objectSelector"), attributes)
    )


def _check(policy: Object, binding: Object, attributes: Attributes) -> None:
    spec = policy["spec"]
    known = variables(attributes)
    fails = spec.get("failurePolicy", "Fail") == "Fail"
    for condition in spec.get("matchConditions") or ():
        if _evaluated(condition["expression"], known, fails=fails) != "":
            return
    for validation in spec.get("validations") or ():
        why = _evaluated(validation["expression"], known, fails=fails)
        if why:
            told = validation.get("message") or why
            raise _denied(policy, binding, attributes, told, validation.get("reason", "Invalid"))


def _evaluated(expression: str, known: Mapping[str, Any], *, fails: bool) -> str:
    """Why the expression does not hold, "" when it does (or when its failure is ignored)."""
    try:
        holds = parse(expression).evaluate(known) is True
    except (CelError, CelSyntaxError) as error:
        return f"expression '{expression}' resulted in error: {error}" if fails else ""
    return "" if holds else f"failed expression: {expression}"


_CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}


def _denied(policy: Object, binding: Object, attributes: Attributes, why: str, reason: str) -> ApiError:
    resource = attributes.resource
    by = f"ValidatingAdmissionPolicy '{name_of(policy)}' with binding '{name_of(binding)}' denied request: {why}"
    message = f'{resource.group_resource} "{attributes.name}" is forbidden: {by}'
    details = {**object_details(resource, attributes.name), "causes": [{"message": by}]}
    return refusal(_CODES.get(reason, 422), reason, message, details)
