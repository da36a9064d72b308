"""Writes a rotated token back to the kubeconfig that it came from."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def replace_in_file(path: Path, changes: Mapping[str, str]) -> bool:
    """Replace each token by its successor, leaving every other byte as it is. False when that was not possible.

    The lock file is kubectl's own (client-go: tools/clientcmd/loader.go), and the file is replaced as a whole.
    """
    target = path.resolve()
    lock = target.with_name(target.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return False
    try:
        text = target.read_text(encoding="utf-8")
        changed = text
        for old, new in changes.items():
            changed = changed.replace(old, new) if old else changed
        if changed == text:
            return False
        _write_whole(target, changed)
    except (OSError, UnicodeError):
        return False
    finally:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            lock.unlink()
    return True


def _write_whole(target: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(target.stat().st_mode & 0o777)
        Path(name).replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
