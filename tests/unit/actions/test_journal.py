"""The log of what was done: appended, whole lines, read back."""

import json
from pathlib import Path

from certdash.actions.journal import Journal, last_proven
from certdash.model.resource import Ref

REF = Ref("Issuer", "ns", "certdash-test-x")


def test_every_write_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "state" / "actions.log"
    for run in ("a", "b"):
        Journal(path, "https://one").wrote("create", REF, "uid-1", "created", run=run, at=1000.5)
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    assert [entry["run"] for entry in entries] == ["a", "b"]
    assert entries[0]["time"] == "1970-01-01T00:16:40.500+00:00"
    assert (entries[0]["kind"], entries[0]["uid"], entries[0]["result"]) == ("Issuer", "uid-1", "created")
    assert path.stat().st_mode & 0o077 == 0


def test_the_last_proof_of_a_server_is_found_among_others_and_garbage(tmp_path: Path) -> None:
    path = tmp_path / "actions.log"
    Journal(path, "https://one").ended("a", "proven", at=100.0)
    Journal(path, "https://one").ended("b", "failed", at=200.0)
    Journal(path, "https://two").ended("c", "proven", at=300.0)
    with path.open("a") as log:
        log.write('{"half a li\n[]\n')
    assert last_proven(path, "https://one") == 100.0
    assert last_proven(path, "https://three") is None
    assert last_proven(tmp_path / "none", "https://one") is None


def test_a_log_that_cannot_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "actions.log")
    journal.ended("a", "proven", at=1.0)
    assert "can't be written" in journal.failure
