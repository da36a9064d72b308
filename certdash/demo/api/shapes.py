"""In which shape an object leaves: whole, metadata only, or as rows of a table, as the Accept header asks."""

from dataclasses import dataclass

from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import BUILT_IN, ResourceType
from certdash.demo.api.status import ApiError, refusal

_META = "meta.k8s.io"
_MEDIA = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_PLAIN = ("application/json", "application/*", "*/*", "")


@dataclass(frozen=True, slots=True)
class Accepted:
    """`form` is "" (whole objects), PartialObjectMetadata, PartialObjectMetadataList or Table."""

    form: str = ""


def negotiate(accept: str, resource: ResourceType, *, collection: bool, watching: bool) -> Accepted:
    """The first form of the Accept header that can be had. Raises ApiError 406."""
    refused = _no_such_media(streams=collection)
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        pairs = dict(piece.split("=", 1) for piece in parameters if "=" in piece)
        form = pairs.get("as", "")
        if media not in _PLAIN:
            continue
        if not form:
            return Accepted()
        if pairs.get("g") != _META or pairs.get("v", "v1") not in ("v1", "v1beta1"):
            refused = _not_acceptable(f"only the following media types are accepted: {_MEDIA}")
        elif _possible(form, collection=collection, watching=watching):
            return Accepted(form)
        else:
            refused = _not_acceptable(_wrong_form(form, resource, collection=collection))
    raise refused


def _possible(form: str, *, collection: bool, watching: bool) -> bool:
    if form == "Table":
        return True
    if form == "PartialObjectMetadata":
        return not collection or watching
    return form == "PartialObjectMetadataList" and collection and not watching


def _no_such_media(*, streams: bool) -> ApiError:
    """406 for a media type that the server does not write."""
    streamed = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch" if streams else ""
    message = f"406: Not Acceptable\n\nAvailable representations: {_MEDIA}{streamed}"
    return refusal(406, "NotAcceptable", message, {})


def _not_acceptable(message: str) -> ApiError:
    return refusal(406, "NotAcceptable", message)


def _wrong_form(form: str, resource: ResourceType, *, collection: bool) -> str:
    """What is said of one object asked for as a list, or the other way round, with the Go type of what there is."""
    package = "unstructured" if resource not in BUILT_IN else resource.group.partition(".")[0] or "core"
    kind = "Unstructured" if resource not in BUILT_IN else resource.kind
    if collection:
        return f"you requested {form}, but the requested object is a list (*{package}.{kind}List)"
    return f"you requested {form}, but the requested object is not a list (*{package}.{kind})"


def partial(item: Object) -> Object:
    """An object without its content."""
    return {"kind": "PartialObjectMetadata", "apiVersion": f"{_META}/v1", "metadata": item["metadata"]}


def partial_list(listed: Object) -> Object:
    """A list of objects without their content."""
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": f"{_META}/v1",
        "metadata": {key: value for key, value in listed["metadata"].items() if value},
        # Go writes an empty slice that nobody made as null.
        "items": [partial(item) for item in listed["items"]] or None,
    }
