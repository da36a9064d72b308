"""The options of a write, as query parameters carry them."""

import json

from certdash.demo.api.objects import Object
from certdash.demo.api.request import Request
from certdash.demo.api.status import invalid

_LONGEST_MANAGER = 128


def write_options(request: Request, kind: str) -> Object:
    """The options of a write as admission gets them. Raises ApiError for what they can't be."""
    dry_run = [value for key, value in request.query if key == "dryRun"]
    if any(value != "All" for value in dry_run):
        listed = ", ".join(f'"{value}"' for value in dry_run)
        cause = ("FieldValueNotSupported", f'Unsupported value: [{listed}]: supported values: "All"', "dryRun")
        raise invalid("meta.k8s.io", kind, "", (cause,))
    _check_manager_and_validation(request, kind)
    options: Object = {"kind": kind, "apiVersion": "meta.k8s.io/v1", "dryRun": dry_run}
    if manager := request.parameter("fieldManager"):
        options["fieldManager"] = manager
    if validation := request.parameter("fieldValidation"):
        options["fieldValidation"] = validation
    return options


def _check_manager_and_validation(request: Request, kind: str) -> None:
    manager, validation = request.parameter("fieldManager"), request.parameter("fieldValidation")
    if len(manager.encode()) > _LONGEST_MANAGER:
        why = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
        raise invalid("meta.k8s.io", kind, "", (("FieldValueTooLong", why, "fieldManager"),))
    if validation not in ("", "Ignore", "Strict", "Warn"):
        why = f'Unsupported value: {json.dumps(validation)}: supported values: "", "Ignore", "Strict", "Warn"'
        raise invalid("meta.k8s.io", kind, "", (("FieldValueNotSupported", why, "fieldValidation"),))
