"""An issuance test as JUnit XML, which build servers draw: one case for each stage, and one for the clearing up."""

import re
from xml.etree import ElementTree as ET

from certdash.model.issuance import IssuanceProgress, Outcome, Stage, StageState
from certdash.present.issuance import stage_words

_SUITE = "certdash issuance"
# What XML 1.0 can't hold even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(progress: IssuanceProgress | None, *, reason: str = "") -> str:
    """The document. Without a progress the test could not begin: one case with an error that says why."""
    if progress is None:
        suite = ET.Element("testsuite", name=_SUITE, tests="1", failures="0", errors="1", skipped="0", time="0.000")
        ET.SubElement(ET.SubElement(suite, "testcase", name="begin", classname=_SUITE), "error", message=_clean(reason))
        return _text(suite)
    cases = [_case(stage, progress) for stage in progress.stages]
    cases.append(_removal_case(progress))
    if not any(case.find("failure") is not None or case.find("error") is not None for case in cases):
        cases += _outcome_case(progress)
    counts = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in _TAGS.items()}
    suite = ET.Element("testsuite", name=_SUITE, tests=str(len(cases)), time=f"{progress.elapsed:.3f}")
    for kind, count in counts.items():
        suite.set(kind, str(count))
    suite.extend(cases)
    return _text(suite)


_TAGS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _case(stage: Stage, progress: IssuanceProgress) -> ET.Element:
    case = ET.Element("testcase", name=stage_words(stage), classname=_SUITE, time=f"{stage.seconds or 0.0:.3f}")
    if stage.state is StageState.FAILED:
        tag = "error" if progress.outcome is Outcome.COULD_NOT_TELL else "failure"
        message = ET.SubElement(case, tag, message=_clean(stage.detail))
        if progress.stall is not None:
            message.set("type", progress.stall.code)
        message.text = _clean("\n".join(progress.log))
    elif stage.state is not StageState.DONE:
        ET.SubElement(case, "skipped", message=_clean(stage.detail or "not reached"))
    return case


def _removal_case(progress: IssuanceProgress) -> ET.Element:
    case = ET.Element("testcase", name="everything removed", classname=_SUITE)
    left = [f"{r.ref.kind} {r.ref.namespace}/{r.ref.name}: {r.reason}" for r in progress.left_behind]
    if left:
        ET.SubElement(case, "failure", message="left behind").text = _clean("\n".join(left))
    return case


def _outcome_case(progress: IssuanceProgress) -> list[ET.Element]:
    """For what fails no stage: it was refused, interrupted, or could not begin."""
    if progress.outcome in (None, Outcome.PROVEN):
        return []
    case = ET.Element("testcase", name="outcome", classname=_SUITE)
    tag = "failure" if progress.outcome is Outcome.FAILED else "error"
    ET.SubElement(case, tag, message=_clean(progress.reason))
    return [case]


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _text(suite: ET.Element) -> str:
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"
