"""A recording's file: continued, turned over, cut off, damaged, or none at all."""

import math
import os
import resource
import zlib
from itertools import chain
from pathlib import Path

import pytest

from certdash.recording import container
from certdash.recording.container import (
    CHUNK_HEADER,
    FORMAT,
    ChunkCompressor,
    FileHeader,
)
from certdash.recording.errors import RecordingError
from certdash.recording.keyframe import Keyframe
from certdash.recording.reader import Recording
from certdash.recording.records import Record, RecordEncoder
from certdash.recording.scrub import scrubbed
from certdash.recording.writer import RecordingWriter
from tests.unit.recording.story import Story, Tape
from tests.unit.scenario_answers import failed_answers, good_answers
from tests.unit.scenarios import healthy, webhook_crashing


def play(story: Story, tape: Tape, members: int = 3) -> list[list[Record]]:
    """A story of several members; the records of each."""
    written = []
    for number in range(members):
        if number:
            tape.begin_member()
        tape.records = []
        for _ in range(4):
            story.wait(5)
            story.probe(good_answers())
            story.become(webhook_crashing() if number % 2 else healthy())
            story.wait(1)
            story.probe(failed_answers("EOF") if number % 2 else good_answers())
        written.append(tape.records)
    return written


def recorded(path: Path, members: int = 3) -> list[list[Record]]:
    story = Story(healthy())
    story.become(healthy())
    tape = Tape(path, story)
    written = play(story, tape, members)
    tape.writer.close()
    return written


def read(path: Path) -> tuple[list[list[Record]], str]:
    """The records of each member, and what is said of damage."""
    recording = Recording(path)
    found: list[list[Record]] = []
    for member in recording.members:
        items = list(recording.read(member))
        assert isinstance(items[0], Keyframe)
        assert items[0].at == member.begun
        found.append([item for item in items[1:] if not isinstance(item, Keyframe)])
    recording.close()
    return found, recording.damage


def times(members: list[list[Record]]) -> list[list[float]]:
    return [[record.at.steady for record in records] for records in members]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = recorded(tmp_path / "r")
    found, damage = read(tmp_path / "r")
    assert times(found) == times(written)
    assert damage == ""


def test_the_first_line_can_be_read_by_a_person(tmp_path: Path) -> None:
    recorded(tmp_path / "r", 1)
    first = (tmp_path / "r").read_bytes().split(b"\n")[0].decode()
    assert first.startswith('certdash recording {"format": 1, ')
    assert '"begun": "2026-11-23T20:00:00Z"' in first


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    recorded(tmp_path / "r", 1)
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("part", [0.3, 0.5, 0.8, 0.97])
def test_a_file_that_was_cut_off_gives_all_that_was_flushed(tmp_path: Path, part: float) -> None:
    written = list(chain.from_iterable(times(recorded(tmp_path / "r"))))
    whole = (tmp_path / "r").read_bytes()
    (tmp_path / "r").write_bytes(whole[: int(len(whole) * part)])
    found, damage = read(tmp_path / "r")
    told = list(chain.from_iterable(times(found)))
    assert told == written[: len(told)]
    # Records are of very different sizes, so a part of the bytes is only about a part of the records.
    assert len(told) > 0.1 * len(written)
    assert "incomplete: it was cut off" in damage


def test_a_file_cut_anywhere_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    recorded(tmp_path / "r", 1)
    whole = (tmp_path / "r").read_bytes()
    recording = Recording(tmp_path / "r")
    keyframe = recording.members[0].chunks[0]
    recording.close()
    for length in range(0, len(whole), 97):
        (tmp_path / "cut").write_bytes(whole[:length])
        if length < keyframe.offset + keyframe.length:
            with pytest.raises(RecordingError, match=r"^[^\n]*$"):
                read(tmp_path / "cut")
        else:
            read(tmp_path / "cut")


def test_damage_in_the_middle_costs_the_rest_of_its_member(tmp_path: Path) -> None:
    written = times(recorded(tmp_path / "r"))
    recording = Recording(tmp_path / "r")
    chunk = recording.members[1].chunks[3]
    recording.close()
    data = bytearray((tmp_path / "r").read_bytes())
    data[chunk.offset + 2] ^= 0xFF
    (tmp_path / "r").write_bytes(data)
    found, damage = read(tmp_path / "r")
    assert times(found) == [written[0], written[1][:2], written[2]]
    assert "in the middle are damaged and left out" in damage


def test_bytes_that_belong_to_nothing_are_passed_over(tmp_path: Path) -> None:
    written = times(recorded(tmp_path / "r"))
    recording = Recording(tmp_path / "r")
    begin = recording.members[2].chunks[0].offset - CHUNK_HEADER
    recording.close()
    data = (tmp_path / "r").read_bytes()
    (tmp_path / "r").write_bytes(data[:begin] + b"\xffcdr and more that is none" * 9 + data[begin:])
    found, damage = read(tmp_path / "r")
    assert times(found) == written
    assert damage.startswith("234 bytes")


def test_a_recording_is_continued(tmp_path: Path) -> None:
    first = times(recorded(tmp_path / "r"))
    second = times(recorded(tmp_path / "r"))
    found, damage = read(tmp_path / "r")
    assert times(found) == first + second
    assert damage == ""


def test_a_recording_that_was_cut_off_is_continued(tmp_path: Path) -> None:
    recorded(tmp_path / "r", 1)
    os.truncate(tmp_path / "r", (tmp_path / "r").stat().st_size - 10)
    second = times(recorded(tmp_path / "r", 1))
    found, damage = read(tmp_path / "r")
    assert times(found)[-1] == second[0]
    assert "damaged" in damage


