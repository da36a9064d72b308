"""What a newcomer does in the demo beyond breaking it: prove issuance, record, and look at the recording."""

import json
from pathlib import Path

import pytest

from tests.terminal.pty_screen import CERTDASH, PtyScreen

pytestmark = pytest.mark.timeout(120)

READY = "READY   The API accepts cert-manager resources"
RIGHT, SHIFT_LEFT = "\x1b[C", "\x1b[1;2D"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home without a kubeconfig, and where state and temporary folders go."""
    (tmp_path / "tmp").mkdir()
    state = str(tmp_path / "state")
    return {"HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp"), "XDG_STATE_HOME": state, "LANG": "C.UTF-8"}


def test_issuance_is_proven_by_one_key(environ: dict[str, str]) -> None:
    with PtyScreen([CERTDASH, "demo"], environ=environ) as terminal:
        terminal.wait_for(READY)
        terminal.send("i")
        terminal.wait_for("Press y to create this")
        assert "This creates in certdash-demo" in terminal.text
        terminal.send("y")
        terminal.wait_for("ISSUANCE PROVEN")
        terminal.wait_for("removed")
        terminal.send("\x1b")
        terminal.wait_for("proven")
        terminal.wait_for("leads")
        terminal.send("q")
        assert terminal.wait() == 0
        assert b"Traceback" not in terminal.raw


def test_quitting_in_the_middle_of_the_test_clears_up_first(environ: dict[str, str]) -> None:
    with PtyScreen([CERTDASH, "demo"], environ=environ) as terminal:
        terminal.wait_for(READY)
        terminal.send("bl")
        terminal.wait_for("broken: controller at 0 Pods")
        terminal.send("i")
        terminal.wait_for("Press y to create this")
        terminal.send("y")
        terminal.wait_for("✔ namespace created")
        terminal.send("\x03")
        assert terminal.wait() == 130
        assert terminal.left_on() == []
    log = Path(environ["XDG_STATE_HOME"], "certdash", "actions.log").read_text(encoding="utf-8")
    done = [(entry["action"], entry["result"]) for entry in map(json.loads, log.splitlines()) if "kind" in entry]
    assert done[0] == ("create", "created")
    assert done[-1] == ("delete", "removed")


def test_a_recording_made_by_key_can_be_looked_at(environ: dict[str, str]) -> None:
    with PtyScreen([CERTDASH, "demo"], environ=environ) as terminal:
        terminal.wait_for(READY)
        terminal.send("r")
        terminal.wait_for("REC ")
        terminal.wait_for("recording to ")
        terminal.send("bw")
        terminal.wait_for("NOT READY   Deployment cert-manager-webhook is scaled to 0")
        terminal.send("B")
        terminal.wait_for(READY)
        terminal.send("r")
        terminal.wait_for("recorded ")
        terminal.send("q")
        assert terminal.wait() == 0
    made = list((Path(environ["XDG_STATE_HOME"]) / "certdash" / "recordings").iterdir())
    assert len(made) == 1
    with PtyScreen([CERTDASH, "replay", str(made[0])], environ=environ) as terminal:
        terminal.wait_for("REPLAY")
        terminal.wait_for(READY)
        terminal.send("n")
        terminal.wait_for("NOT READY   Deployment cert-manager-webhook is scaled to 0")
        terminal.send(RIGHT * 20)
        terminal.wait_for("end")
        terminal.wait_for(READY)
        terminal.send(SHIFT_LEFT)
        terminal.wait_for("paused")
        terminal.send("i")
        terminal.wait_for("this is a recording")
        terminal.send(":speed 100\r ")
        terminal.wait_for("100x")
        terminal.wait_for("end")
        terminal.send("q")
        assert terminal.wait() == 0
