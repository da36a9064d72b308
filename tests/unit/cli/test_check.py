"""`check` on a scripted source: when it ends, with which code, and what it prints."""

import asyncio
import io
import json

import pytest

from certdash.cli.arguments import read_arguments
from certdash.cli.check import Ending, exit_code, look_once, wait_until
from certdash.cli.check_output import CheckOutput, output_for
from certdash.cli.goal import Aim, Goal, Hopeless, NotYet, Reached
from certdash.cli.progress import Progress
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import Verdict
from certdash.model.probe import ProbeName
from certdash.model.stream import StreamPhase
from certdash.present.document import Result
from tests.unit.cli.assessments import NOW, TARGET, answer, assessment, diagnosis, good_round, probe_round
from tests.unit.cli.scripted_source import ScriptedSource

API = Goal(Aim.API, stable=1)
NOT_READY = assessment(diagnosis(Verdict.NOT_READY), rounds=(good_round(),))
READY = assessment(rounds=(good_round(),))


def output(*flags: str) -> CheckOutput:
    made = output_for(read_arguments("certdash", ["check", *flags], {}), API, {}, NOW)
    made.target = TARGET
    return made


async def test_waiting_returns_the_moment_it_is_ready() -> None:
    source = ScriptedSource(NOT_READY)
    deadline = asyncio.get_running_loop().time() + 60
    waiting = asyncio.ensure_future(wait_until(source, API, deadline, output("--wait=1m")))
    await source.waited.wait()
    assert not waiting.done()
    source.publish(READY)
    ending = await asyncio.wait_for(waiting, 5)
    assert ending.answer == Reached()
    assert exit_code(ending) == 0


async def test_waiting_that_runs_out_exits_124_even_when_it_is_unknown() -> None:
    unknown = assessment(diagnosis(Verdict.UNKNOWN), connection=ConnectionPhase.LOST)
    ending = await wait_until(ScriptedSource(unknown), API, asyncio.get_running_loop().time() + 0.01, output("-q"))
    assert ending.timed_out
    assert exit_code(ending) == 124


async def test_waiting_ends_at_once_when_it_is_hopeless() -> None:
    refused = assessment(diagnosis(Verdict.UNKNOWN), connection=ConnectionPhase.UNAUTHENTICATED)
    ending = await wait_until(ScriptedSource(refused), API, asyncio.get_running_loop().time() + 60, output("-q"))
    assert isinstance(ending.answer, Hopeless)
    assert exit_code(ending) == 3


async def test_a_refusal_in_passing_does_not_end_the_wait() -> None:
    refused = assessment(diagnosis(Verdict.UNKNOWN), connection=ConnectionPhase.UNAUTHENTICATED)
    source = ScriptedSource(NOT_READY)
    waiting = asyncio.create_task(wait_until(source, API, asyncio.get_running_loop().time() + 60, output("-q")))
    await source.waited.wait()
    source.waited.clear()
    source.publish(refused)
    await source.waited.wait()
    assert not waiting.done()
    source.publish(READY)
    ending = await asyncio.wait_for(waiting, 5)
    assert ending.answer == Reached()


async def test_waiting_in_vain_still_hears_what_the_streams_have_to_say() -> None:
    refusal = probe_round(answer(ProbeName.VALID, 401, message="Unauthorized"))
    early = assessment(diagnosis(Verdict.UNKNOWN), rounds=(refusal,), stream_phase=StreamPhase.CONNECTING)
    source = ScriptedSource(early)
    deadline = asyncio.get_running_loop().time() + 60
    waiting = asyncio.ensure_future(wait_until(source, API, deadline, output("-q")))
    await source.waited.wait()
    assert not waiting.done()
    source.publish(assessment(diagnosis(Verdict.UNKNOWN), rounds=(refusal,)))
    assert exit_code(await asyncio.wait_for(waiting, 5)) == 3


async def test_one_look_waits_for_its_streams() -> None:
    source = ScriptedSource(assessment(stream_phase=StreamPhase.CONNECTING, rounds=(good_round(),)))
    looking = asyncio.ensure_future(look_once(source, API, output("-q")))
    await source.waited.wait()
    assert not looking.done()
    source.publish(NOT_READY)
    assert exit_code(await asyncio.wait_for(looking, 5)) == 1


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.READY, 0), (Verdict.PROGRESSING, 1), (Verdict.NOT_READY, 1), (Verdict.UNKNOWN, 3)],
)
async def test_exit_codes_of_one_look(verdict: Verdict, code: int) -> None:
    source = ScriptedSource(assessment(diagnosis(verdict), rounds=(good_round(),)))
    assert exit_code(await look_once(source, API, output("-q"))) == code


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 143), (1, 129)])
def test_a_signal_decides_the_code(number: int, code: int) -> None:
    assert exit_code(Ending(READY, Reached(), signal_code=128 + number)) == code


def test_progress_in_a_log_is_one_line_per_change() -> None:
    stream = io.StringIO()
    progress = Progress(stream, live=False, ascii=True)
    for elapsed, reason in enumerate(["no CA", "no CA", "no \x1b[31mpods", "no \x1b[31mpods"]):
        progress.show(Verdict.NOT_READY, reason, elapsed)
    progress.finish()
    assert stream.getvalue() == "    0s  x NOT READY  no CA\n    2s  x NOT READY  no [31mpods\n"


def test_progress_on_a_terminal_is_one_line_that_goes_away() -> None:
    stream = io.StringIO()
    progress = Progress(stream, live=True, ascii=True)
    progress.show(Verdict.NOT_READY, "no CA", 1)
    progress.show(Verdict.NOT_READY, "no CA", 2)
    progress.finish()
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_ndjson_has_a_line_per_change(capsys: pytest.CaptureFixture[str]) -> None:
    made = output("-o", "ndjson", "--wait=5m")
    made.progress(NOT_READY, NotYet("no CA"))
    made.progress(NOT_READY, NotYet("no CA"))
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["result"]["state"] for line in lines] == ["waiting"]
    assert json.loads(made.final(Reached(), Result("reached", 0, "", 1.0), READY, NOW))["result"]["exitCode"] == 0


@pytest.mark.parametrize("shape", ["json", "yaml", "ndjson"])
def test_a_document_is_printed_whatever_the_code(shape: str) -> None:
    untold = Result("could not tell", 3, "no kubeconfig", 0.1)
    assert "could not tell" in output("-o", shape).final(Hopeless("no kubeconfig"), untold, None, NOW)


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    made = output("-q", "-o", "json", "--wait=5m")
    made.progress(NOT_READY, NotYet("no CA"))
    made.say_why(Hopeless("refused"), NOT_READY, 3)
    assert made.final(Hopeless("refused"), Result("could not tell", 3, "refused", 1.0), NOT_READY, NOW) == ""
    assert capsys.readouterr() == ("", "")
