"""What the API server answers to the probe's creates, word for word, and the rounds made of such answers."""

from typing import Any

from certdash.certmanager import constants as c
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound
from tests.unit.scenario_chart import NS
from tests.unit.scenario_cluster import USER, at

DENIED_INVALID = (
    'admission webhook "webhook.cert-manager.io" denied the request: '
    'spec.ipAddresses[0]: Invalid value: "not-an-ip": invalid IP address'
)
DENIED_IDENTITY = (
    'admission webhook "webhook.cert-manager.io" denied the request: [spec.username: Forbidden: username identity '
    "must be that of the requester, spec.groups: Forbidden: groups identity must be that of the requester]"
)
NO_PATH = "404 page not found\n"


def call_failed(rest: str, *, webhook: str = "webhook.cert-manager.io", path: str = "validate", host: str = "") -> str:
    """The text of a failed call: `rest` is the network's own words."""
    host = host or f"cert-manager-webhook.{NS}.svc:443"
    post = f'Post "https://{host}/{path}?timeout=30s": {rest}'
    return f'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: {post}'


def answer(probe: ProbeName, status: int | None, message: str = "", *, reason: str = "", **more: Any) -> ProbeAnswer:
    """One answer; anything but a plain text is taken for a Status body."""
    more.setdefault("is_status", message != NO_PATH and status is not None)
    return ProbeAnswer(probe, status, more.pop("latency", 0.012), reason=reason, message=message, **more)


def good_answers() -> tuple[ProbeAnswer, ...]:
    """The three answers that prove readiness."""
    return (
        answer(ProbeName.VALID, 201),
        answer(ProbeName.INVALID, 403, DENIED_INVALID, reason="Forbidden"),
        answer(ProbeName.IDENTITY, 201, stamped_username=USER),
    )


def open_answers() -> tuple[ProbeAnswer, ...]:
    """What a cluster answers where no webhook is asked: everything is admitted, nothing is stamped."""
    return (
        answer(ProbeName.VALID, 201),
        answer(ProbeName.INVALID, 201),
        answer(ProbeName.IDENTITY, 201, stamped_username=c.PROBE_SENTINEL),
    )


def failed_answers(rest: str, **more: Any) -> tuple[ProbeAnswer, ...]:
    """Every call of the webhook fails with these words of the network."""

    def failed(probe: ProbeName, path: str) -> ProbeAnswer:
        return answer(probe, 500, call_failed(rest, path=path, **more), reason="InternalError")

    return (
        failed(ProbeName.VALID, "validate"),
        failed(ProbeName.INVALID, "validate"),
        failed(ProbeName.IDENTITY, "mutate"),
    )


def same_answers(status: int | None, message: str = "", **more: Any) -> tuple[ProbeAnswer, ...]:
    """All three creates get the same answer."""
    return tuple(answer(probe, status, message, **more) for probe in ProbeName)


def round_of(
    answers: tuple[ProbeAnswer, ...], number: int = 1, *, seconds_ago: float = 2, basis: int = 1
) -> ProbeRound:
    """A round with these answers, within one generation of the basis."""
    begun = at(seconds_ago)
    ended = Instant(begun.steady + 0.04, begun.wall + 0.04)
    full = len(answers) == len(ProbeName)
    return ProbeRound(number, begun, ended, "default", answers, full, basis, basis)


def good_round(number: int = 1, *, seconds_ago: float = 2, basis: int = 1) -> ProbeRound:
    """A round that proves readiness."""
    return round_of(good_answers(), number, seconds_ago=seconds_ago, basis=basis)
