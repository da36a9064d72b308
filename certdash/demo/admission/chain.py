"""The chain in the API server's order: namespace lifecycle, mutating webhooks, policies, validating webhooks."""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from certdash.certmanager.cel import CelError, CelSyntaxError, parse
from certdash.demo.admission.calls import UnusableError, WebhookCaller
from certdash.demo.admission.defaults import with_defaults
from certdash.demo.admission.go_errors import CallError
from certdash.demo.admission.matching import is_exempt, namespace_matches, object_matches, rules_match
from certdash.demo.admission.policies import check_policies
from certdash.demo.admission.review import review_of, variables
from certdash.demo.api.admission import Attributes
from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.patch import json_patch
from certdash.demo.api.resource_types import (
    MUTATING,
    NAMESPACES,
    POLICIES,
    POLICY_BINDINGS,
    SERVICES,
    VALIDATING,
    ResourceType,
)
from certdash.demo.api.status import ApiError, not_found, object_details, refusal, status_body, warning_headers
from certdash.demo.api.store import Event, Store
from certdash.demo.network import ServiceNetwork
from certdash.demo.pace import Pace

# How long the API server's informers take to see a changed configuration (measured: always below 1.5 s).
INFORMER_LAG = 0.3
_CONFIGURATION = frozenset({VALIDATING, MUTATING, POLICIES, POLICY_BINDINGS})
_DEFAULT_TIMEOUT = 10
_IMMORTAL = frozenset({"default", "kube-system", "kube-public"})


@dataclass(frozen=True, slots=True)
class _Hook:
    """One webhook of a configuration."""

    configuration: Object
    webhook: Object

    @property
    def name(self) -> str:
        return str(self.webhook["name"])

    @property
    def timeout(self) -> int:
        return int(self.webhook.get("timeoutSeconds", _DEFAULT_TIMEOUT))


class AdmissionChain:
    """Admission by what the store configures, as the API server's informers have seen it."""

    def __init__(self, store: Store, network: ServiceNetwork, pace: Pace) -> None:
        self._store = store
        self._caller = WebhookCaller(store, network, pace)
        self._seen = _SeenConfiguration(store, pace)

    def catch_up(self) -> None:
        """See the configuration as it is now, without the informers' delay."""
        self._seen.catch_up()

    async def mutate(self, attributes: Attributes) -> tuple[Object | None, tuple[str, ...]]:
        """Defaults and namespace lifecycle, then the mutating webhooks one after the other."""
        self._check_namespace(attributes)
        if attributes.item is not None and attributes.subresource in ("", "status"):
            services = self._store.items(SERVICES)
            item = with_defaults(attributes.resource, attributes.item, attributes.old, services)
            attributes = replace(attributes, item=item)
        warnings: tuple[str, ...] = ()
        for hook in self._hooks(MUTATING, attributes):
            response = await self._call(hook, attributes)
            if response is None:
                continue
            warnings += tuple(response.get("warnings") or ())
            if response.get("patch"):
                attributes = replace(attributes, item=_patched(hook, attributes.item or {}, response["patch"]))
        return attributes.item, warnings

    async def validate(self, attributes: Attributes) -> tuple[str, ...]:
        """The policies, then all validating webhooks at once; the first refusal to arrive is the answer, when all
        have answered."""
        if is_exempt(attributes):
            return ()
        seen = self._seen
        warnings = check_policies(seen.items(POLICIES), seen.items(POLICY_BINDINGS), attributes, self._store)
        calls = [asyncio.ensure_future(self._call(hook, attributes)) for hook in self._hooks(VALIDATING, attributes)]
        refused: ApiError | None = None
        try:
            for done in asyncio.as_completed(calls):
                try:
                    response = await done
                except ApiError as error:
                    refused = refused or error
                else:
                    warnings += tuple((response or {}).get("warnings") or ())
        finally:
            for call in calls:
                call.cancel()
        if refused is not None:
            raise refused
        return warnings

    def _check_namespace(self, attributes: Attributes) -> None:
        if attributes.operation == "DELETE" and attributes.resource is NAMESPACES and attributes.name in _IMMORTAL:
            told = f'namespaces "{attributes.name}" is forbidden: this namespace may not be deleted'
            raise refusal(403, "Forbidden", told, object_details(NAMESPACES, attributes.name))
        if attributes.operation != "CREATE" or not attributes.namespace or attributes.resource is NAMESPACES:
            return
        namespace = self._store.get(NAMESPACES, "", attributes.namespace)
        if namespace is None:
            raise not_found(NAMESPACES, attributes.namespace)
        if namespace["metadata"].get("deletionTimestamp"):
            raise _terminating(attributes)

    def _hooks(self, resource: ResourceType, attributes: Attributes) -> list[_Hook]:
        """The webhooks that are asked, in the order of their configurations' names. Raises ApiError where a match
        condition fails to evaluate under failurePolicy Fail."""
        if is_exempt(attributes):
            return []
        found = []
        for configuration in sorted(self._seen.items(resource), key=name_of):
            for webhook in configuration.get("webhooks") or ():
                hook = _Hook(configuration, webhook)
                if self._asked(hook, attributes):
                    found.append(hook)
        return found

    def _asked(self, hook: _Hook, attributes: Attributes) -> bool:
        webhook = hook.webhook
        return (
            rules_match(webhook.get("rules") or (), attributes)
            and namespace_matches(webhook.get("namespaceSelector"), attributes, self._store)
            and object_matches(webhook.get("objectSelector"), attributes)
            and _conditions_hold(hook, attributes)
        )

    async def _call(self, hook: _Hook, attributes: Attributes) -> Object | None:
        """The webhook's response; None where it failed and its failures are ignored. Raises ApiError."""
        if attributes.dry_run and hook.webhook.get("sideEffects") not in ("None", "NoneOnDryRun"):
            message = f"admission webhook {json.dumps(hook.name)} does not support dry run"
            raise refusal(400, "BadRequest", message)
        review = review_of(attributes)
        try:
            response = await self._caller.call(hook.webhook["clientConfig"], review, hook.timeout)
        except CallError as error:
            _failed(hook, f"failed to call webhook: {error}")
            return None
        except UnusableError as error:
            _failed(hook, str(error))
            return None
        if not response.get("allowed"):
            raise _denied(hook, response.get("status") or {}, response.get("warnings") or ())
        return response


