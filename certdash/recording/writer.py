"""Appends chunks to a recording's file, and turns the file over when it has grown enough.

What was appended survives the death of the process at once. The file is forced to the disk (fsync) when it is turned
over and closed, not for each chunk: a machine that loses power may lose what its system had not written yet.
"""

import fcntl
import os
import stat
from pathlib import Path

from certdash.model.instant import Instant
from certdash.recording.container import (
    FORMAT,
    LONGEST_HEADER,
    FileHeader,
    new_header,
    pack_chunk,
    parse_header,
)
from certdash.recording.errors import RecordingError

_PRIVATE = 0o600


class RecordingWriter:
    """One file that is open for appending. Not thread safe.

    Beyond `max_size` bytes the file is renamed to FILE.1, in place of an older one, and a new one is begun: that is
    possible only where a member begins, so `full` asks for one.
    """

    def __init__(self, path: Path, *, certdash: str, begun: Instant, max_size: int, names_replaced: bool) -> None:
        """Open or create the file. Raises RecordingError when it can't be written or is not a recording."""
        self.path = path
        self._max_size = max_size
        self._certdash = certdash
        self._names_replaced = names_replaced
        self._session = os.getpid() ^ int(begun.wall) & 0xFFFFFFFF
        self._file = _open(path)
        try:
            self._lock()
            self._size = self._prepare(begun)
        except (RecordingError, OSError) as error:
            os.close(self._file)
            raise _refusal(path, error) from None

    @property
    def size(self) -> int:
        """Bytes in the file so far."""
        return self._size

    @property
    def full(self) -> bool:
        """Whether the next chunk had better begin a member: the file is to be turned over."""
        return self._size >= self._max_size

    def append(self, payload: bytes, *, begins_member: bool, until: Instant) -> None:
        """Write one chunk. Raises RecordingError; what stood in the file before stays readable."""
        chunk = pack_chunk(payload, begins_member=begins_member, session=self._session, until=until)
        try:
            if begins_member and self.full:
                self._turn_over(until)
            self._write(chunk)
        except OSError as error:
            raise _refusal(self.path, error) from None

    def close(self) -> None:
        """Force the file to the disk and close it. Raises RecordingError."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise _refusal(self.path, error) from None
        finally:
            os.close(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordingError(f"{self.path} is being written by another certdash: name another file") from None

    def _prepare(self, begun: Instant) -> int:
        size = os.fstat(self._file).st_size
        if size:
            check_appendable(self.path, parse_header(os.pread(self._file, LONGEST_HEADER, 0)), self._names_replaced)
            return size
        line = new_header(self._certdash, begun, names_replaced=self._names_replaced).line
        self._size = 0
        self._write(line)
        return len(line)

    def _write(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError:
            # Half a chunk is of no use to anybody.
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _turn_over(self, begun: Instant) -> None:
        os.fsync(self._file)
        self.path.replace(self.path.with_name(self.path.name + ".1"))
        os.close(self._file)
        self._file = _open(self.path)
        self._lock()
        self._size = self._prepare(begun)


def _open(path: Path) -> int:
    try:
        # Not to wait for a reader where the path is a pipe.
        found = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, _PRIVATE)
    except OSError as error:
        raise _refusal(path, error) from None
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise RecordingError(f"{path} is not a regular file: a recording needs one that it can rename and read back")
    return found


def _refusal(path: Path, error: RecordingError | OSError) -> RecordingError:
    if isinstance(error, RecordingError):
        return error
    return RecordingError(f"can't write {path}: {error.strerror or error}")


def check_appendable(path: Path, header: FileHeader | None, names_replaced: bool) -> None:
    """Raises RecordingError when a file that is there can't be continued."""
    if header is None:
        raise RecordingError(f"{path} exists and is not a recording: name another file")
    if header.format != FORMAT:
        raise RecordingError(f"{path} is a recording of format {header.format}, this is {FORMAT}: name another file")
    if names_replaced or header.names != "kept":
        raise RecordingError(f"{path} exists, and replaced names can't be continued in it: name another file")
