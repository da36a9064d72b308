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
    DemoFault("w", "webhook at 0 Pods", "scale the webhook to 0 Pods", "scale", ("webhook", "0")),
    DemoFault("c", "webhook crashes", "crash the webhook again and again", "crash_loop", ("webhook",)),
    DemoFault("p", "webhook image missing", "give it an image that is missing", "image_pull_failure", ("webhook",)),
    DemoFault("u", "webhook not ready", "let the webhook never be ready", "no_ready_endpoints"),
    DemoFault("e", "caBundle blank", "blank the caBundle", "blank_ca_bundle"),
    DemoFault("f", "caBundle foreign", "put a foreign CA into the bundle", "foreign_ca_bundle"),
    DemoFault("x", "certificate expired", "serve an expired certificate", "serve_expired_certificate"),
    DemoFault("v", "configurations gone", "delete the webhook configurations", "delete_webhook_configuration"),
    DemoFault("s", "Service gone", "delete the webhook's Service", "delete_service"),
    DemoFault("d", "a CRD gone", "delete the Certificate CRD", "delete_crd", ("certificates",)),
    DemoFault("o", "only CRDs left", "uninstall all but the CRDs", "crds_only"),
    DemoFault("n", "network drops", "drop packets to the webhook", "clusterip", ("timeout",)),
    DemoFault("r", "network refuses", "refuse connections to the webhook", "clusterip", ("refuse",)),
    DemoFault("g", "upgrade under way", "upgrade the webhook, slowly", "start_rollout", ("webhook", "v1.21.2", "20")),
    DemoFault("k", "upgrade stuck", "upgrade it to a missing image", "stuck_rollout", ("webhook",)),
    DemoFault("i", "cainjector at 0 Pods", "stop the cainjector", "scale", ("cainjector", "0")),
    DemoFault("l", "controller at 0 Pods", "stop the controller", "scale", ("controller", "0")),
    DemoFault("t", "third-party webhook", "add somebody else's dead webhook", "third_party_webhook"),
    DemoFault("y", "policy denies", "let a policy deny Certificates", "deny_policy"),
    DemoFault("m", "we are forbidden", "take our permissions away", "forbid"),
    DemoFault("a", "API server stopped", "stop the API server", "stop_process", ("kube-apiserver",)),
)
"""What the demo offers, in the order of the chain. `b` and `q` close the list, `B` heals all."""
