"""Which cluster we look at, as whom, and whether it answers."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.instant import Instant


@dataclass(frozen=True, slots=True)
class Target:
    """Where the kubeconfig leads: names as the kubeconfig has them, `server` the API server's URL.

    `source` says where it came from (the kubeconfig's path, or "in-cluster"). `impersonate` is "" unless --as or the
    kubeconfig asks for it.
    """

    context: str
    cluster: str
    user: str
    server: str
    namespace: str
    source: str
    impersonate: str = ""


class ConnectionPhase(StrEnum):
    """The connection as a whole. DEGRADED: the server answers, some streams do not (they are named)."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DEGRADED = "degraded"
    LOST = "lost"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether the API server answers. LOST: no HTTP answer to any request for 10 s; `error` is the last failure.

    `last_answer` is the last moment any HTTP response or watch byte came in.
    """

    phase: ConnectionPhase
    since: Instant
    last_answer: Instant | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What was asked of the API server beside streams; None or empty where not known (yet).

    `version` is /version's gitVersion. `api_servers` counts API servers, None when it can't be known.
    `served` is what discovery lists under the two cert-manager groups as `plural.group`, None when not asked;
    `served_at` when. `date_offset` is the server's clock minus ours in seconds.
    """

    version: str = ""
    api_servers: int | None = None
    served: frozenset[str] | None = None
    served_at: Instant | None = None
    date_offset: float = 0.0
