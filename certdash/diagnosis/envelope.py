"""What the API server's answer to a probe means, read from the outside in.

The same words mean different things at different depths: `connection refused` inside a failed call of somebody else's
webhook is not cert-manager's. So the envelope is opened layer by layer: the status, the call failure or the denial and
whose it is, the inner request with its URL, and only then the network's own words. The layers are those of
k8s.io/apiserver (admission/plugin/webhook, endpoints/handlers); the texts were taken from it and from a 1.36 server.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from certdash.certmanager import constants
from certdash.diagnosis.call_fault import CallFault, classify_call
from certdash.model.probe import ProbeAnswer, ProbeName
from certdash.model.resource import Key


class OutcomeKind(StrEnum):
    """Who spoke, and what he said."""

    ADMITTED = "admitted"
    DENIED_BY_CERT_MANAGER = "denied by cert-manager"
    DENIED_BY_OTHER = "denied by another webhook"
    CALL_FAILED = "the call of cert-manager's webhook failed"
    OTHER_CALL_FAILED = "the call of another webhook failed"
    DRY_RUN_UNSUPPORTED = "a webhook does not support dry run"
    POLICY_DENIED = "denied by an admission policy"
    QUOTA = "denied by a quota"
    RBAC = "not permitted"
    FORBIDDEN = "forbidden"
    CRD_MISSING = "no such resource"
    CRD_TERMINATING = "the resource's definition is being deleted"
    NAMESPACE_MISSING = "no such namespace"
    NAMESPACE_TERMINATING = "the namespace is being deleted"
    SCHEMA = "does not fit the schema"
    CONVERSION = "conversion failed"
    THROTTLED = "throttled"
    STARTING = "the API server is starting"
    STOPPING = "the API server is shutting down"
    UNAVAILABLE = "the API server is not available"
    TIMEOUT = "the API server gave up"
    STORAGE = "the API server's storage has trouble"
    UNAUTHENTICATED = "not authenticated"
    AUTHORIZER = "the authorizer has trouble"
    TRANSPORT = "no answer"
    OTHER = "not understood"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer, understood.

    `webhook` is the entry's name where one speaks or was called, `path` ("validate", "mutate") and `service` or
    `host` where the call went, `fault` why it failed, `policy` the policy that denied. `text` is the innermost
    message, raw.
    """

    kind: OutcomeKind
    probe: ProbeName
    text: str = ""
    webhook: str = ""
    path: str = ""
    service: Key | None = None
    host: str = ""
    fault: CallFault | None = None
    policy: str = ""

    def denies(self, field: str) -> bool:
        """Whether a denial names that field."""
        return re.search(rf"(?:^|\[|, ){re.escape(field)}: ", self.text) is not None


_DENIAL = re.compile(r'admission webhook "([^"]*)" (denied the request|does not support dry run)(.*)', re.DOTALL)
_CALL = re.compile(r'(?:Internal error occurred: )?failed calling webhook "([^"]*)": (.*)', re.DOTALL)
_REQUEST = re.compile(r'(?:Post|Get) (?:"([^"]*)"|(\S+)): (.*)', re.DOTALL)
_POLICY = re.compile(r"ValidatingAdmissionPolicy '([^']*)'")
_RBAC = re.compile(r'(?:^|: )User "[^"]*" cannot \w+ resource')
_NAMESPACE_MISSING = re.compile(r'namespaces "[^"]*" not found\s*')
_SERVICE_HOST = re.compile(r"([^.]+)\.([^.]+)\.svc$")
_CALL_PREFIXES = ("failed to call webhook: ", "could not get REST client: ", "could not create admission objects: ")


def parse_answer(answer: ProbeAnswer) -> Outcome:
    """The meaning of one answer. Never raises, whatever the bytes."""
    probe, message = answer.probe, answer.message
    if answer.status is None:
        return Outcome(OutcomeKind.TRANSPORT, probe, answer.transport_error)
    if answer.admitted:
        return Outcome(OutcomeKind.ADMITTED, probe, message)
    return _denial(probe, message) or _call(probe, message) or Outcome(*_plain(answer), policy=_policy(message))


def _denial(probe: ProbeName, message: str) -> Outcome | None:
    found = _DENIAL.match(message)
    if not found:
        return None
    name, verb, rest = found.groups()
    if verb == "does not support dry run":
        return Outcome(OutcomeKind.DRY_RUN_UNSUPPORTED, probe, message, webhook=name)
    own = name in constants.ENTRY_NAMES
    kind = OutcomeKind.DENIED_BY_CERT_MANAGER if own else OutcomeKind.DENIED_BY_OTHER
    return Outcome(kind, probe, rest.removeprefix(": ").strip(), webhook=name)


