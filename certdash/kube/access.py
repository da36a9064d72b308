"""Resolves flags, kubeconfig and service account into one cluster access."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from certdash.kube.errors import AccessError
from certdash.kube.kubeconfig import Kubeconfig, kubeconfig_paths, read_kubeconfig
from certdash.kube.options import ConnectionOptions
from certdash.model.connection import Target

if TYPE_CHECKING:
    from certdash.kube.credentials import Credentials

# What may stand in a header's name as it is (client-go: transport/round_trippers.go); letters and digits go without
# saying.
_HEADER_SAFE = "!#$&'*+-.^_`|~"
_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_INTERACTIVE_MODES = ("Never", "IfAvailable", "Always")

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Whom to act as: --as, --as-group, --as-uid, or the kubeconfig's own."""

    user: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, str], ...] = ()

    def headers(self) -> list[tuple[str, str]]:
        """The Impersonate-* headers; a group per header."""
        pairs = [("Impersonate-User", self.user)] if self.user else []
        pairs += [("Impersonate-Group", group) for group in self.groups]
        pairs += [("Impersonate-Uid", self.uid)] if self.uid else []
        return pairs + [(f"Impersonate-Extra-{quote(name, safe=_HEADER_SAFE)}", value) for name, value in self.extra]


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """Everything that the transport needs. Secrets are kept out of its repr.

    `ca_data` PEM bytes (b"" system roots), client certificate and key as PEM bytes. `exec_spec` and `oidc` are
    the kubeconfig's own entries, `cluster_entry` what an exec plugin with provideClusterInfo is told.
    `primed` are credentials that were got beforehand (`credentials.prime_access`): a session goes on with them.
    """

    target: Target
    tls_server_name: str = ""
    insecure: bool = False
    proxy_url: str = ""
    impersonation: Impersonation = field(default_factory=Impersonation)
    request_timeout: float | None = None
    ca_data: bytes = field(default=b"", repr=False)
    client_certificate: bytes = field(default=b"", repr=False)
    client_key: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    token_file: str = ""
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    exec_spec: Mapping[str, Any] | None = field(default=None, repr=False)
    oidc: Mapping[str, Any] | None = field(default=None, repr=False)
    oidc_source: Path | None = None
    cluster_entry: Mapping[str, Any] = field(default_factory=dict, repr=False)
    primed: "Credentials | None" = field(default=None, repr=False, compare=False)


def load_cluster_access(options: ConnectionOptions, environ: Mapping[str, str]) -> ClusterAccess:
    """Find out which cluster to talk to and as whom, as kubectl would. Raises AccessError.

    Without a kubeconfig it is the pod's service account; without that, --server has to name one.
    """
    paths, must_exist = kubeconfig_paths(options.kubeconfig, environ)
    config = read_kubeconfig(paths, must_exist=must_exist)
    if config.empty and not options.server:
        if (access := _in_cluster(options, environ)) is not None:
            return access
        raise AccessError(_nothing_found(paths, config))
    return _from_kubeconfig(config, options)


def _nothing_found(paths: tuple[Path, ...], config: Kubeconfig) -> str:
    if config.sources:
        return f"{_where(config)} holds no clusters, users and contexts: name another with --kubeconfig"
    looked = ", ".join(str(path) for path in paths)
    return f"no kubeconfig found (looked for {looked}): set KUBECONFIG, or name one with --kubeconfig"


def _in_cluster(options: ConnectionOptions, environ: Mapping[str, str]) -> ClusterAccess | None:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    token_file = SERVICE_ACCOUNT / "token"
    if not host or not port or not token_file.exists():
        return None
    namespace_file = SERVICE_ACCOUNT / "namespace"
    namespace = namespace_file.read_text().strip() if namespace_file.exists() else "default"
    shown = f"[{host}]" if ":" in host else host
    target = Target(
        context="in-cluster",
        cluster="in-cluster",
        user="service account",
        server=f"https://{shown}:{port}",
        namespace=options.namespace or namespace,
        source="in-cluster",
        impersonate=options.as_user,
    )
    return ClusterAccess(
        target=target,
        ca_data=_read_file(str(SERVICE_ACCOUNT / "ca.crt"), "certificate authority"),
        token=options.token,
        token_file="" if options.token else str(token_file),
        tls_server_name=options.tls_server_name,
        insecure=options.insecure_skip_tls_verify,
        impersonation=_impersonation({}, options),
        request_timeout=options.request_timeout,
    )


