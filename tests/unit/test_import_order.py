"""The house stands as the README draws it: who may import whom, and what stays unloaded."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "certdash"

ALLOWED = {
    "model": set(),
    "kube": {"model"},
    "certmanager": {"model"},
    "diagnosis": {"certmanager", "model"},
    "recording": {"certmanager", "model"},
    "actions": {"kube", "certmanager", "model"},
    "engine": {"kube", "recording", "certmanager", "diagnosis", "model"},
    "present": {"diagnosis", "certmanager", "model"},
    "tui": {"present", "engine.source", "engine.playback", "recording.errors", "kube.errors", "model"},
    "demo": {"certmanager", "model"},
    "cli": {"tui", "present", "engine", "recording", "diagnosis", "certmanager", "kube", "model", "demo", "actions"},
}
# The one door to writing, and the only rooms that it leads to.
WRITER = "certdash.kube.writer"
OUTSIDERS = {
    "textual": ("tui/",),
    "rich": ("tui/",),
    "aiohttp": ("kube/client_package.py", "demo/"),
    "multidict": ("kube/client_package.py",),
    "kubernetes_asyncio": ("kube/client_package.py",),
    "cryptography": ("certmanager/trust.py", "certmanager/issuance/verification.py", "demo/"),
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_order(path: Path) -> None:
    inside = path.relative_to(PACKAGE)
    layer = inside.parts[0] if len(inside.parts) > 1 else ""
    for name in imported(path):
        head, _, rest = name.partition(".")
        if head == "certdash" and rest and layer:
            permitted = ALLOWED[layer] | {layer}
            fits = any(rest == allowed or rest.startswith(allowed + ".") for allowed in permitted)
            assert fits, f"{inside} of {layer} imports {name}"
        if name == WRITER:
            assert layer == "actions", f"{inside} imports {name}, which only actions may"
        if head in OUTSIDERS:
            places = OUTSIDERS[head]
            assert str(inside).startswith(places), f"{inside} imports {name}, which only {places} may"


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import certdash.diagnosis.diagnose", {"textual", "rich", "aiohttp", "kubernetes_asyncio", "asyncio"}),
        ("import certdash.engine.live", {"textual", "rich", "kubernetes_asyncio.client.models", "kubernetes"}),
        ("import certdash.kube.access", {"kubernetes_asyncio", "aiohttp", "yaml"}),
        ("import certdash.tui.app", {"kubernetes_asyncio", "aiohttp", "kubernetes"}),
    ],
)
def test_what_stays_unloaded(statement: str, unwanted: set[str]) -> None:
    assert not loaded_by(statement) & unwanted


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_loads_neither_screen_nor_client(flag: str) -> None:
    code = (
        "import sys, certdash.cli.main as m\n"
        f"sys.argv = ['certdash', '{flag}']\n"
        "try:\n    m.run()\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip()
    assert not set(done.stderr.split()) & {"textual", "rich", "kubernetes_asyncio", "aiohttp", "yaml", "asyncio"}
