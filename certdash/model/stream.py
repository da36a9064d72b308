"""What a stream watches, and how it is doing."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.instant import Instant
from certdash.model.resource import Kind


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """What one stream watches; two equal specs are the same stream.

    `namespace` "" means the whole cluster, `name` "" every object of the kind. Secrets are always watched as
    metadata only.
    """

    kind: Kind
    namespace: str = ""
    name: str = ""
    label_selector: str = ""
    metadata_only: bool = False

    @property
    def label(self) -> str:
        """For people: `pods in cert-manager`, `customresourcedefinitions/issuers.cert-manager.io`."""
        plural = self.kind.resource.plural
        what = f"{plural}/{self.name}" if self.name else plural
        return f"{what} in {self.namespace}" if self.namespace else what


class StreamPhase(StrEnum):
    """How a stream is doing. Only SYNCED makes the absence of an object a fact."""

    CONNECTING = "connecting"
    SYNCED = "synced"
    BROKEN = "broken"  # was synced or never was; is being retried, see `error`
    FORBIDDEN = "forbidden"  # 403: we may not read it
    UNAUTHENTICATED = "unauthenticated"  # 401 after credentials were refreshed
    NOT_SERVED = "not served"  # 404 on the path: the API server has no such resource


@dataclass(frozen=True, slots=True)
class StreamState:
    """One stream's condition.

    `since` is when the phase began, `last_heard` when the last byte came (None before the first), `synced_once`
    says whether the store ever held a complete list. `error` is the last failure in the server's or the
    transport's own words, raw; `http_status` its status code or None.
    """

    phase: StreamPhase
    since: Instant
    last_heard: Instant | None = None
    synced_once: bool = False
    error: str = ""
    http_status: int | None = None
    failures: int = 0
    retry_at: Instant | None = None
