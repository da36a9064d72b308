"""Which of all findings is the one to fix first."""

from collections.abc import Iterable, Sequence

from certdash.diagnosis.judgement import Judgement
from certdash.model.finding import Finding, Severity


def blockers(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """The blockers, the root cause first.

    The order is the catalogue's: that in which the API server meets the links. So objects that prove an upstream
    link broken beat what the API server says of a later one, and its words name what no object shows. Words that may
    be from before the last change come after everything that the objects show now.
    """
    found = [j for j in judgements if j.finding.severity is Severity.BLOCKER]
    found.sort(key=lambda j: (j.passing, j.rank, j.finding.code))
    return tuple(_once(found))


def warnings(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Everything that blocks nothing, in the order of the catalogue."""
    found = [j for j in judgements if j.finding.severity is not Severity.BLOCKER]
    found.sort(key=lambda j: (j.rank, j.finding.code))
    return tuple(_once(found))


def _once(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The same code from the objects and from the API server's words is one finding, told by the first, unless each
    is about another object."""
    kept: list[Judgement] = []
    for judgement in judgements:
        if not any(_same(judgement.finding, k.finding) for k in kept):
            kept.append(judgement)
    return kept


def _same(one: Finding, other: Finding) -> bool:
    if one.code != other.code:
        return False
    objects = [{e.ref for e in f.evidence if e.ref is not None} for f in (one, other)]
    return not objects[0] or not objects[1] or bool(objects[0] & objects[1])
