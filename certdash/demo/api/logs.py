"""Where the API server gets the logs of containers from: what a kubelet is to the real one."""

from typing import Protocol


class Logs(Protocol):
    """The logs of every container on the node."""

    def read(self, namespace: str, pod: str, container: str, *, previous: bool) -> str | None:
        """The whole log so far, None where the container has not started (or has no earlier run)."""
        ...
