"""Runs certdash's issuance test against a real cluster, and does something at a chosen stage of it.

python -m tests.real.issuance KUBECONFIG NAMESPACE STAGE [CERTIFICATE]

runs it in a process that kills itself, as `kill -9` would, the moment that the stage is reached.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from certdash.actions import issuance_test
from certdash.actions.issuance_test import IssuanceTest
from certdash.actions.journal import Journal
from certdash.certmanager.issuance.plan import Settings
from certdash.kube.access import load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.options import ConnectionOptions
from certdash.kube.session import Session
from certdash.model.issuance import IssuanceProgress, StageName

USER_AGENT = "certdash/issuance-test"

Deed = Callable[[IssuanceTest], object]


async def prove(
    kubeconfig: Path, settings: Settings, *, at: Mapping[StageName, Deed] | None = None, journal: Path | None = None
) -> IssuanceProgress:
    """Run one test. `at` maps a stage to what is done when it is reached; the test stands still meanwhile."""
    access = load_cluster_access(ConnectionOptions(kubeconfig=str(kubeconfig)), {})
    session = Session(access, USER_AGENT, read_clock, {})
    await session.open()
    try:
        test = IssuanceTest(session, settings, Journal(journal, access.target.server), read_clock)
        todo = dict(at or {})
        reach = test.board.reach

        def reach_and_act(name: StageName, certificate: str = "", **more: Any) -> None:
            reach(name, certificate, **more)
            if (deed := todo.pop(name, None)) is not None:
                deed(test)

        with patch.object(test.board, "reach", reach_and_act):
            return await test.run()
    finally:
        await session.close()


def run(kubeconfig: Path, settings: Settings, **more: Any) -> IssuanceProgress:
    """`prove` from a test that has no loop."""
    return asyncio.run(prove(kubeconfig, settings, **more))


def main() -> None:
    """Run until the stage is reached, then die."""
    kubeconfig, namespace, stage = sys.argv[1:4]
    settings = Settings(namespace=namespace, chain=True, timeout=4.0)

    def die(_: IssuanceTest) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    # What it leaves is to expire within the patience of a test.
    with patch.object(issuance_test, "REMOVAL_LIMIT", 1.0):
        run(Path(kubeconfig), settings, at={StageName(stage): die})


if __name__ == "__main__":
    main()
