"""Which version of cert-manager an image or a label tells of, and how versions compare."""

import re

from certdash.certmanager import constants, fields
from certdash.model.resource import KubeObject

_VERSION = re.compile(r"^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+].*)?$")


def image_version(image: str) -> str:
    """The version in an image reference's tag, "" for a digest or any other tag."""
    reference = image.partition("@")[0]
    _, colon, tag = reference.rpartition("/")[2].partition(":")
    return tag if colon and _VERSION.match(tag) else ""


def image_name(image: str) -> str:
    """The last path element of an image reference, without tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def label_version(workload: KubeObject) -> str:
    """The version that the object's labels tell: `app.kubernetes.io/version`, else the chart's."""
    labels = fields.string_map(workload.body, "metadata", "labels")
    told = labels.get(constants.LABEL_VERSION, "")
    if _VERSION.match(told):
        return told
    chart = labels.get(constants.LABEL_CHART, "").rpartition("-")[2]
    return chart if _VERSION.match(chart) else ""


def version_key(version: str) -> tuple[int, int, int]:
    """Orders versions; (0, 0, 0) for what is none."""
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)