def _from_kubeconfig(config: Kubeconfig, options: ConnectionOptions) -> ClusterAccess:
    context_name = options.context or config.current_context
    context = _context(config, context_name, explicit=bool(options.context))
    cluster_name = options.cluster or str(context.get("cluster", ""))
    user_name = options.user or str(context.get("user", ""))
    cluster = _named(config.clusters, cluster_name, "cluster", config, needed=not options.server)
    user = _named(config.users, user_name, "user", config, needed=bool(user_name))
    server = options.server or str(cluster.get("server", ""))
    if not server:
        raise AccessError(f"{_where(config)} names no server: choose a context with --context, or give --server")
    impersonation = _impersonation(user, options)
    target = Target(
        context=context_name,
        cluster=cluster_name,
        user=user_name,
        server=_checked_server(server),
        namespace=options.namespace or str(context.get("namespace") or "default"),
        source=", ".join(str(path) for path in config.sources) or "flags",
        impersonate=impersonation.user,
    )
    insecure = options.insecure_skip_tls_verify or bool(cluster.get("insecure-skip-tls-verify"))
    certificate, key = _client_pair(user)
    token, token_file = _token(user, options)
    return ClusterAccess(
        target=target,
        tls_server_name=options.tls_server_name or str(cluster.get("tls-server-name") or ""),
        insecure=insecure,
        proxy_url=_checked_proxy(str(cluster.get("proxy-url") or "")),
        impersonation=impersonation,
        request_timeout=options.request_timeout,
        ca_data=_roots(cluster, options),
        client_certificate=certificate,
        client_key=key,
        token=token,
        token_file=token_file,
        basic_auth=_basic_auth(user),
        exec_spec=_exec_spec(user),
        oidc=_oidc(user),
        oidc_source=config.origins.get(f"users/{user_name}"),
        cluster_entry=cluster,
    )


def _where(config: Kubeconfig) -> str:
    return f"kubeconfig {', '.join(str(p) for p in config.sources)}" if config.sources else "no kubeconfig"


def _context(config: Kubeconfig, name: str, *, explicit: bool) -> Mapping[str, Any]:
    if name in config.contexts:
        return config.contexts[name]
    known = ", ".join(sorted(config.contexts)) or "none"
    if explicit or name:
        source = "--context" if explicit else "current-context"
        raise AccessError(f"context {name!r} ({source}) is not in {_where(config)}: it has {known}")
    return {}


def _named(
    entries: Mapping[str, Mapping[str, Any]], name: str, what: str, config: Kubeconfig, *, needed: bool
) -> Mapping[str, Any]:
    if name in entries:
        return entries[name]
    if not needed:
        return {}
    if not name:
        raise AccessError(f"{_where(config)} has no current context: choose one with --context")
    known = ", ".join(sorted(entries)) or "none"
    raise AccessError(f"{what} {name!r} is not in {_where(config)}: it has {known}")


def _checked_server(server: str) -> str:
    full = server if "://" in server else f"https://{server}"
    try:
        parts = urlsplit(full)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise AccessError(f"server {server!r} is not an http(s) URL: correct it in the kubeconfig or with --server")
    return full.rstrip("/")


def _checked_proxy(proxy: str) -> str:
    if proxy and not proxy.startswith(("http://", "https://")):
        raise AccessError(f"proxy-url {proxy!r} is not supported: only http:// and https:// proxies are")
    return proxy