def test_a_file_that_grew_enough_is_turned_over(tmp_path: Path) -> None:
    path = tmp_path / "r"
    story = Story(healthy())
    story.become(healthy())
    tape = Tape(path, story, max_size=20_000)
    written: list[list[Record]] = []
    while not (tmp_path / "r.1").exists():
        written += play(story, tape, 1)
        assert path.stat().st_size < 60_000
        tape.begin_member()
    written += play(story, tape, 1)
    tape.writer.close()
    older, damage = read(tmp_path / "r.1")
    newer, _ = read(path)
    assert damage == ""
    assert times([r for r in older + newer if r]) == times(written)


def test_two_do_not_write_to_one_file(tmp_path: Path) -> None:
    story = Story(healthy())
    tape = Tape(tmp_path / "r", story)
    with pytest.raises(RecordingError, match="is being written by another certdash"):
        Tape(tmp_path / "r", story)
    tape.writer.close()


def begin(path: Path, *, names_replaced: bool = False) -> RecordingWriter:
    story = Story(healthy())
    return RecordingWriter(path, certdash="test", begun=story.now, max_size=1 << 20, names_replaced=names_replaced)


def test_what_is_no_recording_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear Sir,\n")
    with pytest.raises(RecordingError, match="letter exists and is not a recording"):
        begin(tmp_path / "letter")
    assert (tmp_path / "letter").read_text() == "Dear Sir,\n"


def test_replaced_names_and_kept_ones_do_not_mix(tmp_path: Path) -> None:
    begin(tmp_path / "kept").close()
    with pytest.raises(RecordingError, match="replaced names can't be continued"):
        begin(tmp_path / "kept", names_replaced=True)
    begin(tmp_path / "replaced", names_replaced=True).close()
    with pytest.raises(RecordingError, match="replaced names can't be continued"):
        begin(tmp_path / "replaced")


def test_places_that_can_hold_no_recording(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path, "Is a directory"),
        (tmp_path / "pipe", "is not a regular file"),
        (Path("/dev/full"), "is not a regular file"),
        (tmp_path / "no" / "r", "No such file or directory"),
    ):
        with pytest.raises(RecordingError, match=words):
            begin(path)


def test_what_is_no_recording_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    (tmp_path / "letter").write_text("Dear Sir,\n")
    (tmp_path / "beginning").write_bytes(b"certdash recording")
    begin(tmp_path / "bare").close()
    for path, words in (
        (tmp_path, "is a directory: name the file of a recording"),
        (tmp_path / "pipe", "is not a regular file"),
        (tmp_path / "none", "No such file or directory"),
        (tmp_path / "empty", "is empty: it is not a recording"),
        (tmp_path / "letter", "is not a recording of certdash"),
        (tmp_path / "beginning", "is not a recording of certdash"),
        (tmp_path / "bare", "holds nothing that can be read"),
    ):
        with pytest.raises(RecordingError, match=words):
            Recording(path)


def with_header(path: Path, **told: int) -> None:
    """Change what the first line says of formats."""
    first, _, rest = path.read_bytes().partition(b"\n")
    assert first.startswith(b"certdash recording ")
    header = FileHeader(told["format"], told["needs"], "9.9", "2026-11-23T20:00:00Z", "kept")
    path.write_bytes(header.line + rest)


def test_a_newer_recording_is_read_as_far_as_it_allows(tmp_path: Path) -> None:
    written = times(recorded(tmp_path / "r"))
    with_header(tmp_path / "r", format=FORMAT + 1, needs=FORMAT)
    found, damage = read(tmp_path / "r")
    assert times(found) == written
    assert damage == "it was recorded by the newer certdash 9.9: what this one does not know is left out"
    with_header(tmp_path / "r", format=FORMAT + 1, needs=FORMAT + 1)
    with pytest.raises(RecordingError, match=r"recorded by certdash 9\.9 in format 2, this one reads up to 1"):
        Recording(tmp_path / "r")


def test_a_full_disk_leaves_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "r"
    story = Story(healthy())
    story.become(healthy())
    tape = Tape(path, story)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    whole = path.stat().st_size
    # Less than a chunk is left: part of it can be written, which is of no use.
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole + 40, limits[1]))
    try:
        encoder, compressor = RecordEncoder(scrubbed), ChunkCompressor()
        line = compressor.compress(encoder.keyframe(story.assessor.store.keyframe(story.now)))
        with pytest.raises(RecordingError, match=r"can't write .*: File too large"):
            tape.writer.append(line, begins_member=True, until=story.now)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.stat().st_size == whole
    found, damage = read(path)
    assert (len(found), damage) == (1, "")


def hostile(path: Path, content: bytes) -> list[Keyframe | Record]:
    """A recording whose one member holds this, with all checksums right; what is read of it."""
    writer = begin(path)
    until = Story(healthy()).now
    writer.append(ChunkCompressor().compress(content), begins_member=True, until=until)
    writer.close()
    recording = Recording(path)
    found = list(recording.read(recording.members[0]))
    recording.close()
    return found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"[" * 100_000,
        b'["keyframe", 5]\n',
        b'["keyframe", {"at": 1}]\n',
        b'["keyframe", {"at": 1, "streams": [], "objects": [["POD", 7, []]]}]\n',
        b'["keyframe", {"at": 1, "streams": [], "objects": 3}]\n',
    ],
)
def test_what_only_looks_like_a_recording_is_survived(tmp_path: Path, content: bytes) -> None:
    assert hostile(tmp_path / "r", content) == []


def test_a_moment_that_is_none_is_no_chunk() -> None:
    fields = container._FIELDS.pack(container.MARKER, 1, 1, 0, zlib.crc32(b""), math.nan, math.inf)
    assert container.parse_chunk_header(fields + zlib.crc32(fields).to_bytes(4, "big")) is None
