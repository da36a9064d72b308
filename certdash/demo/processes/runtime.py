"""What runs the containers of the embedded cluster, and keeps their logs."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from certdash.demo.api.client import Client
from certdash.demo.api.resource_types import PODS
from certdash.demo.api.store import Store
from certdash.demo.chart.components import CAINJECTOR, NAMESPACE, WEBHOOK
from certdash.demo.node.pods import Pod
from certdash.demo.pace import Pace
from certdash.demo.processes.cainjector import CainjectorProcess
from certdash.demo.processes.controller import ControllerProcess
from certdash.demo.processes.process import EmbeddedProcess
from certdash.demo.processes.webhook import WebhookProcess


class EmbeddedRuntime:
    """Starts the process of a pod. `client` makes a client for a ServiceAccount of a namespace."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        store: Store,
        client: Callable[[str, str], Client],
        pace: Pace,
        folder: Path,
    ) -> None:
        self._loop = loop
        self._store = store
        self._client = client
        self._pace = pace
        self._folder = folder
        self._runs: dict[tuple[str, str], list[EmbeddedProcess]] = {}

    def launch(self, pod: Pod) -> EmbeddedProcess:
        """Start the process of the pod's container. The run before it keeps its log; those of pods that went go."""
        process = self._process(pod)
        self._runs = {key: runs for key, runs in self._runs.items() if self._store.get(PODS, *key) is not None}
        runs = self._runs.setdefault((pod.namespace, pod.name), [])
        runs.append(process)
        del runs[:-2]
        process.start()
        return process

    def read(self, namespace: str, pod: str, container: str, *, previous: bool) -> str | None:  # noqa: ARG002 - one container each
        """The log of a pod's container, None where it has not run (twice, for the previous one)."""
        runs = self._runs.get((namespace, pod), [])
        wanted = -2 if previous else -1
        return runs[wanted].log if len(runs) >= -wanted else None

    def _process(self, pod: Pod) -> EmbeddedProcess:
        component = pod.component
        client = self._client(component.deployment, NAMESPACE)
        if component is WEBHOOK:
            # The field manager is the name of the binary.
            return WebhookProcess(self._loop, self._store, client.managing_as("webhook"), self._pace, self._folder)
        if component is CAINJECTOR:
            manager = self._client("cert-manager-cainjector", NAMESPACE)
            return CainjectorProcess(self._loop, self._store, manager, self._pace, pod.name)
        return ControllerProcess(self._loop, self._store, client, self._pace, pod.name)
