"""What a node needs to run containers: real processes, or processes of the embedded cluster."""

from typing import Protocol

from certdash.demo.faults.cluster import Ending
from certdash.demo.forwarder import Address


class ContainerProcess(Protocol):
    """The process of one container."""

    @property
    def alive(self) -> bool:
        """True while it runs, frozen included."""
        ...

    @property
    def exit_code(self) -> int | None:
        """Its exit code once it ended, negative for a signal."""
        ...

    def send(self, how: Ending) -> None:
        """Kill it, ask it to end, or freeze it."""
        ...

    def thaw(self) -> None:
        """Let it go on."""
        ...

    def stop(self, *, gently: float = 0.0) -> None:
        """End it and wait: asked first when it may take `gently` seconds to end, then killed."""
        ...

    def healthy(self) -> bool:
        """What its readiness probe says; True for a container that has none."""
        ...

    @property
    def serving(self) -> Address | None:
        """Where it serves the webhook's port, None for a process that serves nothing."""
        ...
