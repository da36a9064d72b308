"""What cert-manager's webhook asks of the names that a Certificate is for (release 1.21.1)."""

import ipaddress
import re

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields
from certdash.demo.webhook.subjects import is_known_attribute, parse_subject

_ALTERNATIVE_NAMES = ("dnsNames", "uris", "emailAddresses", "ipAddresses", "otherNames")
_NO_SUBJECT = (
    "at least one of commonName (from the commonName field or from a literalSubject), dnsNames, emailSANs, "
    "ipAddresses, otherNames, or uriSANs must be set"
)
_SUBJECT_FIELDS = (
    ("organizations", "Organizations"),
    ("countries", "Countries"),
    ("organizationalUnits", "OrganizationalUnits"),
    ("localities", "Localities"),
    ("provinces", "Provinces"),
    ("streetAddresses", "StreetAddresses"),
    ("postalCodes", "PostalCodes"),
)
_ADDRESS = re.compile(r"""[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+|\[[^\]]*\])""")
_OBJECT_IDENTIFIER = re.compile(r"\d+(\.\d+)+")
_NOT_MERELY = "make sure the supplied value only contains the email address itself"


def name_complaints(spec: Object) -> list[str]:
    """Everything that is wrong with subject and alternative names."""
    return [*_common_name_complaints(spec), *_address_complaints(spec), *_other_name_complaints(spec)]


def _common_name_complaints(spec: Object) -> list[str]:
    """Of the common name, literal or not, and of having no name at all."""
    found = []
    name, literal = spec.get("commonName") or "", spec.get("literalSubject") or ""
    if literal:
        if name:
            why = "When providing a `LiteralSubject` no `commonName` may be provided."
            found.append(fields.invalid("spec.commonName", name, why))
        subject = spec.get("subject") or {}
        if any(subject.values()):
            why = "When providing a `LiteralSubject` no `Subject` properties may be provided."
            found.append(fields.invalid("spec.subject", _printed_subject(subject), why))
        literal_name, complaints = _literal_subject(literal)
        found += complaints
        name = literal_name or name
    if not name and not any(spec.get(key) for key in _ALTERNATIVE_NAMES):
        found.append(fields.invalid("spec", "", _NO_SUBJECT))
    if len(name.encode()) > 64:
        found.append(fields.too_long("spec.commonName", 64))
    return found


def _literal_subject(literal: str) -> tuple[str, list[str]]:
    """The common name in it, and what is wrong with it."""
    try:
        # A distinguished name is written backwards; the last common name in that order counts.
        attributes = parse_subject(literal)[::-1]
    except ValueError as error:
        return "", [fields.invalid("spec.literalSubject", literal, str(error))]
    common = [value for key, value in attributes if key == "CN"]
    told = "Literal subject contains unrecognized key with value"
    unknown = [value for key, value in attributes if not is_known_attribute(key)]
    complaints = [fields.invalid("spec.literalSubject", literal, f"{told} [{value}]") for value in unknown]
    return common[-1] if common else "", complaints


def _printed_subject(subject: Object) -> Object:
    printed = {shown: subject.get(key) for key, shown in _SUBJECT_FIELDS}
    return {**printed, "SerialNumber": subject.get("serialNumber") or ""}


def _address_complaints(spec: Object) -> list[str]:
    found = []
    for index, address in enumerate(spec.get("ipAddresses") or ()):
        if not _is_address(address):
            found.append(fields.invalid(f"spec.ipAddresses[{index}]", address, "invalid IP address"))
    for index, address in enumerate(spec.get("emailAddresses") or ()):
        why = _mail_fault(address)
        if why:
            found.append(fields.invalid(f"spec.emailAddresses[{index}]", address, f"invalid email address: {why}"))
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _mail_fault(text: str) -> str:
    """Why it is no mere address, worded as net/mail's common complaints; "" for a good one."""
    stripped = text.strip()
    if not stripped:
        return "mail: no address"
    address = _ADDRESS.match(stripped)
    if address is not None:
        rest = stripped[address.end() :].strip()
        if rest:
            return f'mail: expected single address, got "{rest}"'
        return "" if address[0] == text else _NOT_MERELY
    if stripped.endswith(">") and "<" in stripped and _ADDRESS.fullmatch(stripped[stripped.index("<") + 1 : -1]):
        return _NOT_MERELY
    if stripped.startswith("@"):
        return "mail: missing word in phrase: mail: invalid string"
    return "mail: no angle-addr" if " " in stripped else "mail: missing '@' or angle-addr"


def _other_name_complaints(spec: Object) -> list[str]:
    found = []
    for index, name in enumerate(spec.get("otherNames") or ()):
        path, identifier = f"spec.otherNames[{index}]", name.get("oid") or ""
        if not identifier:
            found.append(fields.required(f"{path}.oid", "must be specified"))
        if not _OBJECT_IDENTIFIER.fullmatch(identifier):
            found.append(fields.invalid(f"{path}.oid", identifier, "invalid oid syntax"))
        if not name.get("utf8Value"):
            found.append(fields.required(f"{path}.utf8Value", "must be set to a valid non-empty UTF8 string"))
    return found
