"""Whether there is a proof at all, and what is wrong with the one there is."""

from collections.abc import Iterator

from certdash.diagnosis.facts import Facts
from certdash.diagnosis.judgement import Judgement, judge, seen
from certdash.diagnosis.proof import INTERVALS, as_expected
from certdash.diagnosis.remedies import Remedies
from certdash.model.finding import Evidence
from certdash.model.instant import Instant

# The API server's own limit for a request, and a little for the way.
_ROUND_LIMIT = 36.0
_SLOW = 1.0
SILENT = 3.0
# Seen: the API server puts a create to sleep when it comes within 2 s of the CRD's Established condition
# (apiextensions-apiserver: customresource_handler.go). The condition's time has whole seconds.
_HELD = 3.0
_PROBED_CRDS = frozenset({"certificates.cert-manager.io", "certificaterequests.cert-manager.io"})


def check_probe(facts: Facts, _: Remedies) -> Iterator[Judgement]:
    """Why there is no proof although no answer tells of a fault."""
    probe = facts.snapshot.probe
    if facts.proof is not None:
        slowest = max((a.latency for a in facts.answers.values()), default=0.0)
        if slowest > _SLOW and not _held(facts, facts.proof.begun):
            yield judge(
                "CD1009", f"Admission of a probe took {slowest:.1f} s", [seen(None, "latency", f"{slowest:.3f} s")]
            )
        return
    if any(not as_expected(a) for a in facts.answers.values()):
        return
    newest = facts.newest
    evidence = [seen(None, "probe", probe.void_reason)] if probe.void_reason and probe.voided else []
    if newest is None or not facts.answers:
        yield _awaited(facts, evidence)
        return
    age = facts.now.seconds_since(newest.begun)
    limit = INTERVALS * probe.interval
    if age <= limit:
        # All is as expected but not whole yet: a scout got through, or the basis changed during the round.
        yield judge("CD1006", "A full round follows", evidence, heals=limit - age)
    else:
        summary = f"No round of probes has come back good for more than {limit:.0f} s"
        yield judge("CD1007", summary, [*evidence, seen(None, "probe", f"round {newest.number}", newest.begun.wall)])


def _awaited(facts: Facts, evidence: list[Evidence]) -> Judgement:
    probe = facts.snapshot.probe
    begun = probe.in_flight or _latest(facts.snapshot.connection.since, probe.voided, probe.basis_changed)
    heals = max(0.0, _ROUND_LIMIT - facts.now.seconds_since(begun))
    if heals:
        held = probe.in_flight is not None and _held(facts, probe.in_flight)
        why = ", held by the API server for 2 s after a CRD is established" if held else ""
        return judge("CD1006", f"A round of probes is under way{why}", evidence, heals=heals)
    return judge("CD1006", "No round of probes has come back", evidence)


def _held(facts: Facts, begun: Instant) -> bool:
    """Whether a round that began then was put to sleep by the API server: that says nothing of the webhook."""
    at = begun.wall + facts.snapshot.server.date_offset
    probed = (fact.view for fact in facts.crds if fact.name in _PROBED_CRDS)
    since = (view.established.since for view in probed if view is not None and view.established is not None)
    return any(moment is not None and 0 <= at - moment < _HELD for moment in since)


def _latest(*moments: Instant | None) -> Instant:
    return max(m for m in moments if m is not None)
