"""Writes kubeconfig files."""

import base64
import json
from pathlib import Path

from certdash.demo.pki import Leaf


def client_certificate(leaf: Leaf) -> dict[str, str]:
    """The user entry for a client certificate, its data inline."""
    return {
        "client-certificate-data": base64.b64encode(leaf.certificate).decode(),
        "client-key-data": base64.b64encode(leaf.key).decode(),
    }


def write(
    path: Path,
    context_name: str,
    server: str,
    authority: bytes,
    user: dict[str, str],
    *,
    name: str,
) -> Path:
    """Write a kubeconfig with one context, for `user`, readable by its owner only, and return its path."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(authority).decode()}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context_name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": context_name, "context": {"cluster": context_name, "user": name}}],
        "current-context": context_name,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2))
    return path
