"""Which resource, object and subresource a path means."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from certdash.demo.api.resource_types import BUILT_IN, ResourceType
from certdash.demo.api.status import ApiError, not_found, path_not_found, resource_not_found


@dataclass(frozen=True, slots=True)
class Target:
    """`name` is "" for a collection, `namespace` "" for the whole cluster."""

    resource: ResourceType
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def group_version_of(path: str) -> tuple[str, str, list[str]] | None:
    """Group, version and the steps behind them; None for a path outside of /api and /apis."""
    steps = [step for step in path.split("/") if step]
    if len(steps) >= 2 and steps[0] == "api":
        return "", steps[1], steps[2:]
    if len(steps) >= 3 and steps[0] == "apis":
        return steps[1], steps[2], steps[3:]
    return None


def route(path: str, served: Iterable[ResourceType]) -> Target:
    """What the path means. Raises ApiError 404, in plain text, where nobody serves it."""
    found = group_version_of(path)
    if found is None or not found[2]:
        raise nobody_serves(path)
    group, version, steps = found
    here = [resource for resource in served if (resource.group, resource.version) == (group, version)]
    target = _namespaced(here, steps) or _plain(here, steps)
    if target is None:
        raise nobody_serves(path)
    return target


def nobody_serves(path: str) -> ApiError:
    """404. Below /api and in the built-in groups it is a Status, elsewhere the text of a mux that knows no more."""
    steps = path.split("/")
    built_in = len(steps) > 2 and steps[1] == "apis" and any(item.group == steps[2] for item in BUILT_IN)
    return path_not_found() if steps[1] != "api" and not built_in else resource_not_found()


def _namespaced(here: Sequence[ResourceType], steps: Sequence[str]) -> Target | None:
    """`namespaces/NAMESPACE/PLURAL[/NAME[/SUBRESOURCE]]`."""
    if len(steps) < 3 or steps[0] != "namespaces":
        return None
    resource = _find(here, steps[2], lambda item: item.namespaced)
    return None if resource is None else _target(resource, steps[1], steps[3:])


def _plain(here: Sequence[ResourceType], steps: Sequence[str]) -> Target | None:
    """`PLURAL[/NAME[/SUBRESOURCE]]`; of a namespaced resource only the whole collection."""
    resource = _find(here, steps[0], lambda _: True)
    if resource is None or (resource.namespaced and len(steps) > 1):
        return None
    return _target(resource, "", steps[1:])


def _find(here: Sequence[ResourceType], plural: str, fits: Callable[[ResourceType], bool]) -> ResourceType | None:
    return next((item for item in here if item.plural == plural and fits(item)), None)


def _target(resource: ResourceType, namespace: str, rest: Sequence[str]) -> Target | None:
    if len(rest) > 2:
        return None
    name, subresource = (*rest, "", "")[:2]
    if subresource and subresource not in resource.subresources:
        if resource not in BUILT_IN:
            raise not_found(resource, name)
        return None
    return Target(resource, namespace, name, subresource)
