"""What cert-manager's webhook asks of ACME Issuers and their solvers (release 1.21.1), in its order and words."""

from certdash.demo import names
from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields
from certdash.demo.webhook.bundles import bundle_fault
from certdash.demo.webhook.dns_solvers import dns_solver_complaints, secret_key_complaints
from certdash.demo.webhook.durations import parse_duration


def acme_complaints(config: Object, path: str) -> list[str]:
    """Everything that is wrong with the acme part of an Issuer. Raises ValueError for one that can't be read."""
    found = _bundle_complaints(config, path)
    if not (config.get("privateKeySecretRef") or {}).get("name"):
        why = "private key secret name is a required field"
        found.append(fields.required(f"{path}.privateKeySecretRef.name", why))
    if not config.get("server"):
        found.append(fields.required(f"{path}.server", "acme server URL is a required field"))
    binding = config.get("externalAccountBinding")
    if binding is not None:
        here = f"{path}.externalAccountBinding"
        if not binding.get("keyID"):
            why = "the keyID field is required when using externalAccountBinding"
            found.append(fields.required(f"{here}.keyID", why))
        found += secret_key_complaints(binding.get("keySecretRef"), f"{here}.keySecretRef")
    for index, solver in enumerate(config.get("solvers") or ()):
        found += _solver_complaints(solver, f"{path}.solvers[{index}]")
    return found


def _bundle_complaints(config: Object, path: str) -> list[str]:
    bundle = config.get("caBundle")
    if not bundle:
        return []
    found = []
    if config.get("skipTLSVerify"):
        why = "caBundle and skipTLSVerify are mutually exclusive and cannot both be set"
        found.append(fields.invalid(f"{path}.caBundle", "", why))
        found.append(fields.invalid(f"{path}.skipTLSVerify", True, why))
    fault = bundle_fault(bundle)
    return [*found, fields.invalid(f"{path}.caBundle", "", fault)] if fault else found


def _solver_complaints(solver: Object, path: str) -> list[str]:
    found = []
    by_http, by_dns = solver.get("http01"), solver.get("dns01")
    if by_http is not None:
        found += _http_complaints(by_http, f"{path}.http01")
    if by_dns is not None and by_http is not None:
        found.append(fields.forbidden(path, "may not specify more than one solver type in a single solver"))
    elif by_dns is not None:
        found += dns_solver_complaints(by_dns, f"{path}.dns01")
    if by_http is None and by_dns is None:
        found.append(fields.required(path, "no solver type configured"))
    wait = solver.get("waitInsteadOfSelfCheck")
    if wait is not None and (span := parse_duration(str(wait))) < 0:
        why = "waitInsteadOfSelfCheck must not be negative"
        found.append(fields.invalid(f"{path}.waitInsteadOfSelfCheck", span, why))
    return found


def _http_complaints(config: Object, path: str) -> list[str]:
    found = []
    ingress, gateway = config.get("ingress"), config.get("gatewayHTTPRoute")
    if ingress is not None:
        found += _ingress_complaints(ingress, f"{path}.ingress")
    if gateway is not None:
        found += _gateway_complaints(gateway, f"{path}.gateway")
    if ingress is None and gateway is None:
        found.append(fields.required(path, "no HTTP01 solver type configured"))
    if ingress is not None and gateway is not None:
        found.append(fields.required(path, "only 1 HTTP01 solver type may be configured"))
    return found


def _ingress_complaints(ingress: Object, path: str) -> list[str]:
    found = []
    chosen = [ingress.get("class") is not None, ingress.get("ingressClassName") is not None, bool(ingress.get("name"))]
    if sum(chosen) > 1:
        why = "only one of 'ingressClassName', 'name' or 'class' should be specified"
        found.append(fields.forbidden(path, why))
    name = ingress.get("ingressClassName")
    if name is not None and (faults := names.subdomain_faults(name)):
        why = f"must be a valid IngressClass name: {', '.join(faults)}"
        found.append(fields.invalid(f"{path}.ingressClassName", name, why))
    return found + _service_type_complaints(ingress, path)


def _gateway_complaints(gateway: Object, path: str) -> list[str]:
    found = _service_type_complaints(gateway, path)
    for index, parent in enumerate(gateway.get("parentRefs") or ()):
        here = f"{path}.parentRefs[{index}]"
        if parent.get("kind") is not None and not parent.get("name"):
            return [*found, fields.required(f"{here}.name", "name is required when kind is specified")]
        if parent.get("name") and parent.get("kind") is None:
            return [*found, fields.required(f"{here}.kind", "kind is required when name is specified")]
    return found


def _service_type_complaints(config: Object, path: str) -> list[str]:
    given = config.get("serviceType") or ""
    if given in ("", "ClusterIP", "NodePort"):
        return []
    return [fields.invalid(f"{path}.serviceType", given, 'must be empty, "ClusterIP" or "NodePort"')]
