"""Builds the real control plane and the real cert-manager from published Go modules, once per machine.

    python -m tests.real.build

The binaries land in a cache folder outside the checkout, keyed by a hash of our modules and mains, so that a
change of either builds anew and nothing else does. Cold, on two cores, it takes five to twenty minutes.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.processes import die_with_parent

MODULES = Path(__file__).parent / "go"
KEPT_SECONDS = 14 * 86400
KUBERNETES_VERSION = "v1.36.2"
CERT_MANAGER_VERSION = "v1.21.1"
CERT_MANAGER_MODULE = "github.com/cert-manager/cert-manager"

_VERSION_FLAGS = (
    f"-X k8s.io/component-base/version.gitVersion={KUBERNETES_VERSION} "
    "-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36 "
    "-X k8s.io/component-base/version.gitTreeState=clean"
)
_APP_VERSION = f"-X {CERT_MANAGER_MODULE}/pkg/util.AppVersion={CERT_MANAGER_VERSION}"


@dataclass(frozen=True, slots=True)
class Binary:
    """One program: its name in the cache, the module folder it is built in, its package and linker flags."""

    name: str
    module: str
    package: str
    link: str = ""


BINARIES = (
    Binary("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    Binary("kube-apiserver", "controlplane", "k8s.io/kubernetes/cmd/kube-apiserver", _VERSION_FLAGS),
    Binary("kube-controller-manager", "controlplane", "k8s.io/kubernetes/cmd/kube-controller-manager", _VERSION_FLAGS),
    Binary("kubectl", "controlplane", "k8s.io/kubernetes/cmd/kubectl", _VERSION_FLAGS),
    Binary("webhook", "certmanager", "./webhook", _APP_VERSION),
    Binary("cainjector", "certmanager", "./cainjector", _APP_VERSION),
    Binary("controller", "certmanager", "./controller", _APP_VERSION),
    Binary("apicheck", "certmanager", "./apicheck", _APP_VERSION),
    Binary("apicheck-1.15", "apicheck115", "."),
)


class BuildError(Exception):
    """The real control plane can't be built here; the text says why in one line."""


def cache_root() -> Path:
    """The folder for everything that outlives a checkout: binaries and golden snapshots."""
    if chosen := os.environ.get("CERTDASH_TEST_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "certdash-test"


def source_hash() -> str:
    """Sixteen hex digits over the modules, the mains and the list of binaries."""
    digest = hashlib.sha256(repr(BINARIES).encode())
    for path in sorted(MODULES.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(MODULES)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def built() -> Path | None:
    """The cache folder when everything in it is there, else None."""
    mark = cache_root() / source_hash() / "complete"
    if not mark.exists():
        return None
    # Whoever tidies up must see that it is in use.
    mark.touch()
    return mark.parent


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _environment() -> dict[str, str]:
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}


def _go(module: str, *args: str) -> str:
    done = subprocess.run(
        ["go", *args],
        cwd=MODULES / module,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=die_with_parent,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("go: downloading")]
        raise BuildError(f"go {args[0]} in {module} failed: {' | '.join(lines[-3:])}")
    return done.stdout


def _build_one(binary: Binary, target: Path) -> None:
    # One set of tags for all modules, so that the packages of Kubernetes are compiled once and shared.
    link = f"-s -w {binary.link}".strip()
    _go(
        binary.module,
        *("build", "-trimpath", "-tags", "grpcnotrace,notest", "-ldflags", link),
        *("-o", str(target / binary.name), binary.package),
    )


def _copy_crds(target: Path) -> None:
    _go("certmanager", "mod", "download", CERT_MANAGER_MODULE)
    source = Path(_go("certmanager", "list", "-m", "-f", "{{.Dir}}", CERT_MANAGER_MODULE).strip())
    target.mkdir()
    for path in sorted((source / "deploy" / "crds").glob("*.yaml")):
        shutil.copyfile(path, target / path.name)


def _long_unused(root: Path) -> list[Path]:
    """Builds of earlier sources: 0.6 GB each, kept for a while because branches go back and forth."""
    limit = time.time() - KEPT_SECONDS
    return [mark.parent for mark in root.glob("*/complete") if mark.stat().st_mtime < limit]


def ensure_built() -> Path:
    """Return the folder with `bin/` and `crds/`, building it first where need be.

    Two builds at once are safe: the second waits and finds the first's result. A killed build leaves only a
    temporary folder, which the next one removes. Raises BuildError.
    """
    if folder := built():
        return folder
    if shutil.which("go") is None:
        raise BuildError("the real control plane is built with Go, and `go` is not on PATH: install Go 1.26 or newer")
    root = cache_root()
    with _lock(root / "build.lock"):
        if folder := built():
            return folder
        for stale in (*root.glob("building-*"), *_long_unused(root)):
            shutil.rmtree(stale, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix="building-", dir=root))
        (work / "bin").mkdir()
        begun = time.monotonic()
        for number, binary in enumerate(BINARIES, 1):
            print(f"[{number}/{len(BINARIES)}] {binary.name} …", file=sys.stderr, flush=True)
            _build_one(binary, work / "bin")
            print(f"      built, {time.monotonic() - begun:.0f} s so far", file=sys.stderr, flush=True)
        _copy_crds(work / "crds")
        (work / "complete").touch()
        folder = root / source_hash()
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)
        return folder


def main() -> int:
    """Build, and print the folder on stdout."""
    try:
        print(ensure_built())
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
