"""Turns what was asked into what kube and the engine take."""

from certdash.cli.arguments import Invocation
from certdash.kube.options import ConnectionOptions
from certdash.model.connection import Target
from certdash.model.snapshot import Scope


def connection_options(invocation: Invocation) -> ConnectionOptions:
    """kubectl's connection flags. --namespace is not among them: here it names the install, see `scope_for`."""
    value = invocation.value
    return ConnectionOptions(
        kubeconfig=value("--kubeconfig"),
        context=value("--context"),
        cluster=value("--cluster"),
        user=value("--user"),
        server=value("--server"),
        token=value("--token"),
        certificate_authority=value("--certificate-authority"),
        insecure_skip_tls_verify=value("--insecure-skip-tls-verify"),
        tls_server_name=value("--tls-server-name"),
        as_user=value("--as"),
        as_groups=value("--as-group"),
        as_uid=value("--as-uid"),
        request_timeout=value("--request-timeout"),
    )


def scope_for(invocation: Invocation, target: Target) -> Scope:
    """What to look at: probe objects name the context's namespace unless told otherwise."""
    value = invocation.value
    kind, name, group = value("--probe-issuer")
    return Scope(
        probe_namespace=value("--probe-namespace") or target.namespace or "default",
        install_namespace=value("--namespace"),
        probe_labels=value("--probe-label"),
        probe_annotations=value("--probe-annotation"),
        probe_dns_name=value("--probe-dns-name"),
        probe_issuer_kind=kind,
        probe_issuer_name=name,
        probe_issuer_group=group,
    )
