"""A cluster of which only the network and the processes can be broken, and which writes down what was done to it."""

from pathlib import Path
from typing import Any

from certdash.demo.faults.cluster import Ending
from certdash.demo.forwarder import Address, Mode
from certdash.demo.pki import Authority


class RecordingNetwork:
    """Writes down each mode."""

    def __init__(self, done: list[str]) -> None:
        self._done = done

    def set_mode(self, mode: Mode) -> None:
        self._done.append(f"network {mode}")

    def divert(self, address: Address | None) -> None:
        self._done.append(f"divert {address}")


class RecordingCluster:
    """`refused` names what can't be started at the moment."""

    folder = Path("/nowhere")
    server = "https://127.0.0.1:1"
    context_name = "test"
    cluster_ip = "10.96.0.10"
    version = "v1.21.1"
    # Nothing here asks the API server, a node or an authority.
    api: Any = None
    node: Any = None
    authority: Authority = Authority(b"", b"")

    def __init__(self) -> None:
        self.done: list[str] = []
        self.refused: set[str] = set()
        self.network = RecordingNetwork(self.done)

    def crds(self) -> list[dict[str, Any]]:
        return []

    def stop_process(self, name: str, how: Ending) -> None:
        self.done.append(f"{how} {name}")

    def start_process(self, name: str) -> None:
        if name in self.refused:
            raise OSError(f"{name} does not start")
        self.done.append(f"start {name}")
