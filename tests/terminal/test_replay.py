"""The installed `certdash record`, `check --replay` and `replay` with files of their own making."""

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.fake_api import FakeApi, serve, write_kubeconfig
from tests.terminal.pty_screen import CERTDASH, PtyScreen
from tests.unit.cli.process import Done, run_certdash
from tests.unit.recording.story import Story, Tape
from tests.unit.scenario_answers import failed_answers, good_answers
from tests.unit.scenarios import healthy, webhook_crashing


@pytest.fixture
def api(tmp_path: Path) -> Iterator[FakeApi]:
    with serve() as found:
        write_kubeconfig(tmp_path / "config", found.url)
        yield found


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A minute: ready, at 0:30 the webhook crashes."""
    story = Story(healthy())
    tape = Tape(tmp_path / "minute", story)
    story.become(healthy())
    for _ in range(3):
        story.probe(good_answers(), 0.5)
        story.wait(9.5)
    story.become(webhook_crashing())
    for _ in range(3):
        story.probe(failed_answers("dial tcp 10.96.55.51:443: connect: connection refused"), 0.5)
        story.wait(9.5)
    tape.begin_member()
    tape.writer.close()
    return tmp_path / "minute"


def certdash(home: Path, *words: str) -> Done:
    return run_certdash(*words, home=home)


def start_recording(home: Path, prepare: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
    environ = {"HOME": str(home), "KUBECONFIG": str(home / "config"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    command = [CERTDASH, "record", str(home / "r")]
    return subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True, preexec_fn=prepare)


def wait_for_line(process: "subprocess.Popen[str]", wanted: str) -> None:
    """Read stderr until a line holds it."""
    assert process.stderr is not None
    seen = ""
    while wanted not in seen:
        line = process.stderr.readline()
        assert line, f"{wanted!r} did not come: {seen}"
        seen += line


def verdict(home: Path, *flags: str) -> str:
    found: str = json.loads(certdash(home, "check", "--replay", str(home / "r"), "-o", "json", *flags).out)["observed"][
        "verdict"
    ]
    return found


def test_a_recording_that_ctrl_c_ends_is_complete(api: FakeApi, tmp_path: Path) -> None:
    process = start_recording(tmp_path)
    wait_for_line(process, "READY")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"to {tmp_path / 'r'} (" in said
    done = certdash(tmp_path, "check", "--replay", str(tmp_path / "r"))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("✔ READY")
    assert api.url in done.out


def test_another_signal_is_reported_as_such(api: FakeApi, tmp_path: Path) -> None:
    process = start_recording(tmp_path)
    wait_for_line(process, "READY")
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert verdict(tmp_path) == "READY"
    assert api.requests


def test_a_recorder_that_is_killed_loses_next_to_nothing(api: FakeApi, tmp_path: Path) -> None:
    process = start_recording(tmp_path)
    wait_for_line(process, "READY")
    deadline = time.monotonic() + 20
    while verdict(tmp_path) != "READY":
        assert time.monotonic() < deadline, "what was said is not written"
    process.kill()
    process.communicate(timeout=20)
    assert verdict(tmp_path) == "READY"
    assert api.requests


def test_a_given_time_ends_it(api: FakeApi, tmp_path: Path) -> None:
    done = certdash(tmp_path, "record", "--kubeconfig", str(tmp_path / "config"), str(tmp_path / "r"), "--duration=1s")
    assert done.code == 0
    assert done.out == ""
    assert "recorded 1s to" in done.err
    assert api.requests


def test_no_secret_of_the_connection_is_written(api: FakeApi, tmp_path: Path) -> None:
    token = "s3cr3t-bearer-token-of-nobody"
    flags = ("--kubeconfig", str(tmp_path / "config"), "--token", token, "--duration=1s")
    assert certdash(tmp_path, "record", *flags, str(tmp_path / "r")).code == 0
    told = certdash(tmp_path, "check", "--replay", str(tmp_path / "r"), "-v", "-o", "json").out
    assert token not in told
    assert token.encode() not in (tmp_path / "r").read_bytes()
    assert api.requests


def test_a_full_disk_ends_the_recording_with_one_line(api: FakeApi, tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    process = start_recording(tmp_path, little_room)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.splitlines()[-1] == f"certdash: can't write {tmp_path / 'r'}: File too large: the recording ends there"
    done = certdash(tmp_path, "check", "--replay", str(tmp_path / "r"), "-o", "short")
    assert done.code == 3
    assert api.requests


@pytest.mark.parametrize("place", [".", "config", "no/where", "/dev/full"])
def test_what_can_not_be_written_is_said_in_one_line(api: FakeApi, tmp_path: Path, place: str) -> None:
    path = str(tmp_path / place)
    done = certdash(tmp_path, "record", "--kubeconfig", str(tmp_path / "config"), path, "--duration=5s")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert path in done.err
    assert api.url


@pytest.mark.parametrize(
    ("moment", "code", "begins"),
    [("15s", 0, "✔ READY"), ("45s", 1, "✗ NOT READY"), ("2026-11-23T20:00:45Z", 1, "✗ NOT READY")],
)
def test_the_check_as_of_a_moment(recording: Path, moment: str, code: int, begins: str) -> None:
    done = certdash(recording.parent, "check", "--replay", str(recording), "--at", moment)
    assert (done.code, done.err) == (code, "")
    assert done.out.startswith(begins)


@pytest.mark.parametrize("shape", ["text", "json", "yaml", "short", "ndjson"])
def test_the_check_in_every_shape(recording: Path, shape: str) -> None:
    done = certdash(recording.parent, "check", "--replay", str(recording), "-o", shape)
    assert done.code == 1
    assert "NOT READY" in done.out


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--at=2m",), 2, "--at lies outside of "),
        (("--at=2026-11-24T20:00:45Z",), 2, "that is 1:00 long, from 2026-11-23 20:00:00Z to 2026-11-23 20:01:00Z"),
        (("--at=noon",), 2, "'noon' is not a duration"),
        (("--wait=5s",), 2, "--wait and --replay exclude each other"),
        (("--for=issuance", "--yes"), 2, "--for=issuance and --replay exclude each other"),
    ],
)
def test_what_makes_no_sense_with_a_recording(recording: Path, flags: tuple[str, ...], code: int, words: str) -> None:
    done = certdash(recording.parent, "check", "--replay", str(recording), *flags)
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_moment_needs_a_recording(tmp_path: Path) -> None:
    done = certdash(tmp_path, "check", "--at", "3s")
    assert (done.code, done.err) == (2, "certdash: --at needs --replay: the past is in a recording only\n")


@pytest.mark.parametrize("command", [("check", "--replay"), ("replay",)])
def test_what_is_no_recording_is_said_in_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "letter").write_text("Dear Sir,\n")
    if command == ("replay",):
        with PtyScreen([CERTDASH, *command, str(tmp_path / "letter")], environ={"HOME": str(tmp_path)}) as terminal:
            assert terminal.wait() == 3
            assert "letter is not a recording of certdash" in terminal.text
        return
    done = certdash(tmp_path, *command, str(tmp_path / "letter"))
    assert (done.code, done.out) == (3, "")
    assert done.err == f"certdash: could not tell: {tmp_path / 'letter'} is not a recording of certdash\n"


def test_without_a_terminal_the_check_is_pointed_to(recording: Path) -> None:
    done = certdash(recording.parent, "replay", str(recording))
    assert (done.code, done.out) == (2, "")
    assert done.err == f"certdash replay needs a terminal; use `certdash check --replay={recording}`\n"


def test_the_dashboard_on_a_recording(recording: Path) -> None:
    environ = {"HOME": str(recording.parent), "LANG": "C.UTF-8"}
    with PtyScreen([CERTDASH, "replay", str(recording)], environ=environ) as terminal:
        terminal.wait_for("REPLAY")
        terminal.wait_for("0:00 / 1:00")
        terminal.send("n")
        terminal.wait_for("READY")
        terminal.send(":seek 45s\r")
        terminal.wait_for("NOT READY")
        terminal.wait_for("0:45 / 1:00")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.left_on() == []
        assert terminal.cooked()
        assert b"Traceback" not in terminal.raw
