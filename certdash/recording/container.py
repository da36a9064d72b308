"""The file: a line that a person can read, then chunks, each with its length and checksums.

A chunk that begins a member starts a compressed stream of its own with a keyframe; those after it continue that
stream, each flushed to its end, so that whatever was written can be read. A reader that meets damage goes on with the
next chunk that begins a member.
"""

import json
import math
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from certdash.model.instant import Instant
from certdash.recording.plain import kept

FORMAT: Final = 1
"""Goes up with every change that an older program would read wrongly."""

MAGIC: Final = b"certdash recording "
MARKER: Final = b"\xffcdr"
LONGEST_HEADER: Final = 4096
_FIELDS: Final = struct.Struct(">4sBIIIdd")
_CHECKSUM: Final = struct.Struct(">I")
CHUNK_HEADER: Final = _FIELDS.size + _CHECKSUM.size
_BEGINS: Final = 1
# A second of any cluster, and a keyframe, is a hundredth of it: a file from elsewhere must not take all memory.
_LARGEST_CHUNK: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class FileHeader:
    """The first line. `format` is the writer's, `needs` the oldest that can read it. `begun` in RFC 3339; `names` is
    "kept" or "replaced"."""

    format: int
    needs: int
    certdash: str
    begun: str
    names: str

    @property
    def line(self) -> bytes:
        """As it stands in the file."""
        told = {
            "format": self.format,
            "needs": self.needs,
            "certdash": self.certdash,
            "begun": self.begun,
            "names": self.names,
        }
        return MAGIC + json.dumps(told).encode() + b"\n"


def new_header(certdash: str, begun: Instant, *, names_replaced: bool) -> FileHeader:
    """The header of a file that begins now."""
    moment = datetime.fromtimestamp(begun.wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return FileHeader(FORMAT, FORMAT, certdash, moment, "replaced" if names_replaced else "kept")


def parse_header(line: bytes) -> FileHeader | None:
    """The header of a file's first bytes, None when it is no recording."""
    first, newline, _ = line.partition(b"\n")
    if not newline or not first.startswith(MAGIC):
        return None
    try:
        told = json.loads(first.removeprefix(MAGIC))
        return FileHeader(
            int(told["format"]), int(told["needs"]), str(told["certdash"]), str(told["begun"]), str(told["names"])
        )
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class ChunkHeader:
    """What stands before a chunk's bytes. `session` tells one run of a recorder from another, since each has a steady
    clock of its own; `until` is the moment of the last record within."""

    begins_member: bool
    session: int
    length: int
    checksum: int
    until: Instant


def pack_chunk(payload: bytes, *, begins_member: bool, session: int, until: Instant) -> bytes:
    """A chunk as it stands in the file."""
    kind, until = _BEGINS if begins_member else 0, kept(until)
    fields = _FIELDS.pack(MARKER, kind, session, len(payload), zlib.crc32(payload), until.steady, until.wall)
    return fields + _CHECKSUM.pack(zlib.crc32(fields)) + payload


def parse_chunk_header(data: bytes) -> ChunkHeader | None:
    """The header, None when these bytes are none."""
    if len(data) < CHUNK_HEADER or not data.startswith(MARKER):
        return None
    fields, checksum = data[: _FIELDS.size], _CHECKSUM.unpack_from(data, _FIELDS.size)[0]
    if zlib.crc32(fields) != checksum:
        return None
    _, kind, session, length, payload_checksum, steady, wall = _FIELDS.unpack(fields)
    if not math.isfinite(steady) or not math.isfinite(wall):
        return None
    return ChunkHeader(kind == _BEGINS, session, length, payload_checksum, Instant(steady, wall))


class ChunkCompressor:
    """One member's compressed stream, cut into chunks."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)

    def compress(self, data: bytes) -> bytes:
        """The next chunk's bytes: with what came before it, all of `data` can be had from them."""
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class ChunkExpander:
    """Reads what a ChunkCompressor wrote, chunk by chunk from the member's first."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)

    def expand(self, payload: bytes) -> bytes:
        """The bytes that went into the chunk. Raises ValueError when it is none."""
        try:
            expanded = self._stream.decompress(payload, _LARGEST_CHUNK)
        except zlib.error as error:
            raise ValueError(f"a part can't be decompressed: {error}") from None
        if self._stream.unconsumed_tail:
            raise ValueError(f"a part is larger than {_LARGEST_CHUNK} bytes")
        return expanded
