"""Label and field selectors, as the query parameters of lists and watches have them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from certdash.demo.api.objects import Object, labels_of, name_of, namespace_of
from certdash.demo.api.resource_types import EVENTS, PODS, ResourceType
from certdash.demo.api.status import bad_request

Matches = Callable[[Object], bool]

_REQUIREMENT = re.compile(r"\s*(?:(?P<absent>!)\s*)?(?P<key>[\w./-]+)\s*(?P<rest>.*)")
_SET = re.compile(r"(?P<operator>in|notin)\s*\(\s*(?P<values>[^()]*?)\s*\)")
_EQUALITY = re.compile(r"(?P<operator>==|=|!=)\s*(?P<value>[\w.-]*)")
# Splits at commas that are not inside the brackets of a set.
_COMMA = re.compile(r",(?![^(]*\))")

# The fields that a resource can be selected by, beside metadata.name and metadata.namespace.
_MORE_FIELDS: Mapping[ResourceType, tuple[str, ...]] = {
    PODS: ("spec.nodeName", "status.phase", "status.podIP"),
    EVENTS: (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "reason",
        "type",
    ),
}


def selects(resource: ResourceType, label_selector: str, field_selector: str) -> Matches:
    """Whether an object is selected by both. Raises ApiError 400 for what can't be parsed."""
    by_label = label_requirements(label_selector)
    by_field = _field_requirements(resource, field_selector)

    def matches(item: Object) -> bool:
        labels = labels_of(item)
        return all(fits(labels) for fits in by_label) and all(fits(item) for fits in by_field)

    return matches


def label_requirements(text: str) -> list[Callable[[Mapping[str, str]], bool]]:
    """One test for each requirement of a label selector in its text form."""
    return [_label_requirement(part) for part in _COMMA.split(text) if part.strip()]


def _label_requirement(part: str) -> Callable[[Mapping[str, str]], bool]:
    found = _REQUIREMENT.fullmatch(part)
    if found is None:
        raise bad_request(f"unable to parse requirement: found '{part}', expected: identifier")
    key, rest = found["key"], found["rest"].strip()
    if found["absent"]:
        return lambda labels: key not in labels
    if not rest:
        return lambda labels: key in labels
    if in_set := _SET.fullmatch(rest):
        values = {value.strip() for value in in_set["values"].split(",")}
        if in_set["operator"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if equality := _EQUALITY.fullmatch(rest):
        wanted = equality["value"]
        if equality["operator"] == "!=":
            return lambda labels: labels.get(key) != wanted
        return lambda labels: labels.get(key) == wanted
    raise bad_request(_unparsed(rest))


def _unparsed(rest: str) -> str:
    """What the server's parser says of what stands behind a key."""
    if begun := _EQUALITY.match(rest):
        return f"found '{rest[begun.end() :][:1]}', expected: ',' or 'end of string'"
    if re.match(r"(in|notin)\s*\(", rest):
        return "unable to parse requirement: found '', expected: ',' or ')'"
    return f"unable to parse requirement: found '{rest}', expected: in, notin, =, ==, !=, gt, lt"


def object_selector_matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector of an object (matchLabels, matchExpressions) selects the labels. None selects nothing
    here; an empty one everything."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression_matches(item, labels) for item in selector.get("matchExpressions") or ())


def _expression_matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def _field_requirements(resource: ResourceType, text: str) -> list[Matches]:
    return [_field_requirement(resource, part) for part in text.split(",") if part]


def _field_requirement(resource: ResourceType, part: str) -> Matches:
    key, equals, value = part.partition("=")
    negative = key.endswith("!")
    key, value = key.rstrip("!"), value.lstrip("=")
    if not equals:
        raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
    known = ("metadata.name", "metadata.namespace", *_MORE_FIELDS.get(resource, ()))
    if key not in known:
        raise bad_request(f"field label not supported: {key}")
    return lambda item: (_field(item, key) == value) is not negative


def _field(item: Object, path: str) -> str:
    if path == "metadata.name":
        return name_of(item)
    if path == "metadata.namespace":
        return namespace_of(item)
    value: Any = item
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return "" if value is None else str(value)
