"""Says from a process of its own when the API is really ready: one round of dry runs every 20 ms.

    python -m tests.bench.prober KUBECONFIG

Each change is one line on standard output: `ready BEGUN ENDED` or `broken BEGUN ENDED`, the monotonic times at which
the round that saw it began and ended. A round goes on only as long as its answers are right, so that a broken API
costs one request: an invalid Certificate must be denied by cert-manager's webhook, a valid one admitted, and a
CertificateRequest come back with another name than the one it claims. It shares no code with certdash but the
certificate signing request it sends.
"""

import base64
import http.client
import json
import ssl
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from certdash.certmanager.probe_objects import CSR

PERIOD = 0.02
# Nobody waits for a moment any more: leave the processor to others.
READY_PERIOD = 0.2
ROOT = "/apis/cert-manager.io/v1/namespaces/default"
CLAIMED = "bench-sentinel"


def _object(kind: str, **spec: Any) -> bytes:
    issuer = {"name": "bench", "kind": "Issuer", "group": "cert-manager.io"}
    body = {
        "apiVersion": "cert-manager.io/v1",
        "kind": kind,
        "metadata": {"generateName": "bench-"},
        "spec": {**spec, "issuerRef": issuer},
    }
    return json.dumps(body).encode()


_INVALID = _object("Certificate", secretName="bench", dnsNames=["bench.test"], duration="1m")
_VALID = _object("Certificate", secretName="bench", dnsNames=["bench.test"])
_IDENTITY = _object("CertificateRequest", request=CSR, username=CLAIMED)


class Prober:
    """One keep-alive connection to the API server of a kubeconfig with inline certificates."""

    def __init__(self, kubeconfig: Path) -> None:
        document = json.loads(kubeconfig.read_text())
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        self._parts = urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile() as both:
            for name in ("client-certificate-data", "client-key-data"):
                both.write(base64.b64decode(user[name]) + b"\n")
            both.flush()
            self._context.load_cert_chain(both.name)
        self._connection = self._connect()

    def _connect(self) -> http.client.HTTPSConnection:
        host, port = self._parts.hostname or "", self._parts.port
        return http.client.HTTPSConnection(host, port, context=self._context, timeout=5)

    def _create(self, plural: str, body: bytes) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", "User-Agent": "bench-prober"}
        self._connection.request("POST", f"{ROOT}/{plural}?dryRun=All", body, headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def ready(self) -> bool:
        """One round."""
        try:
            status, said = self._create("certificates", _INVALID)
            if status != 403 or 'webhook "webhook.cert-manager.io" denied' not in said["message"]:
                return False
            if self._create("certificates", _VALID)[0] != 201:
                return False
            status, said = self._create("certificaterequests", _IDENTITY)
            return status == 201 and said["spec"].get("username") not in ("", None, CLAIMED)
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            self._connection.close()
            self._connection = self._connect()
            return False


def main() -> None:
    """Probe until killed."""
    prober = Prober(Path(sys.argv[1]))
    before: bool | None = None
    while True:
        begun = time.monotonic()
        ready = prober.ready()
        ended = time.monotonic()
        if ready is not before:
            print("ready" if ready else "broken", begun, ended, flush=True)
            before = ready
        time.sleep(max(0.0, (READY_PERIOD if ready else PERIOD) - (ended - begun)))


if __name__ == "__main__":
    main()
