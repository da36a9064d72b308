"""Opens a recording, finds its members whatever befell the file, and reads them."""

import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from certdash.model.instant import Instant
from certdash.recording.container import (
    CHUNK_HEADER,
    FORMAT,
    LONGEST_HEADER,
    MARKER,
    ChunkExpander,
    FileHeader,
    parse_chunk_header,
    parse_header,
)
from certdash.recording.errors import RecordingError
from certdash.recording.keyframe import Keyframe
from certdash.recording.records import Record, RecordDecoder

_SCAN_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk's bytes lie in the file."""

    offset: int
    length: int
    until: Instant


@dataclass(frozen=True, slots=True)
class Member:
    """A run of chunks that can be read by itself. `begun` is the moment of its keyframe, which has the first chunk for
    itself."""

    session: int
    begun: Instant
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def ended(self) -> Instant:
        """The last moment that it tells of."""
        return self.chunks[-1].until


@dataclass(frozen=True, slots=True)
class _Found:
    members: list[Member]
    lost: int
    cut: int


class Recording:
    """A recording that is open for reading. The file may still be growing: what is read is what was there at first."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises RecordingError when it is none, or nothing in it can be read."""
        self.path = path
        self._file = _open(path)
        try:
            self.header = _checked_header(path, self._file.read(LONGEST_HEADER))
            found = _find_members(self._file, len(self.header.line))
            self.members = tuple(found.members)
        except (OSError, RecordingError) as error:
            self._file.close()
            raise _refusal(path, error) from None
        if not self.members:
            self._file.close()
            raise RecordingError(f"{path} holds nothing that can be read: it was cut off or damaged near its beginning")
        self.damage = _damage(self.header, found)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, member: Member) -> Iterator[Keyframe | Record]:
        """The member's keyframe, then its records as they came. Ends early where something can't be understood."""
        decoder = RecordDecoder()
        lines = self._lines(member.chunks)
        try:
            yield decoder.keyframe(next(lines, b""))
            for line in lines:
                record = decoder.record(line)
                if record is not None:
                    yield record
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            # It has the right checksum, so a program wrote it that knew more than this one, or meant no good.
            return

    def _lines(self, chunks: list[Chunk]) -> Iterator[bytes]:
        expander = ChunkExpander()
        for chunk in chunks:
            payload = os.pread(self._file.fileno(), chunk.length, chunk.offset)
            yield from expander.expand(payload).splitlines()


def _open(path: Path) -> BinaryIO:
    try:
        # Not to wait for a writer where the path is a pipe.
        found = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(path, error) from None
    mode = os.fstat(found).st_mode
    if not stat.S_ISREG(mode):
        os.close(found)
        what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise RecordingError(f"{path} is {what}: name the file of a recording")
    return os.fdopen(found, "rb")


def _refusal(path: Path, error: RecordingError | OSError) -> RecordingError:
    if isinstance(error, RecordingError):
        return error
    return RecordingError(f"can't read {path}: {error.strerror or error}")


def _checked_header(path: Path, first: bytes) -> FileHeader:
    if not first:
        raise RecordingError(f"{path} is empty: it is not a recording")
    header = parse_header(first)
    if header is None:
        raise RecordingError(f"{path} is not a recording of certdash")
    if header.needs > FORMAT:
        raise RecordingError(
            f"{path} was recorded by certdash {header.certdash} in format {header.needs}, this one reads up to "
            f"{FORMAT}: install that version"
        )
    return header


def _find_members(file: BinaryIO, offset: int) -> _Found:
    """All members whose chunks' checksums are right, in the order of the file."""
    end = os.fstat(file.fileno()).st_size
    members: list[Member] = []
    lost = cut = 0
    whole = False
    while offset < end:
        head = os.pread(file.fileno(), CHUNK_HEADER, offset)
        header = parse_chunk_header(head)
        payload = os.pread(file.fileno(), header.length, offset + CHUNK_HEADER) if header is not None else b""
        if header is None or len(payload) != header.length or zlib.crc32(payload) != header.checksum:
            whole = False
            onward = _next_marker(file, offset + 1, end)
            if onward == end:
                cut += end - offset
            else:
                lost += onward - offset
            offset = onward
            continue
        offset += CHUNK_HEADER + header.length
        if header.begins_member:
            whole = True
            members.append(Member(header.session, header.until))
        if whole:
            members[-1].chunks.append(Chunk(offset - header.length, header.length, header.until))
        else:
            lost += CHUNK_HEADER + header.length
    return _Found(members, lost, cut)


def _next_marker(file: BinaryIO, offset: int, end: int) -> int:
    """Where the next chunk header may stand, `end` when there is none."""
    while offset < end:
        block = os.pread(file.fileno(), _SCAN_BLOCK, offset)
        found = block.find(MARKER)
        if found >= 0:
            return offset + found
        if len(block) < len(MARKER):
            break
        offset += len(block) - len(MARKER) + 1
    return end


def _damage(header: FileHeader, found: _Found) -> str:
    parts = []
    if header.format > FORMAT:
        parts.append(
            f"it was recorded by the newer certdash {header.certdash}: what this one does not know is left out"
        )
    if found.lost:
        parts.append(f"{found.lost} bytes in the middle are damaged and left out")
    if found.cut:
        parts.append(f"its last {found.cut} bytes are incomplete: it was cut off")
    return "; ".join(parts)
