"""What names, labels and annotations may be, in the words of k8s.io/apimachinery (util/validation).

Each function answers why a text is none, as a list that is empty for a good one.
"""

import re

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_QUALIFIED_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_KEY_RULE = (
    f"a valid label key {_QUALIFIED_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_CONFIG_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def subdomain_faults(name: str) -> list[str]:
    """For what most objects are called."""
    found = ["must be no more than 253 characters"] if len(name) > 253 else []
    return found if _SUBDOMAIN.fullmatch(name) else [*found, _SUBDOMAIN_RULE]


def label_faults(name: str) -> list[str]:
    """For what namespaces and Services are called."""
    found = ["must be no more than 63 characters"] if len(name) > 63 else []
    if _LABEL.fullmatch(name):
        return found
    dotted = "." in name and all(_LABEL.fullmatch(part) for part in name.split("."))
    return [*found, "must not contain dots" if dotted else _LABEL_RULE]


def key_faults(key: str) -> list[str]:
    """For the keys of labels and annotations, and for finalizers."""
    parts = key.split("/")
    if len(parts) > 2:
        return [_KEY_RULE]
    found: list[str] = []
    if len(parts) == 2:
        found += ["prefix part must be non-empty"] if not parts[0] else []
        found += [f"prefix part {fault}" for fault in subdomain_faults(parts[0])] if parts[0] else []
    name = parts[-1]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append("name part must be no more than 63 bytes")
    return found if _QUALIFIED.fullmatch(name) else [*found, f"name part {_QUALIFIED_RULE}"]


def value_faults(value: str) -> list[str]:
    """For the values of labels."""
    found = ["must be no more than 63 bytes"] if len(value) > 63 else []
    return found if _VALUE.fullmatch(value) else [*found, _VALUE_RULE]


def config_key_faults(key: str) -> list[str]:
    """For the keys of ConfigMaps and Secrets."""
    return [] if _CONFIG_KEY.fullmatch(key) else [_CONFIG_KEY_RULE]
