"""When the next probe goes out, and which. Pure."""

from dataclasses import dataclass

from certdash.diagnosis.proof import as_expected, scout_probe
from certdash.model.diagnosis import Diagnosis, Verdict
from certdash.model.instant import Instant
from certdash.model.probe import ProbeName, ProbeRound, ProbeState

GREEN_INTERVAL = 10.0
CALM_INTERVAL = 60.0
CALM_AFTER = 15 * 60.0
HOT_INTERVAL = 0.3
HOT_FOR = 60.0
# An API server acts on a changed object once its own informer has it, usually within milliseconds, at most 1.5 s.
LAG_INTERVAL = 0.04
LAG_FOR = 1.5
# A burst of changes becomes one round.
BURST_GAP = 0.02
COLD_INTERVAL = 2.0
# What the scout does not ask may change, too: a resource that was not yet served, say.
FULL_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The next probe: `delay` seconds after the last one ended; a scout of one create, or (None) a full round.

    `interval` is what the screen calls the cadence, and what the age of a proof is measured by.
    """

    delay: float
    scout: ProbeName | None
    interval: float


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What bears on the cadence: when an object last moved, when anybody last pressed a key or anything changed
    (`stirred`), whether somebody waits, how many good rounds in a row are wanted, and for how many seconds more the
    first round had better wait for what the proof rests on (`settling`)."""

    moved: Instant
    stirred: Instant
    urgent: bool = False
    streak_wanted: int = 1
    settling: float = 0.0


def plan_next(probe: ProbeState, diagnosis: Diagnosis, circumstances: Circumstances, now: Instant) -> Plan:
    """Decide on the next probe from the last one's outcome.

    Green is confirmed rarely; while it is not green, the one create that tells most is repeated, fast for as long
    as something moves, and a full round follows as soon as it succeeds, or when the last one is too old to tell.
    """
    last = next((done for done in reversed(probe.rounds) if not done.cancelled), None)
    if last is None:
        return Plan(BURST_GAP if probe.rounds else circumstances.settling, None, GREEN_INTERVAL)
    voided = probe.voided is not None and last.begun.steady < probe.voided.steady
    if voided or last.basis_begun != probe.basis_generation:
        return Plan(BURST_GAP, None, GREEN_INTERVAL)
    wait = max((answer.retry_after or 0.0 for answer in last.answers), default=0.0)
    if diagnosis.verdict is Verdict.READY:
        return _while_green(probe, diagnosis, circumstances, now, wait)
    interval = _impatience(probe, circumstances, now)
    if not all(as_expected(answer) for answer in last.answers):
        return Plan(max(interval, wait), _scout(probe, last, now), GREEN_INTERVAL)
    if not last.full:
        return Plan(wait, None, GREEN_INTERVAL)
    # The probe has nothing more to find out: an object stands in the way, and its change will trigger a round.
    return Plan(max(interval, COLD_INTERVAL, wait), None, GREEN_INTERVAL)


def _scout(probe: ProbeState, last: ProbeRound, now: Instant) -> ProbeName | None:
    full = next((done for done in reversed(probe.rounds) if done.full and not done.cancelled), None)
    recent = full is not None and now.seconds_since(full.ended) < FULL_EVERY
    return scout_probe(last) if recent else None


def _impatience(probe: ProbeState, circumstances: Circumstances, now: Instant) -> float:
    if probe.basis_changed is not None and now.seconds_since(probe.basis_changed) < LAG_FOR:
        return LAG_INTERVAL
    hot = circumstances.urgent or now.seconds_since(circumstances.moved) < HOT_FOR
    return HOT_INTERVAL if hot else COLD_INTERVAL


def _while_green(
    probe: ProbeState, diagnosis: Diagnosis, circumstances: Circumstances, now: Instant, wait: float
) -> Plan:
    if circumstances.urgent and diagnosis.proof.streak < circumstances.streak_wanted:
        return Plan(max(HOT_INTERVAL, wait), None, GREEN_INTERVAL)
    calm = now.seconds_since(circumstances.stirred) >= CALM_AFTER
    interval = CALM_INTERVAL if calm else GREEN_INTERVAL
    since_begun = now.seconds_since(probe.rounds[-1].begun)
    return Plan(max(interval - since_begun, wait, 0.0), None, interval)
