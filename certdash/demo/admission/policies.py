"""ValidatingAdmissionPolicies and their bindings. Parameters, and asking the authoriser, are not understood."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certdash.certmanager.cel import CelError, CelSyntaxError, parse
from certdash.demo.admission.matching import namespace_matches, object_matches, rules_match
from certdash.demo.admission.review import variables
from certdash.demo.api.admission import Attributes
from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import NAMESPACES
from certdash.demo.api.status import ApiError, object_details, refusal
from certdash.demo.api.store import Store

_CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}


@dataclass(frozen=True, slots=True)
class _Denial:
    """What a policy has against an object."""

    why: str
    reason: str


def check_policies(
    policies: Sequence[Object], bindings: Sequence[Object], attributes: Attributes, store: Store
) -> tuple[str, ...]:
    """The warnings of policies that only warn. Raises ApiError for the first one that denies."""
    by_name = {name_of(policy): policy for policy in policies}
    warnings: list[str] = []
    for binding in sorted(bindings, key=name_of):
        spec = binding["spec"]
        policy = by_name.get(spec["policyName"])
        if policy is None:
            continue
        constraints = policy["spec"].get("matchConstraints") or {}
        if not _matches(constraints, attributes, store):
            continue
        if not _selected(spec.get("matchResources") or {}, attributes, store):
            continue
        by = f"ValidatingAdmissionPolicy '{name_of(policy)}' with binding '{name_of(binding)}'"
        for denial in _denials(policy["spec"], _known(policy["spec"], attributes, store)):
            actions = spec.get("validationActions") or ()
            if "Deny" in actions:
                raise _denied(by, denial, attributes)
            if "Warn" in actions:
                warnings.append(f"Validation failed for {by}: {denial.why}")
    return tuple(warnings)


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


def _known(spec: Mapping[str, Any], attributes: Attributes, store: Store) -> dict[str, Any]:
    namespace = store.get(NAMESPACES, "", attributes.namespace) if attributes.namespace else None
    known = {**variables(attributes), "namespaceObject": namespace}
    composed = {item["name"]: item["expression"] for item in spec.get("variables") or ()}
    known["variables"] = _Composed(composed, known)
    return known


class _Composed(Mapping[str, Any]):
    """The policy's own variables: evaluated where one is used, and only then can one fail. Each knows those before
    it, and none behind."""

    def __init__(self, expressions: Mapping[str, str], known: Mapping[str, Any]) -> None:
        self._expressions = expressions
        self._known = known

    def __getitem__(self, name: str) -> Any:
        before = dict(itertools.takewhile(lambda item: item[0] != name, self._expressions.items()))
        return parse(self._expressions[name]).evaluate({**self._known, "variables": _Composed(before, self._known)})

    def __iter__(self) -> Iterator[str]:
        return iter(self._expressions)

    def __len__(self) -> int:
        return len(self._expressions)

    def __contains__(self, name: object) -> bool:
        return name in self._expressions


def _denials(spec: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[_Denial]:
    """What the policy's expressions find; what can't be evaluated counts where failures do."""
    fails = spec.get("failurePolicy", "Fail") == "Fail"
    try:
        if not all(_holds(condition["expression"], known) for condition in spec.get("matchConditions") or ()):
            return
    except CelError as error:
        if fails:
            yield _Denial(str(error), "Invalid")
        return
    for validation in spec.get("validations") or ():
        try:
            if not _holds(validation["expression"], known):
                yield _Denial(_told(validation, known), validation.get("reason") or "Invalid")
        except CelError as error:
            if fails:
                yield _Denial(str(error), "Invalid")


def _holds(expression: str, known: Mapping[str, Any]) -> bool:
    """Raises CelError in the API server's words."""
    try:
        return parse(expression).evaluate(known) is True
    except (CelError, CelSyntaxError) as error:
        raise CelError(f"expression '{expression}' resulted in error: {error}") from None


def _told(validation: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    expression = validation.get("messageExpression")
    if expression:
        try:
            message = parse(expression).evaluate(known)
        except (CelError, CelSyntaxError):
            message = ""
        if isinstance(message, str) and message.strip():
            return message
    return validation.get("message") or f"failed expression: {validation['expression']}"


def _denied(by: str, denial: _Denial, attributes: Attributes) -> ApiError:
    resource = attributes.resource
    told = f"{by} denied request: {denial.why}"
    message = f'{resource.group_resource} "{attributes.name}" is forbidden: {told}'
    details = {**object_details(resource, attributes.name), "causes": [{"message": told}]}
    return refusal(_CODES.get(denial.reason, 422), denial.reason, message, details)
