"""What all faults share: the cluster they break, and the way back."""

from collections.abc import Callable
from typing import Any

from certdash.demo.chart.components import COMPONENTS, NAMESPACE, Component
from certdash.demo.chart.objects import at_version
from certdash.demo.faults.api import Api
from certdash.demo.faults.cluster import Cluster
from certdash.demo.faults.repairs import Repairs

Object = dict[str, Any]


class FaultBase:
    """Remembers how to undo each fault; `heal` undoes them all, the last first."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.repairs = Repairs()

    @property
    def api(self) -> Api:
        """The harness' own client."""
        return self.cluster.api

    def heal(self) -> None:
        """Undo every fault, the last first. What was healed is on its way, not yet proven: see wait_healthy."""
        self.repairs.undo(self.repairs.broken)

    def _broke(self, part: str, undo: Callable[[], object]) -> None:
        """Remember the way back."""
        self.repairs.add(part, undo)

    def _healed(self, part: str) -> None:
        self.repairs.take(part)

    def _charted(self, item: Object) -> Object:
        """An object of the chart, as the installed version has it."""
        return at_version(item, self.cluster.version)

    @staticmethod
    def _component(name: str) -> Component:
        """The component of that name. Raises ValueError with the known names."""
        try:
            return COMPONENTS[name]
        except KeyError:
            raise ValueError(f"no component {name!r}: {', '.join(sorted(COMPONENTS))}") from None

    @staticmethod
    def _namespaced(group: str, plural: str, name: str = "") -> str:
        """The API path of a collection or object in cert-manager's namespace."""
        path = f"{group}/namespaces/{NAMESPACE}/{plural}"
        return f"{path}/{name}" if name else path
