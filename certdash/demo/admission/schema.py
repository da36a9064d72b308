"""The shape of objects: what structural schemas of CRDs, and the rules for built-in kinds, allow."""

from typing import Any

from certdash.demo.admission.built_in import built_in_causes
from certdash.demo.admission.metadata import metadata_causes, unknown_fields, unreadable
from certdash.demo.admission.structural import Schema, schema_causes, shaped
from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import CRDS, ResourceType
from certdash.demo.api.status import bad_request, invalid
from certdash.demo.api.store import Store


class SchemaValidation:
    """Shapes as the store's CRDs define them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, resource: ResourceType, item: Object, *, strict: bool) -> tuple[Object, tuple[str, ...]]:
        """Defaults set, unknown fields left out and named. Raises ApiError 400 for unknown fields when `strict`, and
        for metadata that can't be read."""
        refused = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
        metadata = _mapping(item.get("metadata"))
        if why := unreadable(metadata):
            raise bad_request(f"{refused}: {why}")
        schema = self._schema(resource)
        if schema is None:
            return item, ()
        unknown: list[str] = []
        made = shaped(item, schema, "", unknown)
        strange = unknown_fields(metadata)
        if strange:
            made["metadata"] = {key: value for key, value in metadata.items() if f"metadata.{key}" not in strange}
        told = tuple(f'unknown field "{path}"' for path in (*strange, *sorted(unknown)))
        if told and strict:
            raise bad_request(f"{refused}: strict decoding error: {', '.join(told)}")
        return made, told

    def validate(self, resource: ResourceType, item: Object, old: Object | None) -> None:
        """Raises ApiError 422 with every cause, in the API server's order."""
        causes = list(metadata_causes(resource, item, new=old is None))
        schema = self._schema(resource)
        if schema is not None:
            causes += schema_causes(item, schema)
        causes += built_in_causes(resource, item, old)
        if causes:
            raise invalid(resource.group, resource.kind, name_of(item), causes)

    def _schema(self, resource: ResourceType) -> Schema | None:
        crd = self._store.get(CRDS, "", f"{resource.plural}.{resource.group}")
        if crd is None:
            return None
        version = next((item for item in crd["spec"]["versions"] if item["name"] == resource.version), None)
        found = ((version or {}).get("schema") or {}).get("openAPIV3Schema")
        return dict(found) if found else None


def _mapping(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
