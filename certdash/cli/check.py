"""`certdash check`: says whether cert-manager is ready, once or as soon as it is."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from certdash.cli import collector, exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.check_output import CheckOutput, output_for
from certdash.cli.goal import STABLE_WHEN_UNKNOWN, Aim, Answer, Goal, Hopeless, NotYet, Reached, judge, settled
from certdash.cli.scope import connection_options, scope_for
from certdash.cli.streams import write_out
from certdash.engine.source import Source
from certdash.kube.access import ClusterAccess, load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.errors import AccessError
from certdash.model.assessment import Assessment
from certdash.model.diagnosis import Verdict
from certdash.model.instant import Instant
from certdash.model.snapshot import Scope
from certdash.present.document import Result

if TYPE_CHECKING:
    from certdash.cli.issuance import Tested

STREAMS_DEADLINE = 5.0
"""How long a one-shot check waits for its streams, in seconds."""

ROUND_DEADLINE = 40.0
"""How long it then waits for a probe round: the API server itself gives up on a create after 34 s."""

CLOSE_LIMIT = 1.0
"""How long the source may take to close, in seconds: the answer is known by then."""

_LIVE_TICK = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to wait for. `wait` in seconds, None for one look."""

    goal: Goal
    wait: float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a check ended: `signal_code` is set when a signal ended it, `timed_out` when --wait ran out, `tested` when
    the install was ready and --for=issuance asked for more."""

    assessment: Assessment | None
    answer: Answer
    timed_out: bool = False
    signal_code: int | None = None
    tested: "Tested | None" = None


def check_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Run the check and answer its exit code. Raises UsageError for flags that contradict each other."""
    plan = _plan(invocation)
    if invocation.value("--replay") or invocation.value("--at") is not None:
        from certdash.cli.check_replay import check_recording

        return check_recording(invocation, plan.goal, environ)
    if plan.goal.aim is Aim.ISSUANCE:
        from certdash.cli.issuance import check_consent

        check_consent(invocation)
    output = output_for(invocation, plan.goal, environ, read_clock())
    try:
        access = load_cluster_access(connection_options(invocation), environ)
    except AccessError as error:
        return finish(output, Ending(None, Hopeless(str(error))), read_clock)
    output.target = access.target
    ending = asyncio.run(_run(access, scope_for(invocation, access.target), plan, output))
    if plan.goal.aim is Aim.ISSUANCE and isinstance(ending.answer, Reached) and ending.signal_code is None:
        ending = replace(ending, tested=_issue(invocation, environ, access, plan, output))
    return finish(output, ending, read_clock)


def _issue(
    invocation: Invocation, environ: Mapping[str, str], access: ClusterAccess, plan: Plan, output: CheckOutput
) -> "Tested":
    """Prove the issuance, in what is left of --wait but never in less than a moment."""
    from certdash.cli.issuance import DEFAULT_TIMEOUT, complain, run_test, settings_for

    left = DEFAULT_TIMEOUT if plan.wait is None else max(plan.wait - output.elapsed(read_clock()), 1.0)
    settings = replace(settings_for(invocation, access.target), timeout=min(left, DEFAULT_TIMEOUT))
    tested = asyncio.run(run_test(invocation, environ, access, settings))
    complain(invocation, tested)
    return tested


def _plan(invocation: Invocation) -> Plan:
    from certdash.cli.parser import UsageError

    wait, stable = invocation.value("--wait"), invocation.value("--stable")
    if wait is None and (stable or 1) > 1:
        raise UsageError(f"--stable={stable} needs --wait: a single look is one round")
    # One look is one round, so it can't ask for more of them.
    rounds = stable if wait is not None else 1
    goal = Goal(Aim(invocation.value("--for")), invocation.value("--expect-version"), rounds)
    return Plan(goal, wait)


def finish(output: CheckOutput, ending: Ending, clock: Callable[[], Instant]) -> int:
    """Print what there is to say of an ending, and answer the exit code."""
    code = exit_code(ending)
    if ending.tested is None:
        output.say_why(ending.answer, ending.assessment, code)
    result = Result(_state(code), code, _reason(ending), output.elapsed(clock()), _unseen(ending.answer))
    text = output.final(ending.answer, result, ending.assessment, clock(), ending.tested)
    return write_out(text, code) if text else code


def exit_code(ending: Ending) -> int:
    """The exit code of an ending: a signal's, then what was reached, then why not."""
    if ending.signal_code is not None:
        return ending.signal_code
    if ending.tested is not None:
        return ending.tested.code
    if isinstance(ending.answer, Reached):
        return exit_codes.READY
    if isinstance(ending.answer, Hopeless):
        return exit_codes.COULD_NOT_TELL
    if ending.timed_out:
        return exit_codes.TIMED_OUT
    unknown = ending.assessment is None or ending.assessment.diagnosis.verdict is Verdict.UNKNOWN
    return exit_codes.COULD_NOT_TELL if unknown or ending.answer.untold else exit_codes.NOT_READY


