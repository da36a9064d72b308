"""Sends requests as bytes and returns what came back, header by header, without a client's own opinions."""

import http.client
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from certdash.demo.faults.cluster import Cluster
from tests.contract.exchange import Memory, Step

_PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `headers` in the order of arrival; repeated ones stay apart."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body. Raises ValueError when it is no JSON."""
        return json.loads(self.body)


Headers = dict[str, str]
Identity = tuple[ssl.SSLContext, Headers]


class Wire:
    """Requests to one cluster, by several people. Safe to share between threads."""

    def __init__(self, cluster: Cluster, limited: Callable[[str], Path], user_agent: str = "contract") -> None:
        self._cluster = cluster
        self._limited = limited
        self._agent = user_agent
        self._identities: dict[str, Identity] = {}
        self._making = threading.Lock()

    def send(self, step: Step, memory: Memory) -> Answer:
        """Send a step and read its answer to the end. Raises OSError, http.client.HTTPException without an answer."""
        parts = urlsplit(self._cluster.server)
        context, headers = self._identity(step.user)
        headers = {**headers, "User-Agent": self._agent, "Accept": step.accept}
        data = None
        if step.body is not None:
            body = memory.fill(step.body)
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            headers["Content-Type"] = step.content_type
        query = urlencode([(key, memory.fill(value)) for key, value in step.query])
        target = memory.fill(step.path) + (f"?{query}" if query else "")
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=context, timeout=_PATIENCE)
        try:
            connection.request(step.method, target, data, headers)
            answer = connection.getresponse()
            return Answer(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _identity(self, name: str) -> Identity:
        with self._making:
            if name not in self._identities:
                self._identities[name] = self._new_identity(name)
            return self._identities[name]

    def _new_identity(self, name: str) -> Identity:
        folder = self._cluster.folder / "contract"
        authority = self._cluster.authority
        authority.write(folder)
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        match name:
            case "anonymous":
                return context, {}
            case "stranger":
                return context, {"Authorization": "Bearer not-a-token"}
            case "admin":
                leaf = authority.issue("contract-admin", organization="system:masters")
            case _:
                # Makes the roles; a certificate for the same name is then as good as the kubeconfig.
                self._limited(name)
                leaf = authority.issue(f"test-{name}")
        leaf.write(folder, name)
        context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
        return context, {}
