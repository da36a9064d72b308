"""Objects as `kubectl create namespace` and its like send them: in protobuf, which only built-in kinds have.

Field numbers: the generated.proto files of k8s.io/api/core/v1 and k8s.io/apimachinery (meta/v1, runtime). Known are the
kinds that kubectl creates from its arguments without a server-side equivalent in JSON.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from certdash.demo.api.objects import Object

CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Fields: TypeAlias = Mapping[int, tuple[str, Any]]
"""Field number → its name and how it is read: text, flag, texts (a list), map (of texts), bytes_map, or the Fields of a
message."""

_METADATA: Fields = {
    1: ("name", "text"),
    2: ("generateName", "text"),
    3: ("namespace", "text"),
    11: ("labels", "map"),
    12: ("annotations", "map"),
    14: ("finalizers", "texts"),
}
_RESOURCE: Fields = {
    1: ("namespace", "text"),
    2: ("verb", "text"),
    3: ("group", "text"),
    4: ("version", "text"),
    5: ("resource", "text"),
    6: ("subresource", "text"),
    7: ("name", "text"),
}
_PATH: Fields = {1: ("path", "text"), 2: ("verb", "text")}
_ACCESS: Fields = {1: ("resourceAttributes", _RESOURCE), 2: ("nonResourceAttributes", _PATH)}
_KINDS: Mapping[tuple[str, str], Fields] = {
    ("v1", "Namespace"): {1: ("metadata", _METADATA)},
    ("v1", "ConfigMap"): {1: ("metadata", _METADATA), 2: ("data", "map"), 3: ("binaryData", "bytes_map")},
    ("v1", "Secret"): {1: ("metadata", _METADATA), 2: ("data", "bytes_map"), 3: ("type", "text")},
    ("v1", "ServiceAccount"): {1: ("metadata", _METADATA), 4: ("automountServiceAccountToken", "flag")},
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"): {2: ("spec", _ACCESS)},
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview"): {2: ("spec", {1: ("namespace", "text")})},
    ("authentication.k8s.io/v1", "SelfSubjectReview"): {},
}


def body_of(content_type: str, body: bytes) -> Any:
    """The object of a request's body, protobuf or JSON. Raises ValueError."""
    if content_type.partition(";")[0].strip() == CONTENT_TYPE:
        return decode(body)
    return json.loads(body or b"{}")


def decode(body: bytes) -> Object:
    """The object in its JSON form. Raises ValueError for what is no such object, or of a kind that is not known."""
    if not body.startswith(_MAGIC):
        raise ValueError("no Kubernetes protobuf")
    envelope = dict(_fields(body[len(_MAGIC) :]))
    named = dict(_fields(_bytes(envelope.get(1, b""))))
    version, kind = _bytes(named.get(1, b"")).decode(), _bytes(named.get(2, b"")).decode()
    fields = _KINDS.get((version, kind))
    if fields is None:
        raise ValueError(f"{kind} of {version} is not understood in protobuf: send it as JSON, with kubectl create -f")
    return {"apiVersion": version, "kind": kind, **_read(_bytes(envelope.get(2, b"")), fields)}


def _read(data: bytes, fields: Fields) -> Object:
    made: Object = {}
    for number, value in _fields(data):
        if number in fields:
            name, how = fields[number]
            _put(made, name, how, value)
    return made


def _put(made: Object, name: str, how: Any, value: int | bytes) -> None:
    match how:
        case Mapping():
            made[name] = _read(_bytes(value), how)
        case "flag":
            made[name] = bool(value)
        case "texts":
            made.setdefault(name, []).append(_bytes(value).decode())
        case "map" | "bytes_map":
            entry = dict(_fields(_bytes(value)))
            key, content = _bytes(entry.get(1, b"")).decode(), _bytes(entry.get(2, b""))
            text = content.decode() if how == "map" else base64.b64encode(content).decode()
            made.setdefault(name, {})[key] = text
        case _:
            if value:
                made[name] = _bytes(value).decode()


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where a message was expected")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Field numbers with their raw values. Raises ValueError for what is cut off."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind = tag & 7
        if kind == _VARINT:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            length, position = _varint(data, position)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"unknown wire type {kind}")
        if position + length > len(data):
            raise ValueError("cut off")
        yield tag >> 3, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data):
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
    raise ValueError("cut off")
