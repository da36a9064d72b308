"""Issuance tests for the dashboard. What they need is loaded when somebody asks for one."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from certdash.kube.access import ClusterAccess
from certdash.model.snapshot import Scope

if TYPE_CHECKING:
    from certdash.cli.prepared_test import PreparedTest


@dataclass(frozen=True, slots=True)
class DashboardTests:
    """Implements `tui.issuance_desk.IssuanceTests`. `namespace` "" means a temporary one; the log of all runs
    lies in `folder`."""

    access: ClusterAccess
    scope: Scope
    namespace: str
    folder: Path

    async def prepare(self) -> "PreparedTest":
        """Connect, and plan a test. Raises AccessError."""
        from certdash.actions.journal import FILE_NAME
        from certdash.certmanager.issuance.plan import Settings
        from certdash.cli.prepared_test import prepare_test

        settings = Settings(
            namespace=self.namespace, labels=self.scope.probe_labels, annotations=self.scope.probe_annotations
        )
        return await prepare_test(self.access, settings, self.folder / FILE_NAME)

    def last_proven(self) -> float | None:
        """As the log has it."""
        from certdash.actions.journal import FILE_NAME, last_proven

        return last_proven(self.folder / FILE_NAME, self.access.target.server)
