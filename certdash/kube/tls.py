"""TLS towards the API server, as kubectl would accept it."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certdash.kube.errors import AccessError


def make_ssl_context(ca_data: bytes, certificate: bytes, key: bytes, *, insecure: bool) -> ssl.SSLContext:
    """A client context that trusts `ca_data` (PEM; empty: the system's roots) and shows the client pair, if any.

    Raises AccessError for data that is no certificate or key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13 turns on checks that Go does not make: CAs without an authority key identifier, say.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_data:
        _trust(context, ca_data)
    else:
        context.load_default_certs()
    if certificate:
        _present(context, certificate, key)
    return context


def _trust(context: ssl.SSLContext, ca_data: bytes) -> None:
    try:
        context.load_verify_locations(cadata=ca_data.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise AccessError(
            "the cluster's certificate authority data holds no PEM certificate: renew the kubeconfig"
        ) from None


def _present(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    try:
        with _as_file(certificate + b"\n" + key) as path:
            context.load_cert_chain(path, password=lambda: b"")
    except (ssl.SSLError, OSError, ValueError):
        raise AccessError("the client certificate and key do not fit together or are no PEM: log in anew") from None


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """The ssl module reads keys from files only; in memory where the system can, else readable by us alone."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("client-pair")
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    descriptor, name = tempfile.mkstemp()
    try:
        os.write(descriptor, content)
        os.close(descriptor)
        yield name
    finally:
        Path(name).unlink()
