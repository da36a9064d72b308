"""A cluster's store as it is right after a good install, kept in the cache: a fresh cluster is up in seconds."""

import contextlib
import fcntl
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from certdash.demo import chart, node, pki
from tests.real.build import cache_root
from tests.real.cluster import RealCluster

# The modules that decide what is in the store; the others only decide how it is broken or looked at.
_HERE = Path(__file__).parent
_INPUTS = (
    *(_HERE / f"{name}.py" for name in ("control_plane", "golden", "isolation", "launch")),
    *(path for package in (chart, node) for path in sorted(Path(package.__path__[0]).glob("*.py"))),
    Path(pki.__file__),
)
_KEPT_SECONDS = 7 * 86400


def _key(build: Path) -> str:
    digest = hashlib.sha256(build.name.encode())
    for path in _INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure_golden(build: Path, report: Callable[[str], None] = lambda _: None) -> Path:
    """Return the golden copy for these binaries and these objects, making it first (about 15 s) where need be.

    Safe to call from several processes at once. Raises WaitError, IsolationError.
    """
    root = cache_root()
    folder = root / f"golden-{_key(build)}"
    if folder.exists():
        return folder
    with _lock(root / "golden.lock"):
        if folder.exists():
            return folder
        report("installing cert-manager once, for the golden copy")
        _forget_old(root)
        work = Path(tempfile.mkdtemp(prefix="golden-new-", dir=root))
        try:
            with RealCluster(build, report=report) as cluster:
                cluster.suspend_for_copy()
                shutil.copytree(cluster.folder / "etcd", work / "etcd")
                (work / "pki").mkdir()
                for name in ("ca.crt", "ca.key", "sa.crt", "sa.key", "sa.pub"):
                    shutil.copyfile(cluster.layout.pki / name, work / "pki" / name)
            work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return folder


def _forget_old(root: Path) -> None:
    limit = time.time() - _KEPT_SECONDS
    for path in root.glob("golden-*"):
        with contextlib.suppress(OSError):
            if path.is_dir() and path.stat().st_mtime < limit:
                shutil.rmtree(path, ignore_errors=True)