def _patched(hook: _Hook, item: Object, patch: str) -> Object:
    """The object as the webhook wants it. Raises ApiError for a patch that can't be read or applied."""
    try:
        return json_patch(item, json.loads(base64.b64decode(patch)))
    except (ValueError, TypeError) as error:
        message = f"Internal error occurred: invalid patch of webhook {json.dumps(hook.name)}: {error}"
        raise refusal(500, "InternalError", message) from None


def _failed(hook: _Hook, why: str) -> None:
    """Raises ApiError, unless the failures of this webhook are ignored."""
    if hook.webhook.get("failurePolicy", "Fail") == "Ignore":
        return
    told = f"failed calling webhook {json.dumps(hook.name)}: {why}"
    body = status_body(500, "InternalError", f"Internal error occurred: {told}", {"causes": [{"message": told}]})
    raise ApiError(500, body)


def _denied(hook: _Hook, status: Mapping[str, Any], warnings: Sequence[str]) -> ApiError:
    """As k8s.io/apiserver's webhookerrors.ToStatusErr words it."""
    denied = f"admission webhook {json.dumps(hook.name)} denied the request"
    message, reason = status.get("message", ""), status.get("reason", "")
    told = f"{denied}: {message or reason}" if message or reason else f"{denied} without explanation"
    code = int(status.get("code") or 0)
    body = status_body(max(code, 400), reason, told, status.get("details"))
    return ApiError(max(code, 400), body, headers=warning_headers(tuple(warnings)))


def _terminating(attributes: Attributes) -> ApiError:
    resource, namespace = attributes.resource, attributes.namespace
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    message = f'{resource.group_resource} "{attributes.name}" is forbidden: {why}'
    told = f"namespace {namespace} is being terminated"
    cause = {"reason": "NamespaceTerminating", "message": told, "field": "metadata.namespace"}
    details = {**object_details(resource, attributes.name), "causes": [cause]}
    return refusal(403, "Forbidden", message, details)


def _conditions_hold(hook: _Hook, attributes: Attributes) -> bool:
    """Every match condition is true. One that can't be evaluated refuses the request or skips the webhook, as the
    failurePolicy says; a false one wins over it. Raises ApiError."""
    failures = []
    known = variables(attributes)
    for condition in hook.webhook.get("matchConditions") or ():
        try:
            if parse(condition["expression"]).evaluate(known) is not True:
                return False
        except (CelError, CelSyntaxError) as error:
            failures.append(f"expression '{condition['expression']}' resulted in error: {error}")
    if failures and hook.webhook.get("failurePolicy", "Fail") == "Fail":
        resource = attributes.resource
        told = failures[0] if len(failures) == 1 else f"[{', '.join(failures)}]"
        message = f'{resource.group_resource} "{attributes.name}" is forbidden: {told}'
        raise refusal(403, "Forbidden", message, object_details(resource, attributes.name))
    return not failures


class _SeenConfiguration:
    """The admission configuration as informers have it: a moment behind the store."""

    def __init__(self, store: Store, pace: Pace) -> None:
        self._lag = pace.wall(INFORMER_LAG)
        self._items: dict[ResourceType, dict[str, Object]] = {
            resource: {name_of(item): item for item in store.items(resource)} for resource in _CONFIGURATION
        }
        self._coming: deque[Event] = deque()
        store.listen(self._changed)

    def items(self, resource: ResourceType) -> list[Object]:
        """The objects of one resource as of a moment ago."""
        return list(self._items[resource].values())

    def _changed(self, event: Event) -> None:
        if event.resource in _CONFIGURATION:
            self._coming.append(event)
            asyncio.get_running_loop().call_later(self._lag, self._arrive)

    def catch_up(self) -> None:
        """Take in at once what is still on its way."""
        while self._coming:
            self._arrive()

    def _arrive(self) -> None:
        if not self._coming:
            return
        event = self._coming.popleft()
        known = self._items[event.resource]
        if event.type == "DELETED":
            known.pop(name_of(event.item), None)
        else:
            known[name_of(event.item)] = event.item
