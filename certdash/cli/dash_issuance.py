"""The issuance test for the dashboard: on a connection of its own, which lives as long as the test."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from certdash import __version__
from certdash.actions.issuance_test import IssuanceTest
from certdash.actions.journal import FILE_NAME, Journal
from certdash.certmanager.issuance.plan import Settings
from certdash.cli.crash_log import state_folder
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


async def prepare_test(access: ClusterAccess, settings: Settings, environ: Mapping[str, str]) -> PreparedTest:
    """Connect, and plan a test. Raises AccessError."""
    session = Session(access, f"certdash/{__version__}", read_clock, environ)
    try:
        await session.open()
    except BaseException:
        await session.close()
        raise
    journal = Journal(state_folder(environ) / FILE_NAME, access.target.server)
    test = IssuanceTest(session, settings, journal, read_clock)
    return PreparedTest(plan_text(test.plan, settings, access.target), session, test)
