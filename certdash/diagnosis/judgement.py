"""What a check hands to the root-cause order: a finding, and when time alone would change it."""

from collections.abc import Iterable
from dataclasses import dataclass

from certdash.diagnosis.catalogue import CATALOGUE, Rank
from certdash.model.finding import Evidence, Finding, Remedy
from certdash.model.probe import ProbeAnswer
from certdash.model.resource import Ref


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding; `until` is in how many seconds it would read otherwise by time alone, None for never. `passing`: it
    rests on an answer from before the last change, and yields to whatever the objects show."""

    finding: Finding
    until: float | None = None
    passing: bool = False

    @property
    def rank(self) -> Rank:
        """Its place in the order of root causes."""
        return CATALOGUE[self.finding.code].rank


def judge(
    code: str,
    summary: str,
    evidence: Iterable[Evidence] = (),
    remedies: Iterable[Remedy] = (),
    *,
    heals: float | None = None,
    others: bool = False,
    until: float | None = None,
    passing: float = 0.0,
) -> Judgement:
    """A judgement with what the catalogue says of the code.

    `heals`: seconds left of the deadline within which it may pass by itself; 0 and None mean that it won't. `others`:
    it is not cert-manager's fault. `passing`: seconds for which the answer that it rests on may be out of date.
    """
    entry = CATALOGUE[code]
    limits = [s for s in (heals, until, passing) if s]
    finding = Finding(
        code=code,
        title=entry.title,
        component=entry.component,
        severity=entry.severity,
        summary=summary,
        evidence=tuple(evidence),
        remedies=tuple(remedies),
        reference=entry.reference,
        heals_itself=bool(heals or passing),
        blames_others=others,
    )
    return Judgement(finding, min(limits, default=None), bool(passing))


def seen(ref: Ref | None, field: str, value: object, since: float | None = None) -> Evidence:
    """One observed fact; any value becomes text."""
    return Evidence(ref, field, str(value), since)


def said(answer: ProbeAnswer) -> Evidence:
    """What the API server said to a create."""
    status = f"{answer.status} " if answer.status is not None else ""
    words = answer.message or answer.transport_error or ("admitted" if answer.admitted else answer.reason)
    return Evidence(None, f"dry-run create of the {answer.probe.value}", f"{status}{words}".strip())
