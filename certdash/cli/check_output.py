"""What `check` prints: progress and complaints on stderr, the answer on stdout."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from certdash.cli import exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.colour import use_colour
from certdash.cli.goal import Answer, Goal, Hopeless, NotYet, Reached, missing_namespace
from certdash.cli.progress import Progress
from certdash.cli.streams import say, write_out
from certdash.model.assessment import Assessment
from certdash.model.connection import Target
from certdash.model.instant import Instant
from certdash.present.document import Asked, Result, check_document, to_json, to_yaml
from certdash.present.report import Style, check_report, failure_line, short_line
from certdash.present.text import sanitise

if TYPE_CHECKING:
    from certdash.cli.issuance import Tested


class CheckOutput:
    """One check's output. `target` is set once the kubeconfig is read; `last` is the newest assessment seen."""

    def __init__(
        self, shape: str, asked: Asked, style: Style, started: Instant, *, quiet: bool, waiting: bool, live: bool
    ) -> None:
        self.target: Target | None = None
        self.last: Assessment | None = None
        self.live = live and not quiet
        self._shape = shape
        self._asked = asked
        self._style = style
        self._started = started
        self._quiet = quiet
        self._waiting = waiting
        self._progress = Progress(sys.stderr, live=self.live, ascii=style.ascii)
        self._streamed: tuple[str, str] | None = None

    def elapsed(self, now: Instant) -> float:
        """Seconds since the start."""
        return now.seconds_since(self._started)

    def progress(self, assessment: Assessment, answer: NotYet | Hopeless) -> None:
        """Say how it is going. A single look says nothing until it is done, except live or when verbose."""
        self.last = assessment
        if self._quiet:
            return
        elapsed = self.elapsed(assessment.at)
        if self._shape == "ndjson" and self._waiting:
            self._stream(assessment, answer.reason, elapsed)
        if self._waiting or self.live or self._style.verbose:
            self._progress.show(assessment.diagnosis.verdict, answer.reason, elapsed)

    def say_why(self, answer: Answer, assessment: Assessment | None, code: int) -> None:
        """One line on stderr where the report can't say it, or nobody may be reading the report."""
        self._progress.finish()
        if self._quiet:
            return
        if assessment is not None and (name := missing_namespace(assessment)):
            say(f"certdash: namespace {name} does not exist: check --namespace, or leave it out to have it found")
        if isinstance(answer, Hopeless) or code == exit_codes.COULD_NOT_TELL:
            hint = "" if isinstance(answer, Hopeless) else _hint(assessment)
            say(f"certdash: could not tell: {sanitise(_reason(answer) + hint)}")
        elif code == exit_codes.TIMED_OUT:
            say(f"certdash: --wait ran out: {sanitise(_reason(answer))}")
        elif code > 128:
            say("certdash: interrupted")
        self.last = assessment

    def final(
        self,
        answer: Answer,
        result: Result,
        assessment: Assessment | None,
        now: Instant,
        tested: "Tested | None" = None,
    ) -> str:
        """What goes to stdout, "" when there is nothing to print. `tested`: an issuance test came after the check."""
        if self._quiet:
            return ""
        if self._shape in ("json", "yaml", "ndjson"):
            document = check_document(self._asked, result, self.target, assessment, now)
            if tested is not None:
                from certdash.present.issuance import issuance_document

                document["issuanceTest"] = issuance_document(
                    tested.progress, tested.code, self.target, reason=tested.reason
                )
            if self._shape == "yaml":
                return to_yaml(document)
            return to_json(document, indent=None if self._shape == "ndjson" else 2)
        if assessment is None:
            return failure_line(result.reason, self._style) + "\n" if self._shape == "short" else ""
        # The report says by itself what the diagnosis knows; the rest is what was asked for beyond it.
        told = assessment.diagnosis.headline
        unmet = answer.reason if isinstance(answer, NotYet) and answer.reason != told else ""
        if tested is not None:
            unmet = tested.said
        if self._shape == "short":
            return short_line(assessment.diagnosis, unmet, self._style) + "\n"
        report = check_report(assessment, now, self._style, unmet, result.unseen)
        return report + _issuance_part(tested, self._style)

    def _stream(self, assessment: Assessment, reason: str, elapsed: float) -> None:
        state = (assessment.diagnosis.verdict.value, reason)
        if state == self._streamed:
            return
        self._streamed = state
        waiting = Result("waiting", None, reason, elapsed)
        document = check_document(self._asked, waiting, self.target, assessment, assessment.at)
        write_out(to_json(document, indent=None), exit_codes.READY)


def _issuance_part(tested: "Tested | None", style: Style) -> str:
    if tested is None or tested.progress is None:
        return ""
    from certdash.present.issuance import issuance_report

    return "\n" + issuance_report(tested.progress, ascii=style.ascii)


def _reason(answer: Answer) -> str:
    return "" if isinstance(answer, Reached) else answer.reason


def _hint(assessment: Assessment | None) -> str:
    """What the cause's first remedy says, so that the line says what to do."""
    cause = assessment.diagnosis.cause if assessment is not None else None
    return f" ({cause.remedies[0].text})" if cause is not None and cause.remedies else ""


def output_for(invocation: Invocation, goal: Goal, environ: Mapping[str, str], started: Instant) -> CheckOutput:
    """The output that the flags and the environment ask for."""
    value = invocation.value
    colour = use_colour(
        value("--color"),
        no_color=value("--no-color"),
        is_terminal=sys.stdout is not None and sys.stdout.isatty(),
        environ=environ,
    )
    plain = value("--ascii") or not _speaks_unicode()
    return CheckOutput(
        value("--output"),
        Asked(goal.aim.value, goal.expect_version, goal.stable),
        Style(colour=colour, ascii=plain, verbose=value("--verbose")),
        started,
        quiet=value("--quiet"),
        waiting=value("--wait") is not None,
        live=sys.stderr is not None and sys.stderr.isatty() and environ.get("TERM", "dumb") != "dumb",
    )


def _speaks_unicode() -> bool:
    encoding = (getattr(sys.stdout, "encoding", "") or "utf-8").lower().replace("-", "")
    return encoding.startswith("utf")
