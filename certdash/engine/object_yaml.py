"""One object as the dashboard shows it."""

from typing import Any

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def object_yaml(body: dict[str, Any]) -> str:
    """As `kubectl get -o yaml` prints it, without managedFields and what kubectl keeps for itself."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(_without_noise(body), Dumper=dumper, sort_keys=True, allow_unicode=True, width=10_000))


def _without_noise(body: dict[str, Any]) -> dict[str, Any]:
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        metadata = {key: value for key, value in metadata.items() if key != "managedFields"}
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            metadata["annotations"] = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
        body = {**body, "metadata": metadata}
    return body
