"""What a person may get wrong before any cluster is asked: one line that says what to do, and the right exit code."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.process import CERTDASH, run_certdash


def kubeconfig(folder: Path, user: dict[str, Any] | None = None, **cluster: Any) -> str:
    """A kubeconfig that leads nowhere."""
    path = folder / "config"
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1", **cluster}}],
        "users": [{"name": "u", "user": user or {}}],
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)


def test_no_kubeconfig(tmp_path: Path) -> None:
    done = run_certdash("check", home=tmp_path)
    assert done.code == 3
    assert "no kubeconfig found" in done.line
    assert "--kubeconfig" in done.line
    assert done.out == ""


def test_json_comes_even_without_a_kubeconfig(tmp_path: Path) -> None:
    done = run_certdash("check", "-o", "json", home=tmp_path)
    document = json.loads(done.out)
    assert document["result"]["exitCode"] == done.code == 3
    assert "no kubeconfig found" in document["result"]["reason"]


def test_waiting_does_not_wait_for_a_kubeconfig(tmp_path: Path) -> None:
    assert run_certdash("check", "--wait=1h", home=tmp_path).code == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"clusters: [\n", "is not valid YAML"),
        (b"apiVersion: v1\nclusters:\n- cluster:\n    server: https://127.0.0.1:1\n  na", "is not valid YAML"),
        (b"just words", "is not a kubeconfig"),
        (b"\xff\xfe\x00\x01", "is not a text file"),
        (b"\x00\x01\x02", "is not valid YAML"),
        (b"clusters: 5\n", "`clusters` is not a list"),
    ],
)
def test_a_kubeconfig_that_is_none(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)
    done = run_certdash("check", "--kubeconfig", str(path), home=tmp_path)
    assert done.code == 3
    assert told in done.line


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    assert "does not exist" in run_certdash("check", "--kubeconfig", "/nowhere", home=tmp_path).line
    assert "is a directory" in run_certdash("check", "--kubeconfig", str(tmp_path), home=tmp_path).line


def test_a_kubeconfig_that_may_not_be_read(tmp_path: Path) -> None:
    path = Path(kubeconfig(tmp_path))
    path.chmod(0)
    # Root may read every file, but nobody the start of a process's memory.
    unreadable = "/proc/self/mem" if os.geteuid() == 0 else str(path)
    assert "can't be read" in run_certdash("check", "--kubeconfig", unreadable, home=tmp_path).line


@pytest.mark.parametrize(("flag", "told"), [("--context", "context"), ("--user", "user"), ("--cluster", "cluster")])
def test_a_name_that_the_kubeconfig_lacks(tmp_path: Path, flag: str, told: str) -> None:
    done = run_certdash("check", "--kubeconfig", kubeconfig(tmp_path), flag, "nobody", home=tmp_path)
    assert done.code == 3
    assert told in done.line
    assert "nobody" in done.line


def test_a_certificate_file_that_is_missing(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, {"client-certificate": "me.crt", "client-key": "me.key"})
    done = run_certdash("check", "--kubeconfig", path, home=tmp_path)
    assert done.code == 3
    assert "me.crt" in done.line
    path = kubeconfig(tmp_path)
    done = run_certdash("check", "--kubeconfig", path, "--certificate-authority=/ca.crt", home=tmp_path)
    assert "/ca.crt" in done.line


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("check", "--wait=5"), "--wait: '5' has no unit: write 5s or 5m"),
        (("check", "--wiat=5m"), "unknown flag --wiat: did you mean --wait?"),
        (("chekc",), "unknown command 'chekc': did you mean check?"),
        (("check", "--for=issuance"), "without a terminal, --yes says so"),
        (("test", "issuance"), "without a terminal, --yes says so"),
        (("test", "issuance", "--yes", "--readonly"), "--readonly creates nothing"),
        (("test", "issuance", "--yes", "--chain", "--issuer=x"), "--chain brings an issuer of its own"),
        (("test", "issuance", "--yes", "--dns-name=" + "a" * 254), "is not a valid name"),
        (("check", "--stable=3"), "--stable=3 needs --wait"),
    ],
)
def test_wrong_usage(tmp_path: Path, argv: tuple[str, ...], told: str) -> None:
    done = run_certdash(*argv, home=tmp_path)
    assert done.code == 2
    assert told in done.line
    assert done.out == ""


@pytest.mark.parametrize("argv", [(), ("dash",)])
def test_the_dashboard_needs_a_terminal(tmp_path: Path, argv: tuple[str, ...]) -> None:
    done = run_certdash(*argv, home=tmp_path, TERM="xterm")
    assert done.code == 2
    assert done.line == "certdash needs a terminal; use `certdash check`"


def test_a_reader_that_left_ends_it_quietly(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [CERTDASH, "--help"], env={"HOME": str(tmp_path)}, stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)
    assert done.returncode == 141
    assert done.stderr == b""


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [CERTDASH, "info"], env={"HOME": str(tmp_path)}, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 70
    assert done.stderr == b"certdash: can't write to stdout: No space left on device\n"


@pytest.mark.parametrize(("closed", "code", "lines"), [(">&-", 141, 1), (">&- 2>&-", 141, 0), ("2>&-", 3, 0)])
def test_closed_streams(tmp_path: Path, closed: str, code: int, lines: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{CERTDASH} check -o json {closed}"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "stdout is closed" in line]) == lines


def test_glyphs_survive_a_terminal_without_unicode(tmp_path: Path) -> None:
    done = run_certdash("check", "-o", "short", home=tmp_path, LANG="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.code == 3
    assert done.out.isascii()


def test_an_error_of_our_own_is_a_line_and_a_log(tmp_path: Path) -> None:
    state = tmp_path / "state"
    program = "import certdash.cli.main as m, certdash.cli.check as c\nc.check_command = None\nm.run()"
    (tmp_path / "crash.py").write_text(program)
    done = subprocess.run(
        [str(Path(CERTDASH).with_name("python")), str(tmp_path / "crash.py"), "check"],
        env={"HOME": str(tmp_path), "XDG_STATE_HOME": str(state)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 70
    logs = list((state / "certdash").iterdir())
    assert len(logs) == 1
    assert done.stderr == f"certdash: unexpected error: TypeError; the details are in {logs[0]}\n"
    assert "Traceback" in logs[0].read_text()


def test_info_shows_no_secret(tmp_path: Path) -> None:
    done = run_certdash("info", "--kubeconfig", kubeconfig(tmp_path), home=tmp_path, CERTDASH_TOKEN="s3cret")
    assert done.code == 0
    assert "s3cret" not in done.out
    assert "https://127.0.0.1:1" in done.out
    assert "(set, not shown)  (environment; CERTDASH_TOKEN)" in done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_valid_script(tmp_path: Path, shell: str) -> None:
    script = run_certdash("completion", shell, home=tmp_path).out
    assert "--probe-namespace" in script or "probe-namespace" in script
    try:
        checked = subprocess.run([shell, "-n"], input=script, capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        pytest.skip(f"{shell} is not installed")
    assert checked.returncode == 0, checked.stderr


def test_as_a_plugin_of_kubectl_it_calls_itself_so(tmp_path: Path) -> None:
    plugin = tmp_path / "kubectl-certdash"
    plugin.symlink_to(CERTDASH)
    done = subprocess.run([plugin, "--nonsense"], env={"HOME": str(tmp_path)}, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"kubectl certdash: unknown flag --nonsense")
