"""What a cluster offers to whoever breaks it: the embedded one and a real one alike."""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from certdash.demo.faults.api import Api
from certdash.demo.forwarder import Address, Mode
from certdash.demo.pki import Authority

Object = dict[str, Any]


class Behaviour(StrEnum):
    """How the pods of a component fare."""

    NORMAL = "normal"
    IMAGE_PULL = "image pull"
    CRASH_LOOP = "crash loop"
    NEVER_READY = "never ready"
    UNSCHEDULABLE = "unschedulable"


class Ending(StrEnum):
    """How a process is stopped: at once, with the chance to say good-bye, or so that it stays and does nothing."""

    KILL = "kill"
    TERM = "term"
    FREEZE = "freeze"


class Pod(Protocol):
    """One pod on the node."""

    @property
    def path(self) -> str:
        """Its API path."""
        ...

    @property
    def tag(self) -> str:
        """The tag of its image."""
        ...

    @property
    def ready(self) -> bool:
        """Whether its node holds it for ready."""
        ...


class Node(Protocol):
    """The one node."""

    def of(self, component: str) -> Sequence[Pod]:
        """The component's pods, those being deleted excepted."""
        ...

    def behave(self, component: str, behaviour: Behaviour, tag: str = "") -> None:
        """Let the component's pods fare so from now on, the running ones included; with `tag` only its image's."""
        ...

    def behave_next(self, component: str, behaviour: Behaviour, tag: str = "") -> None:
        """Let the component's pods that are still to come fare so."""
        ...

    def delay_readiness(self, component: str, tag: str, seconds: float | None) -> None:
        """Let pods of that image be ready so many seconds after their start at the earliest; None: when they are."""
        ...


class Network(Protocol):
    """The way from the API server to the webhook."""

    def set_mode(self, mode: Mode) -> None:
        """Treat connections so from now on, and close the live ones."""
        ...

    def divert(self, address: Address | None) -> None:
        """Send connections to `address`, or to the webhook again; close the live ones."""
        ...


class Cluster(Protocol):
    """A cluster that can be broken."""

    @property
    def api(self) -> Api:
        """A client with every permission."""
        ...

    @property
    def node(self) -> Node:
        """The node."""
        ...

    @property
    def network(self) -> Network:
        """The way to the webhook."""
        ...

    @property
    def authority(self) -> Authority:
        """What signs client certificates."""
        ...

    @property
    def folder(self) -> Path:
        """A folder of its own, which goes with it."""
        ...

    @property
    def server(self) -> str:
        """The URL of the API server."""
        ...

    @property
    def context_name(self) -> str:
        """The name of the context in its kubeconfig files."""
        ...

    @property
    def cluster_ip(self) -> str:
        """The ClusterIP of the webhook's Service."""
        ...

    @property
    def version(self) -> str:
        """The version of cert-manager whose chart was applied last."""
        ...

    def crds(self) -> list[Object]:
        """The six CRDs as they are installed."""
        ...

    def stop_process(self, name: str, how: Ending) -> None:
        """Stop a component or a process of the control plane, for good. Raises ValueError with the known names."""
        ...

    def start_process(self, name: str) -> None:
        """Let it run again, or go on."""
        ...


class WaitError(Exception):
    """What a verb waited for did not come."""


def wait_for(what: str, ready: Callable[[], bool], *, seconds: float = 20.0, pause: float = 0.05) -> None:
    """Poll until `ready()` is true. Raises WaitError after `seconds`; OSError from `ready` counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if ready():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise WaitError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