def _call(probe: ProbeName, message: str) -> Outcome | None:
    found = _CALL.match(message)
    if not found:
        return None
    name, rest = found.groups()
    own = name in constants.ENTRY_NAMES
    for prefix in _CALL_PREFIXES:
        rest = rest.removeprefix(prefix)
    request = _REQUEST.match(rest)
    url = (request[1] or request[2] or "") if request else ""
    text = request[3] if request else rest
    host, _, path = url.partition("://")[2].partition("/")
    service = _SERVICE_HOST.match(host.partition(":")[0])
    return Outcome(
        OutcomeKind.CALL_FAILED if own else OutcomeKind.OTHER_CALL_FAILED,
        probe,
        text,
        webhook=name,
        path=path.partition("?")[0],
        service=(service[2], service[1]) if service else None,
        host=host,
        fault=classify_call(text, requested=request is not None),
    )


def _policy(message: str) -> str:
    found = _POLICY.search(message)
    return found[1] if found else ""


def _plain(answer: ProbeAnswer) -> tuple[OutcomeKind, ProbeName, str]:
    """What the API server itself says, without any webhook."""
    status, message = answer.status or 0, answer.message
    by_status = {401: OutcomeKind.UNAUTHENTICATED, 504: OutcomeKind.TIMEOUT, 422: OutcomeKind.SCHEMA}
    if _POLICY.search(message) or "policy evaluator is nil" in message:
        kind = OutcomeKind.POLICY_DENIED
    elif status == 404:
        kind = _not_found(answer)
    elif status == 403:
        kind = _forbidden(answer)
    elif status == 429:
        kind = OutcomeKind.STOPPING if "shutting down" in message else OutcomeKind.THROTTLED
    elif status == 503:
        kind = _unavailable(message)
    elif status == 400:
        kind = OutcomeKind.SCHEMA if answer.is_status else OutcomeKind.OTHER
    elif status == 500:
        kind = _internal(answer)
    else:
        kind = by_status.get(status, OutcomeKind.OTHER)
    return kind, answer.probe, message.strip()


def _not_found(answer: ProbeAnswer) -> OutcomeKind:
    if answer.is_status and (answer.details_kind == "namespaces" or _NAMESPACE_MISSING.fullmatch(answer.message)):
        return OutcomeKind.NAMESPACE_MISSING
    known = answer.message.strip() in ("404 page not found", "the server could not find the requested resource")
    return OutcomeKind.CRD_MISSING if known else OutcomeKind.OTHER


def _forbidden(answer: ProbeAnswer) -> OutcomeKind:
    message = answer.message
    if _RBAC.search(message):
        return OutcomeKind.RBAC
    if message.endswith("not yet ready to handle request"):
        return OutcomeKind.STARTING
    if message.endswith("while custom resource definition is terminating"):
        return OutcomeKind.CRD_TERMINATING
    if message.endswith("because it is being terminated"):
        return OutcomeKind.NAMESPACE_TERMINATING
    quota = ("exceeded quota: ", "status unknown for quota: ", "insufficient quota to consume: ")
    return OutcomeKind.QUOTA if any(q in message for q in quota) else OutcomeKind.FORBIDDEN


def _unavailable(message: str) -> OutcomeKind:
    if "shutting down" in message:
        return OutcomeKind.STOPPING
    starting = ("before all known HTTP paths have been installed", "There can be a delay between when Custom")
    return OutcomeKind.STARTING if any(s in message for s in starting) else OutcomeKind.UNAVAILABLE


def _internal(answer: ProbeAnswer) -> OutcomeKind:
    message = answer.message
    if message.startswith("conversion webhook for "):
        return OutcomeKind.CONVERSION
    if "resource quota evaluation timed out" in message:
        return OutcomeKind.QUOTA
    if not answer.is_status and message.startswith("Internal Server Error: "):
        return OutcomeKind.AUTHORIZER
    storage = ("etcdserver: ", "rpc error: ", "context deadline exceeded", "storage is (re)initializing")
    if answer.reason == "ServerTimeout" or any(message.startswith(s) for s in storage):
        return OutcomeKind.STORAGE
    return OutcomeKind.OTHER
