"""What the dashboard asks of the demo cluster: break this, heal that, tell what is broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DemoFault:
    """One way to break the demo cluster.

    `key` is its letter in the list of faults, `label` says in a few words what is so while it lasts, `about` in one
    line what it does. `verb` and `arguments` are what the cluster is asked for.
    """

    key: str
    label: str
    about: str
    verb: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoState:
    """What is broken now (the labels of the faults, oldest first; anything that no key did in words of its own), and
    what the running script is doing, "" without one. `version` grows with each change."""

    version: int = 0
    broken: tuple[str, ...] = ()
    story: str = ""


class DemoError(Exception):
    """A fault could not be made or healed; the text is one line for a person."""


class DemoControl(Protocol):
    """A running demo cluster. `certdash demo` implements it over the cluster's process, tests by a script."""

    @property
    def faults(self) -> Sequence[DemoFault]:
        """What can be broken, in the order in which it is offered."""
        ...

    @property
    def state(self) -> DemoState:
        """The newest state."""
        ...

    async def next_state(self, after: int) -> DemoState:
        """Wait until there is a state with a version above `after`, and return the newest."""
        ...

    async def perform(self, fault: DemoFault) -> None:
        """Break it; returns when it is broken. Raises DemoError."""
        ...

    async def heal(self, fault: DemoFault | None = None) -> None:
        """Undo that fault, or (None) all; returns when it is undone, not yet proven. Raises DemoError."""
        ...


DEMO_FAULTS = (
    DemoFault("w", "webhook scaled to 0", "Scale the webhook to no Pod", "scale", ("webhook", "0")),
    DemoFault("c", "webhook crashes", "Let the webhook crash again and again", "crash_loop", ("webhook",)),
    DemoFault(
        "p", "webhook image not found", "Replace the webhook by one that can't pull", "image_pull_failure", ("webhook",)
    ),
    DemoFault("u", "webhook not ready", "Let the webhook run and never be ready", "no_ready_endpoints"),
    DemoFault("b", "caBundle blank", "Blank the caBundle, and stop the cainjector", "blank_ca_bundle"),
    DemoFault("f", "caBundle foreign", "Put another authority into the caBundle", "foreign_ca_bundle"),
    DemoFault("x", "certificate expired", "Serve a certificate that ran out", "serve_expired_certificate"),
    DemoFault("v", "webhooks deleted", "Delete both webhook configurations", "delete_webhook_configuration"),
    DemoFault("s", "Service deleted", "Delete the webhook's Service", "delete_service"),
    DemoFault("d", "a CRD deleted", "Delete the CRD of Certificates", "delete_crd", ("certificates",)),
    DemoFault("o", "only the CRDs left", "Uninstall all but the CRDs", "crds_only"),
    DemoFault("n", "network drops", "Drop the API server's packets to the webhook", "clusterip", ("timeout",)),
    DemoFault("r", "network refuses", "Refuse the API server's connections to it", "clusterip", ("refuse",)),
    DemoFault(
        "g",
        "upgrade under way",
        "Roll the webhook out, its new Pod is slow",
        "start_rollout",
        ("webhook", "v1.21.2", "20"),
    ),
    DemoFault("k", "upgrade stuck", "Roll the webhook out with a missing image", "stuck_rollout", ("webhook",)),
    DemoFault("i", "cainjector stopped", "Stop the cainjector", "scale", ("cainjector", "0")),
    DemoFault("l", "controller stopped", "Stop the controller: nothing is issued", "scale", ("controller", "0")),
    DemoFault("t", "third-party webhook", "Add somebody else's webhook that is down", "third_party_webhook"),
    DemoFault("y", "policy denies", "Add a policy that denies every Certificate", "deny_policy"),
    DemoFault("m", "we are forbidden", "Take our permissions away", "forbid"),
    DemoFault("a", "API server stopped", "Stop the API server", "stop_process", ("kube-apiserver",)),
)