def _state(code: int) -> str:
    if code > 128:
        return "interrupted"
    names = {
        exit_codes.READY: "reached",
        exit_codes.TIMED_OUT: "timed out",
        exit_codes.COULD_NOT_TELL: "could not tell",
    }
    return names.get(code, "not reached")


def _reason(ending: Ending) -> str:
    if ending.tested is not None:
        return ending.tested.said
    return "" if isinstance(ending.answer, Reached) else ending.answer.reason


def _unseen(answer: Answer) -> tuple[str, ...]:
    return answer.unseen if isinstance(answer, Reached) else ()


async def _run(access: ClusterAccess, scope: Scope, plan: Plan, output: CheckOutput) -> Ending:
    """Start the engine, watch it until it has an answer, and leave nothing behind."""
    loop = asyncio.get_running_loop()
    interrupted: asyncio.Future[int] = loop.create_future()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _interrupt, interrupted, number)
    watching = asyncio.ensure_future(_watch(access, scope, plan, output))
    await asyncio.wait((watching, interrupted), return_when=asyncio.FIRST_COMPLETED)
    if watching.done():
        return watching.result()
    watching.cancel()
    await asyncio.wait((watching,))
    last = output.last
    answer = judge(last, plan.goal) if last is not None else NotYet("interrupted before the cluster answered")
    return Ending(last, answer, signal_code=128 + interrupted.result())


def _interrupt(interrupted: "asyncio.Future[int]", number: int) -> None:
    if interrupted.done():
        # Asked a second time: whatever still closes is not worth waiting for.
        os._exit(128 + number)
    interrupted.set_result(number)


async def _watch(access: ClusterAccess, scope: Scope, plan: Plan, output: CheckOutput) -> Ending:
    from certdash.engine import live

    collector.resume()
    started = asyncio.get_running_loop().time()
    streak = plan.goal.stable or STABLE_WHEN_UNKNOWN
    try:
        source = await live.start(access, scope, urgent=plan.wait is not None, streak_wanted=streak, clock=read_clock)
    except AccessError as error:
        return Ending(None, Hopeless(str(error)))
    try:
        if plan.wait is None:
            return await look_once(source, plan.goal, output)
        return await wait_until(source, plan.goal, started + plan.wait, output)
    finally:
        await _close(source)


async def _close(source: Source) -> None:
    """Let the source end its streams; what takes longer than that is cancelled with the loop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_LIMIT):
            await source.close()


# An API server that restarts forbids everything to limited users until it has read its RBAC objects: up to 1 s, seen
# on Kubernetes 1.36.
RESTART_GRACE = 2.0


async def wait_until(source: Source, goal: Goal, deadline: float, output: CheckOutput) -> Ending:
    """Follow the source until the goal is reached, can't be, or the loop's clock passes `deadline`."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    assessment = source.assessment
    hopeful_until = started
    answered_before = False
    while True:
        answer = judge(assessment, goal)
        if isinstance(answer, Reached):
            return Ending(assessment, answer)
        overdue = loop.time() - started >= STREAMS_DEADLINE
        if not isinstance(answer, Hopeless):
            hopeful_until = loop.time()
            answered_before = answered_before or assessment.snapshot.probe.last is not None
        # Nothing heals it, but what the streams are about to tell belongs into the answer.
        elif (overdue or settled(assessment, streams_overdue=False)) and (
            not answered_before or loop.time() - hopeful_until >= RESTART_GRACE
        ):
            return Ending(assessment, answer)
        output.progress(assessment, answer)
        remaining = deadline - loop.time()
        if remaining <= 0:
            return Ending(assessment, answer, timed_out=True)
        limit = _LIVE_TICK if output.live or isinstance(answer, Hopeless) else remaining
        assessment = await _next(source, assessment, min(remaining, limit))


async def _next(source: Source, assessment: Assessment, seconds: float) -> Assessment:
    """The next assessment, or the same one when none came in time."""
    try:
        async with asyncio.timeout(seconds):
            return await source.next_assessment(assessment.version)
    except TimeoutError:
        return assessment


async def look_once(source: Source, goal: Goal, output: CheckOutput) -> Ending:
    """Wait for the streams and one round, then judge. What is still silent after the deadlines is unknown."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    assessment = source.assessment
    while True:
        answer = judge(assessment, goal)
        elapsed = loop.time() - started
        overdue = elapsed >= STREAMS_DEADLINE
        if settled(assessment, streams_overdue=overdue) or elapsed >= STREAMS_DEADLINE + ROUND_DEADLINE:
            return Ending(assessment, answer)
        if overdue and isinstance(answer, Hopeless):
            return Ending(assessment, answer)
        output.progress(assessment, NotYet(assessment.diagnosis.headline))
        until = STREAMS_DEADLINE if not overdue else STREAMS_DEADLINE + ROUND_DEADLINE
        step = max(until - elapsed, 0.01)
        assessment = await _next(source, assessment, min(step, _LIVE_TICK) if output.live else step)
