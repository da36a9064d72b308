"""Runs the installed `certdash` as a script would."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CERTDASH = str(Path(sys.executable).with_name("certdash"))


@dataclass(frozen=True, slots=True)
class Done:
    """What a finished process left."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line on stderr; fails when there are more or none."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


def run_certdash(*argv: str, home: Path, timeout: float = 60, **environ: str) -> Done:
    """Run it to its end with an environment of its own: nothing of the developer's kubeconfig or settings."""
    clean: Mapping[str, str] = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environ}
    done = subprocess.run(
        [CERTDASH, *argv],
        env=clean,
        capture_output=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
