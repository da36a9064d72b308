"""Keeps the details of an error of our own in a file, so that the user sees a line."""

import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from certdash import __version__


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where logs are kept: $XDG_STATE_HOME/certdash, on every system; the folder need not exist."""
    base = environ.get("XDG_STATE_HOME", "")
    root = Path(base) if base.startswith("/") else Path(environ.get("HOME") or "~").expanduser() / ".local" / "state"
    return root / "certdash"


def report_crash(error: BaseException, environ: Mapping[str, str]) -> str:
    """Write the traceback to a new file and answer the line for the user. Never raises for what the disk does."""
    what = f"unexpected error: {type(error).__name__}"
    try:
        folder = state_folder(environ)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / time.strftime("crash-%Y%m%d-%H%M%S.log", time.gmtime())
        details = "".join(traceback.format_exception(error))
        path.write_text(f"certdash {__version__}\n{details}", encoding="utf-8", errors="backslashreplace")
        path.chmod(0o600)
    except (OSError, RuntimeError) as failure:
        return f"{what} (no log could be written: {getattr(failure, 'strerror', None) or failure})"
    return f"{what}; the details are in {path}"
