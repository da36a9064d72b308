"""Writes kubeconfig files."""

import base64
import json
from pathlib import Path
from typing import Any

from tests.real.pki import Leaf

CONTEXT = "certdash-test"


def client_certificate(leaf: Leaf) -> dict[str, str]:
    """The user entry for a client certificate, its data inline."""
    return {
        "client-certificate-data": base64.b64encode(leaf.certificate).decode(),
        "client-key-data": base64.b64encode(leaf.key).decode(),
    }


def write(path: Path, server: str, authority: bytes, user: dict[str, str], *, name: str, namespace: str = "") -> Path:
    """Write a kubeconfig with one context for `user`, readable by its owner only, and return its path."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(authority).decode()}
    context: dict[str, Any] = {"cluster": CONTEXT, "user": name}
    if namespace:
        context["namespace"] = namespace
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": CONTEXT, "context": context}],
        "current-context": CONTEXT,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2))
    return path
