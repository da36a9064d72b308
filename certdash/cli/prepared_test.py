"""An issuance test on a connection of its own, which lives as long as the test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from certdash import __version__
from certdash.actions.issuance_test import IssuanceTest
from certdash.actions.journal import Journal
from certdash.certmanager.issuance.plan import Settings
from certdash.kube.access import ClusterAccess
from certdash.kube.clock import read_clock
from certdash.kube.session import Session
from certdash.model.issuance import IssuanceProgress
from certdash.present.issuance import plan_text


@dataclass(frozen=True, slots=True)
class PreparedTest:
    """Implements `tui.issuance_desk.IssuanceRun`."""

    announcement: str
    session: Session
    test: IssuanceTest

    def follow(self) -> AsyncIterator[IssuanceProgress]:
        """Every picture to the end."""
        return self.test.follow()

    async def run(self) -> IssuanceProgress:
        """Run it, and close the connection."""
        try:
            return await self.test.run()
        finally:
            await self.session.close()

    def stop(self) -> None:
        """End it early."""
        self.test.stop()

    async def discard(self) -> None:
        """Close the connection."""
        await self.session.close()


async def prepare_test(access: ClusterAccess, settings: Settings, log: Path) -> PreparedTest:
    """Connect, and plan a test whose doings go to `log`. Raises AccessError."""
    session = Session(access, f"certdash/{__version__}", read_clock)
    try:
        await session.open()
    except BaseException:
        await session.close()
        raise
    test = IssuanceTest(session, settings, Journal(log, access.target.server), read_clock)
    return PreparedTest(plan_text(test.plan, settings, access.target), session, test)
