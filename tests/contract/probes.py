"""The three creates of certdash's probe rounds, sent as they are, and what is answered."""

import http.client
from concurrent.futures import ThreadPoolExecutor

from certdash.certmanager.probe_objects import probe_requests
from certdash.model.snapshot import Scope
from tests.contract.exchange import Memory, Step
from tests.contract.transcript import Entry, told
from tests.contract.wire import Wire


def probe_steps(namespace: str) -> dict[str, Step]:
    """The creates in a namespace, by the probe's name."""
    query = (("dryRun", "All"), ("fieldValidation", "Ignore"), ("fieldManager", "certdash"), ("timeout", "34000ms"))
    asked = probe_requests(Scope(probe_namespace=namespace))
    return {probe.value: Step("POST", one.path, query, dict(one.body)) for probe, one in asked.items()}


def ask_probes(wire: Wire) -> dict[str, Entry]:
    """What the cluster answers to each of them, masked; asked at once, because a fault may hold each for a minute."""
    steps = probe_steps("default")
    with ThreadPoolExecutor(len(steps)) as pool:
        return dict(zip(steps, pool.map(lambda step: _ask(wire, step), steps.values()), strict=True))


def _ask(wire: Wire, step: Step) -> Entry:
    try:
        answer = wire.send(step, Memory())
    except (OSError, http.client.HTTPException) as error:
        return {"transport": type(error).__name__}
    return told(step, answer)
