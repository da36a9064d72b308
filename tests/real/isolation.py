"""Keeps test clusters apart from each other and from the machine, and leaves nothing behind.

Addresses. Every cluster lives in a loopback range 127.N.0.0/16 of its own, its ClusterIPs included, reserved by a
file lock that the kernel drops when the process dies. That needs no privilege, lets clusters live side by side and,
for the person's command, lets another terminal reach them. A pytest session enters a network namespace of its own on
top where the system allows it (one unshare call in the process itself, no wrapper to start it through).

Processes. Each is a direct child that the kernel kills with the thread that started it (PR_SET_PDEATHSIG); everything
else of a cluster is threads of the harness. A pid namespace would add an init to care for and nothing that this does
not give: kill -9 of the harness leaves no process. A shell that waits for the end of a pipe then removes the folder.
"""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1

# The range of all ClusterIPs; an allocator of the API server accepts at most 20 host bits.
SERVICE_RANGE = "127.96.0.0/12"
_FIRST = 96
_COUNT = 16


class IsolationError(Exception):
    """No room for one more cluster, or the system allows no port 443; the text says which."""


def enter_own_network() -> str | None:
    """Move this process into a network namespace where only loopback exists; return why not, or None on success.

    To be called from the main thread before any other is started: a namespace belongs to a thread.
    """
    if threading.active_count() > 1:
        return "other threads are running"
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        return "no unshare on this system"
    user, group = os.getuid(), os.getgid()
    flags = _CLONE_NEWNET if user == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        return os.strerror(ctypes.get_errno())
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    return None


@dataclass(slots=True)
class Range:
    """A reserved 127.N.0.0/16 and the ports on all interfaces that go with it."""

    number: int
    _lock: TextIOWrapper

    def address(self, rest: str) -> str:
        """The address 127.N.`rest`."""
        return f"127.{self.number}.{rest}"

    def port(self, index: int) -> int:
        """The index-th (0–39) port of this range, for what listens on every interface."""
        return 21000 + 40 * (self.number - _FIRST) + index

    def release(self) -> None:
        """Give the range back."""
        self._lock.close()


def reserve_range() -> Range:
    """Reserve a free range. Raises IsolationError when all are taken."""
    folder = Path(tempfile.gettempdir()) / f"certdash-real-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(_FIRST, _FIRST + _COUNT):
        handle = (folder / f"range-{number}").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            continue
        if _free(f"127.{number}.0.1", 6443):
            return Range(number, handle)
        handle.close()
    raise IsolationError(f"all {_COUNT} address ranges for test clusters are in use")


def _free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def check_https_port(address: str) -> None:
    """Raise IsolationError when this process may not listen on port 443 of `address`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, 443))
        except PermissionError:
            raise IsolationError(
                "the webhook's Service needs port 443 of a loopback address: run as root or after "
                "`sysctl net.ipv4.ip_unprivileged_port_start=443` (pytest needs neither with user namespaces)"
            ) from None


@dataclass(slots=True)
class Scratch:
    """A folder that vanishes with the process that made it, however that one ends."""

    path: Path
    _watcher: subprocess.Popen[bytes]

    @classmethod
    def create(cls, number: int) -> "Scratch":
        """Make the folder and the shell that removes it at the end of its standard input."""
        path = Path(tempfile.mkdtemp(prefix=f"certdash-real-{number}-"))
        script = 'cat >/dev/null; n=0; while ! rm -rf -- "$1" && [ $n -lt 50 ]; do n=$((n+1)); sleep 0.1; done'
        watcher = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        return cls(path, watcher)

    def remove(self) -> None:
        """Remove the folder now."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._watcher.stdin is not None:
            self._watcher.stdin.close()
        self._watcher.wait()
