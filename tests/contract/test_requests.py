"""Every request that certdash and kubectl make is answered as the real API server answered it."""

import pytest

from tests.contract import transcript
from tests.contract.conftest import RECORDING
from tests.contract.exchange import Script
from tests.contract.scripts import BY_SUBJECT
from tests.contract.wire import Wire

_SCRIPTS = [(subject, script) for subject, scripts in BY_SUBJECT.items() for script in scripts]


@pytest.mark.parametrize(("subject", "script"), _SCRIPTS, ids=[script.name for _, script in _SCRIPTS])
def test_the_answers_are_those_of_the_real_api_server(wire: Wire, subject: str, script: Script) -> None:
    got = transcript.play(script, wire)
    if RECORDING:
        transcript.record(subject, script.name, got)
        return
    found = list(transcript.differences(transcript.read(subject)[script.name], got))
    assert not found, "\n".join(found)


def test_transcripts_hold_what_is_asked_and_nothing_else() -> None:
    for subject, scripts in BY_SUBJECT.items():
        recorded = transcript.read(subject)
        asked = {script.name: [step.title for step in script.steps] for script in scripts}
        assert {name: [entry["request"] for entry in entries] for name, entries in recorded.items()} == asked


def test_transcripts_are_of_the_versions_that_the_real_cluster_is_built_from() -> None:
    assert transcript.read("versions") == transcript.versions()
