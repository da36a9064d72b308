"""What cert-manager's webhook asks of Vault Issuers (release 1.21.1), in its order and words."""

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields
from certdash.demo.webhook.bundles import bundle_fault

_UPWARDS = "must not contain '..' path segments"
_HIDDEN = "<snip>"


def vault_complaints(config: Object, path: str) -> list[str]:
    """Everything that is wrong with the vault part of an Issuer."""
    found = [] if config.get("server") else [fields.required(f"{path}.server")]
    found += _path_complaints(config, path) if config.get("path") else [fields.required(f"{path}.path")]
    found += _bundle_complaints(config, path)
    certificate, key = config.get("clientCertSecretRef"), config.get("clientKeySecretRef")
    if certificate is not None and key is None:
        why = "clientKeySecretRef must be provided when defining the clientCertSecretRef"
        found.append(fields.invalid(f"{path}.clientKeySecretRef", _HIDDEN, why))
    if certificate is None and key is not None:
        why = "clientCertSecretRef must be provided when defining the clientKeySecretRef"
        found.append(fields.invalid(f"{path}.clientCertSecretRef", _HIDDEN, why))
    return found + _login_complaints(config.get("auth") or {}, f"{path}.auth")


def _path_complaints(config: Object, path: str, key: str = "path") -> list[str]:
    text = config.get(key) or ""
    return [fields.invalid(f"{path}.{key}", text, _UPWARDS)] if ".." in text.split("/") else []


def _bundle_complaints(config: Object, path: str) -> list[str]:
    bundle, reference = config.get("caBundle"), config.get("caBundleSecretRef")
    if not bundle:
        return []
    fault = bundle_fault(bundle)
    found = [fields.invalid(f"{path}.caBundle", _HIDDEN, fault)] if fault else []
    if reference is not None:
        why = "specified caBundle and caBundleSecretRef cannot be used together"
        found.append(fields.invalid(f"{path}.caBundle", _HIDDEN, why))
        why = "specified caBundleSecretRef and caBundle cannot be used together"
        found.append(fields.invalid(f"{path}.caBundleSecretRef", reference.get("name", ""), why))
    return found


def _login_complaints(login: Object, path: str) -> list[str]:
    found = []
    if (role := login.get("appRole")) is not None:
        here = f"{path}.appRole"
        found += [] if role.get("roleId") else [fields.required(f"{here}.roleId")]
        found += [] if (role.get("secretRef") or {}).get("name") else [fields.required(f"{here}.secretRef.name")]
        found += _path_complaints(role, here)
    if (certificate := login.get("clientCertificate")) is not None:
        found += _path_complaints(certificate, f"{path}.clientCertificate")
    if (cluster := login.get("kubernetes")) is not None:
        found += _cluster_login_complaints(cluster, f"{path}.kubernetes")
    if (cloud := login.get("aws")) is not None:
        found += _cloud_login_complaints(cloud, f"{path}.aws")
    kinds = ("tokenSecretRef", "appRole", "clientCertificate", "kubernetes", "aws")
    if all(login.get(kind) is None for kind in kinds):
        why = "please supply one of: appRole, kubernetes, tokenSecretRef, clientCertificate, aws"
        found.append(fields.required(path, why))
    return found


def _cluster_login_complaints(login: Object, path: str) -> list[str]:
    found = [] if login.get("role") else [fields.required(f"{path}.role")]
    found += _path_complaints(login, path)
    secret, account = (login.get("secretRef") or {}).get("name"), login.get("serviceAccountRef")
    if account is not None and not account.get("name"):
        found.append(fields.required(f"{path}.serviceAccountRef.name"))
    if not secret and account is None:
        found.append(fields.required(path, "please supply one of: secretRef, serviceAccountRef"))
    if secret and account is not None:
        found.append(fields.forbidden(path, "please supply one of: secretRef, serviceAccountRef"))
    return found


def _cloud_login_complaints(login: Object, path: str) -> list[str]:
    found = [] if login.get("role") else [fields.required(f"{path}.role")]
    found += _path_complaints(login, path, "mountPath")
    account = login.get("serviceAccountRef")
    if account is not None:
        found += [] if account.get("name") else [fields.required(f"{path}.serviceAccountRef.name")]
        if not login.get("iamRoleArn"):
            why = "iamRoleArn is required when using serviceAccountRef for IRSA"
            found.append(fields.required(f"{path}.iamRoleArn", why))
    return found
