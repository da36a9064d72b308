"""In which shape an object leaves: whole, metadata only, or as rows of a table, as the Accept header asks."""

from dataclasses import dataclass

from certdash.demo.api.objects import Object
from certdash.demo.api.status import ApiError, refusal

_META = "meta.k8s.io"
_PLAIN = ("application/json", "application/*", "*/*", "")


@dataclass(frozen=True, slots=True)
class Accepted:
    """`form` is "" (whole objects), PartialObjectMetadata, PartialObjectMetadataList or Table."""

    form: str = ""


def negotiate(accept: str, *, collection: bool, watching: bool) -> Accepted:
    """The first form of the Accept header that can be had. Raises ApiError 406."""
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        pairs = dict(piece.split("=", 1) for piece in parameters if "=" in piece)
        form = pairs.get("as", "")
        if media not in _PLAIN or (form and pairs.get("g") != _META):
            continue
        if not form or _possible(form, collection=collection, watching=watching):
            return Accepted(form)
    raise not_acceptable()


def _possible(form: str, *, collection: bool, watching: bool) -> bool:
    if form == "Table":
        return True
    if form == "PartialObjectMetadata":
        return not collection or watching
    return form == "PartialObjectMetadataList" and collection and not watching


def not_acceptable() -> ApiError:
    """406: the answer can't be had in that form."""
    message = (
        "only the following media types are accepted: application/json, application/yaml, "
        "application/vnd.kubernetes.protobuf"
    )
    return refusal(406, "NotAcceptable", message, {})


def partial(item: Object) -> Object:
    """An object without its content."""
    return {"kind": "PartialObjectMetadata", "apiVersion": f"{_META}/v1", "metadata": item["metadata"]}


def partial_list(listed: Object) -> Object:
    """A list of objects without their content."""
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": f"{_META}/v1",
        "metadata": listed["metadata"],
        "items": [partial(item) for item in listed["items"]],
    }