def _read_file(path: str, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise AccessError(f"the {what} file {path} can't be read: {error.strerror or error}") from None


def read_pem(inline: Any, path: str, what: str) -> bytes:
    """PEM bytes from base64 data or, without data, from a file. Raises AccessError."""
    if inline:
        try:
            return base64.b64decode(str(inline), validate=True)
        except (binascii.Error, ValueError):
            raise AccessError(f"the kubeconfig's {what} data is not base64: the file is damaged") from None
    return _read_file(path, what) if path else b""


def _roots(cluster: Mapping[str, Any], options: ConnectionOptions) -> bytes:
    if options.certificate_authority:
        return read_pem(None, options.certificate_authority, "certificate authority")
    if options.insecure_skip_tls_verify:
        return b""
    inline, path = _one_of(cluster, "certificate-authority")
    if cluster.get("insecure-skip-tls-verify") and (inline or path):
        raise AccessError("the cluster has both insecure-skip-tls-verify and a certificate authority: remove one")
    return read_pem(inline, path, "certificate authority")


def _one_of(entry: Mapping[str, Any], name: str) -> tuple[Any, str]:
    """Data and path of a field that comes in two forms; kubectl refuses an entry with both."""
    inline, path = entry.get(f"{name}-data"), str(entry.get(name) or "")
    if inline and path:
        raise AccessError(f"the kubeconfig has both {name} and {name}-data: remove one")
    return inline, path


def _client_pair(user: Mapping[str, Any]) -> tuple[bytes, bytes]:
    certificate = read_pem(*_one_of(user, "client-certificate"), "client certificate")
    key = read_pem(*_one_of(user, "client-key"), "client key")
    if bool(certificate) != bool(key):
        missing = "client key" if certificate else "client certificate"
        raise AccessError(f"the kubeconfig's user has no {missing}: both are needed, log in anew")
    return certificate, key


def _token(user: Mapping[str, Any], options: ConnectionOptions) -> tuple[str, str]:
    """Token and token file; kubectl prefers the file, even to --token, and falls back to the token."""
    token = options.token or str(user.get("token") or "")
    token_file = str(user.get("tokenFile") or "")
    if (token or token_file) and user.get("username"):
        raise AccessError("the kubeconfig's user has a name and password beside a token: only one is allowed")
    if token_file and not token:
        read_pem(None, token_file, "token")
    return token, token_file


def _basic_auth(user: Mapping[str, Any]) -> tuple[str, str] | None:
    return (str(user["username"]), str(user.get("password") or "")) if user.get("username") else None


def _exec_spec(user: Mapping[str, Any]) -> Mapping[str, Any] | None:
    spec = user.get("exec")
    if not spec:
        return None
    if not isinstance(spec, dict) or not spec.get("command"):
        raise AccessError("the kubeconfig's exec entry names no command: regenerate the kubeconfig")
    version, mode = str(spec.get("apiVersion") or ""), str(spec.get("interactiveMode") or "")
    if version not in _EXEC_VERSIONS:
        raise AccessError(f"the exec plugin {spec['command']} speaks {version or 'no version'}: renew the kubeconfig")
    if mode not in _INTERACTIVE_MODES and (mode or version == _EXEC_VERSIONS[0]):
        raise AccessError(f"the exec plugin {spec['command']} has no valid interactiveMode: set it to IfAvailable")
    return spec


def _oidc(user: Mapping[str, Any]) -> Mapping[str, Any] | None:
    provider = user.get("auth-provider")
    if not isinstance(provider, dict):
        return None
    if provider.get("name") != "oidc":
        raise AccessError(
            f"auth-provider {provider.get('name')!r} was removed from Kubernetes in 1.26: use an exec plugin"
        )
    return dict(provider.get("config") or {})


def _impersonation(user: Mapping[str, Any], options: ConnectionOptions) -> Impersonation:
    name = options.as_user or str(user.get("as") or "")
    groups = options.as_groups or tuple(str(group) for group in user.get("as-groups") or ())
    uid = options.as_uid or str(user.get("as-uid") or "")
    if (groups or uid) and not name:
        raise AccessError("groups or a uid can't be impersonated without a user: add --as")
    extra = tuple(
        (str(key), str(value)) for key, values in (user.get("as-user-extra") or {}).items() for value in values or ()
    )
    return Impersonation(name, groups, uid, extra)
