"""What the API server asks of admission and of the schemas; certdash.demo.admission answers."""

from dataclasses import dataclass
from typing import Protocol

from certdash.demo.api.objects import Object
from certdash.demo.api.request import User
from certdash.demo.api.resource_types import ResourceType


@dataclass(frozen=True, slots=True)
class Attributes:
    """One write on its way in. `operation` is CREATE, UPDATE, DELETE or CONNECT; `item` is None for a DELETE, `old`
    None for a CREATE. `name` is "" where the server is still to make one from generateName."""

    resource: ResourceType
    subresource: str
    operation: str
    namespace: str
    name: str
    item: Object | None
    old: Object | None
    user: User
    dry_run: bool
    options: Object


class Admission(Protocol):
    """Both phases raise ApiError for a refusal. Warnings are what goes into Warning headers."""

    async def mutate(self, attributes: Attributes) -> tuple[Object | None, tuple[str, ...]]:
        """The object as the mutating plugins and webhooks leave it, and warnings."""
        ...

    async def validate(self, attributes: Attributes) -> tuple[str, ...]:
        """The validating plugins, policies and webhooks; answers warnings."""
        ...


class Schemas(Protocol):
    """What the API server knows of the shape of objects."""

    def read(self, resource: ResourceType, item: Object, *, strict: bool) -> tuple[Object, tuple[str, ...]]:
        """A received object with defaults set and unknown fields left out; the second part says which those were,
        as the texts of strict decoding. Raises ApiError where it can't be read at all."""
        ...

    def validate(self, resource: ResourceType, item: Object, old: Object | None) -> None:
        """Raises ApiError 422 with every cause."""
        ...


class AdmitAll:
    """No admission at all."""

    async def mutate(self, attributes: Attributes) -> tuple[Object | None, tuple[str, ...]]:
        """The object as it is."""
        return attributes.item, ()

    async def validate(self, attributes: Attributes) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's
        """Nothing is refused."""
        return ()


class AnyShape:
    """No schemas at all."""

    def read(
        self,
        resource: ResourceType,  # noqa: ARG002 - the protocol's
        item: Object,
        *,
        strict: bool,  # noqa: ARG002 - the protocol's
    ) -> tuple[Object, tuple[str, ...]]:
        """The object as it is."""
        return item, ()

    def validate(self, resource: ResourceType, item: Object, old: Object | None) -> None:
        """Everything is valid."""
