"""Runs credential plugins (`users[].user.exec`) as client-go does, and never lets them have the terminal.

The protocol is client.authentication.k8s.io/v1 and v1beta1; the rules are those of client-go's
plugin/pkg/client/auth/exec/exec.go.
"""

import asyncio
import base64
import contextlib
import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certdash.kube.access import ClusterAccess
from certdash.kube.credentials import SingleFlight
from certdash.kube.errors import AccessError
from certdash.model.instant import Instant

_CLUSTER_EXTENSION = "client.authentication.k8s.io/exec"
_TIME_LIMIT = 30.0
_LEAST_INTERVAL = 30.0
_LARGEST_OUTPUT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a plugin gave. `expires` in Unix seconds, None when it did not say."""

    token: str = field(default="", repr=False)
    client_certificate: bytes = field(default=b"", repr=False)
    client_key: bytes = field(default=b"", repr=False)
    expires: float | None = None


class ExecCredentials:
    """Credentials from a plugin: run at first need, before they expire, and when the server answers 401.

    One that names no expiry is run at most every 30 s, whatever the server says.
    """

    def __init__(
        self,
        access: ClusterAccess,
        environ: Mapping[str, str],
        clock: Callable[[], Instant],
        *,
        time_limit: float = _TIME_LIMIT,
        least_interval: float = _LEAST_INTERVAL,
    ) -> None:
        self._access = access
        self._environ = environ
        self._clock = clock
        self._time_limit = time_limit
        self._least_interval = least_interval
        self._result: ExecResult | None = None
        self._ran: Instant | None = None
        self._failure = ""
        self._refresh = SingleFlight(lambda: asyncio.ensure_future(self._run()))

    async def prime(self) -> None:
        """Run the plugin, unless it has been. Raises AccessError."""
        if self._result is None:
            await self._refresh()

    async def authorization(self) -> str:
        """`Bearer` and the token, "" when the plugin gave a certificate only."""
        if self._result is None or self._due():
            await self._refresh_or_keep()
        result = self._result
        return f"Bearer {result.token}" if result is not None and result.token else ""

    async def renew(self, refused: str) -> bool:
        """Run the plugin again, unless somebody else just did or it ran a moment ago."""
        before = self._result
        if self._authorization_of(before) != refused:
            return True
        if self._too_soon():
            return False
        await self._refresh()
        return self._result != before

    async def close(self) -> None:
        """End a renewal that is under way."""
        await self._refresh.cancel()

    @property
    def client_pair(self) -> tuple[bytes, bytes]:
        """The plugin's, else the kubeconfig's."""
        if self._result is not None and self._result.client_certificate:
            return self._result.client_certificate, self._result.client_key
        return self._access.client_certificate, self._access.client_key

    @staticmethod
    def _authorization_of(result: ExecResult | None) -> str:
        return f"Bearer {result.token}" if result is not None and result.token else ""

    def _due(self) -> bool:
        result, ran = self._result, self._ran
        if result is None or ran is None or result.expires is None:
            return False
        life = result.expires - ran.wall
        ahead = min(60.0, max(0.0, life) / 10)
        return self._clock().wall >= result.expires - ahead and not self._too_soon()

    def _too_soon(self) -> bool:
        return self._ran is not None and self._clock().seconds_since(self._ran) < self._least_interval

    async def _refresh_or_keep(self) -> None:
        if self._result is None and self._failure and self._too_soon():
            raise AccessError(self._failure)
        try:
            await self._refresh()
        except AccessError:
            result = self._result
            # What we have is still good until the very end.
            if result is None or result.expires is None or self._clock().wall >= result.expires:
                raise

    async def _run(self) -> None:
        try:
            self._result = await run_plugin(self._access, self._environ, self._time_limit)
            self._failure = ""
        except AccessError as error:
            self._failure = str(error)
            raise
        finally:
            self._ran = self._clock()


async def run_plugin(access: ClusterAccess, environ: Mapping[str, str], time_limit: float) -> ExecResult:
    """Run the plugin once. Raises AccessError with one line that says what to do."""
    spec = access.exec_spec or {}
    command = str(spec.get("command"))
    api_version = str(spec.get("apiVersion"))
    if spec.get("interactiveMode") == "Always":
        raise AccessError(f"the exec plugin {command} insists on a terminal (interactiveMode: Always): give --token")
    arguments = [str(argument) for argument in spec.get("args") or ()]
    environment = {**environ, **_extra_environment(spec), "KUBERNETES_EXEC_INFO": _exec_info(access, api_version)}
    try:
        process = await asyncio.create_subprocess_exec(
            command,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            limit=_LARGEST_OUTPUT,
            # A session of its own has no terminal to prompt on, and all of it can be ended at once.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise AccessError(_not_started(command, spec, error)) from None
    try:
        async with asyncio.timeout(time_limit):
            output, complaint = await process.communicate()
    except TimeoutError:
        raise AccessError(f"the exec plugin {command} gave nothing within {time_limit:g} s: run it by hand") from None
    finally:
        _end(process)
    if process.returncode != 0:
        raise AccessError(_failed(command, process.returncode, complaint))
    return _parse(output, command, api_version)


def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # asyncio closes it only when the loop turns again; where the loop ends first, Python would print a traceback.
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()


def _extra_environment(spec: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(item["name"]): str(item.get("value", ""))
        for item in spec.get("env") or ()
        if isinstance(item, dict) and item.get("name")
    }


def _exec_info(access: ClusterAccess, api_version: str) -> str:
    spec: dict[str, Any] = {"interactive": False}
    if (access.exec_spec or {}).get("provideClusterInfo"):
        spec["cluster"] = _cluster_info(access)
    return json.dumps({"apiVersion": api_version, "kind": "ExecCredential", "spec": spec})


def _cluster_info(access: ClusterAccess) -> dict[str, Any]:
    info: dict[str, Any] = {"server": access.target.server}
    if access.tls_server_name:
        info["tls-server-name"] = access.tls_server_name
    if access.insecure:
        info["insecure-skip-tls-verify"] = True
    if access.ca_data:
        info["certificate-authority-data"] = base64.b64encode(access.ca_data).decode()
    if access.proxy_url:
        info["proxy-url"] = access.proxy_url
    for extension in access.cluster_entry.get("extensions") or ():
        if isinstance(extension, dict) and extension.get("name") == _CLUSTER_EXTENSION:
            info["config"] = extension.get("extension")
    return info


def _not_started(command: str, spec: Mapping[str, Any], error: Exception) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"the exec plugin {command} can't be run: {getattr(error, 'strerror', None) or error}"
    hint = " ".join(str(spec.get("installHint") or "").split())
    return f"the exec plugin {command} is not installed: {hint or 'install it, or put its folder on PATH'}"


def _failed(command: str, code: int | None, complaint: bytes) -> str:
    lines = [line.strip() for line in complaint.decode("utf-8", "replace").splitlines() if line.strip()]
    said = f": {lines[-1][:300]}" if lines else ", and said nothing"
    how = f"was ended by signal {-code}" if code is not None and code < 0 else f"failed with exit code {code}"
    return f"the exec plugin {command} {how}{said}"


def _parse(output: bytes, command: str, api_version: str) -> ExecResult:
    try:
        document = json.loads(output)
    except ValueError:
        raise AccessError(f"the exec plugin {command} printed no ExecCredential: run it by hand to see") from None
    status = document.get("status") if isinstance(document, dict) else None
    if not isinstance(document, dict) or document.get("kind") != "ExecCredential" or not isinstance(status, dict):
        raise AccessError(f"the exec plugin {command} printed no ExecCredential with a status: run it by hand to see")
    if document.get("apiVersion") != api_version:
        raise AccessError(
            f"the exec plugin {command} answered in {document.get('apiVersion')}, not {api_version}: renew one of them"
        )
    certificate, key = str(status.get("clientCertificateData") or ""), str(status.get("clientKeyData") or "")
    token = str(status.get("token") or "")
    if bool(certificate) != bool(key) or not (token or certificate):
        raise AccessError(f"the exec plugin {command} gave neither a token nor a certificate with its key")
    return ExecResult(token, certificate.encode(), key.encode(), _timestamp(status.get("expirationTimestamp"), command))


def _timestamp(value: Any, command: str) -> float | None:
    if not value:
        return None
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        raise AccessError(f"the exec plugin {command} gave an expirationTimestamp that is no time: {value}") from None
