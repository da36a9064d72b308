"""What the shapes of objects allow: each text is kube-apiserver 1.36's to the same object."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certdash.demo.admission.schema import SchemaValidation
from certdash.demo.admission.structural import schema_causes, shaped
from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import CRDS, NAMESPACES, VALIDATING, ResourceType
from certdash.demo.api.status import ApiError
from certdash.demo.api.store import Store
from certdash.demo.chart.crds import crds

CERTIFICATES = ResourceType("cert-manager.io", "v1", "certificates", "Certificate", True)
REQUESTS = ResourceType("cert-manager.io", "v1", "certificaterequests", "CertificateRequest", True)
ISSUERS = ResourceType("cert-manager.io", "v1", "issuers", "Issuer", True)
NAME_PART = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the "
    "existing errors to complete validation"
)


@pytest.fixture(scope="module")
def schemas() -> SchemaValidation:
    store = Store()
    for crd in crds():
        store.put(CRDS, crd)
    return SchemaValidation(store)


def custom(resource: ResourceType, spec: Any, **metadata: Any) -> Object:
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": "x", **metadata},
        "spec": spec,
    }


def certificate(spec: Object, **metadata: Any) -> Object:
    whole = {"secretName": "s", "issuerRef": {"name": "i"}, **spec}
    return custom(CERTIFICATES, {key: value for key, value in whole.items() if value is not ...}, **metadata)


def refusal(schemas: SchemaValidation, resource: ResourceType, item: Object) -> str:
    """What is wrong with an object, "" where it is good."""
    read, _ = schemas.read(resource, item, strict=False)
    found: ApiError | None = None
    try:
        schemas.validate(resource, read, None)
    except ApiError as error:
        found = error
    if found is None:
        return ""
    assert found.code == 422
    assert found.body is not None
    told = [f"{cause['field']}: {cause['message']}" for cause in found.body["details"]["causes"]]
    listed = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    assert found.message == f'{resource.kind}.{resource.group} "x" is invalid: {listed}'
    return listed


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, ""),
        ({"issuerRef": ...}, "spec.issuerRef: Required value"),
        ({"issuerRef": None}, "spec.issuerRef: Required value"),
        ({"issuerRef": {}}, "spec.issuerRef.name: Required value"),
        (
            {"secretName": ..., "issuerRef": ...},
            "[spec.issuerRef: Required value, spec.secretName: Required value]",
        ),
        ({"dnsNames": None, "privateKey": {"size": None}}, ""),
        (
            {"dnsNames": [None]},
            'spec.dnsNames[0]: Invalid value: "null": spec.dnsNames[0] in body must be of type string: "null"',
        ),
        (
            {"dnsNames": "a"},
            'spec.dnsNames: Invalid value: "string": spec.dnsNames in body must be of type array: "string"',
        ),
        (
            {"privateKey": {"algorithm": "DSA"}},
            'spec.privateKey.algorithm: Unsupported value: "DSA": supported values: "RSA", "ECDSA", "Ed25519"',
        ),
        (
            {"keystores": {"pkcs12": {"profile": "x"}}},
            (
                '[spec.keystores.pkcs12.profile: Unsupported value: "x": supported values: "LegacyRC2", "LegacyDES", '
                '"Modern2023", "Modern2026", spec.keystores.pkcs12.create: Required value]'
            ),
        ),
        (
            {"revisionHistoryLimit": 1.5},
            (
                '[spec.revisionHistoryLimit: Invalid value: "float64": spec.revisionHistoryLimit in body must be of '
                'type int32: "float64", <nil>: Invalid value: "": Checked value must be of type integer with format '
                "int32 in spec.revisionHistoryLimit]"
            ),
        ),
    ],
)
def test_a_certificate(schemas: SchemaValidation, spec: Object, text: str) -> None:
    assert refusal(schemas, CERTIFICATES, certificate(spec)) == text


@pytest.mark.parametrize("text", ["", "!!!"])
def test_bytes_are_base64(schemas: SchemaValidation, text: str) -> None:
    told = refusal(schemas, REQUESTS, custom(REQUESTS, {"issuerRef": {"name": "i"}, "request": text}))
    assert told == f'spec.request: Invalid value: "{text}": spec.request in body must be of type byte: "{text}"'


def test_rules_in_expressions(schemas: SchemaValidation) -> None:
    told = refusal(schemas, ISSUERS, custom(ISSUERS, {"venafi": {"zone": "z"}}))
    assert told == "spec.venafi: Invalid value: exactly one of tpp, cloud, or ngts must be configured"
    told = refusal(schemas, ISSUERS, custom(ISSUERS, {"ca": {}}))
    assert told == f"[spec.ca.secretName: Required value, {UNCHECKED}]"
    assert refusal(schemas, ISSUERS, custom(ISSUERS, {"selfSigned": {}})) == ""


def test_keyed_lists_have_no_duplicates(schemas: SchemaValidation) -> None:
    condition = {"type": "Approved", "status": "True"}
    item = custom(REQUESTS, {"issuerRef": {"name": "i"}, "request": "eA=="})
    told = refusal(schemas, REQUESTS, {**item, "status": {"conditions": [condition, condition]}})
    assert told == 'status.conditions[1]: Duplicate value: {"type":"Approved"}'


def test_unknown_fields_are_left_out_and_named(schemas: SchemaValidation) -> None:
    item = {**certificate({"bogus": 1, "privateKey": {"x": 1}}, foo="bar"), "extra": 1}
    read, unknown = schemas.read(CERTIFICATES, item, strict=False)
    assert read == {**certificate({"privateKey": {}})}
    assert unknown == tuple(
        f'unknown field "{path}"' for path in ("metadata.foo", "extra", "spec.bogus", "spec.privateKey.x")
    )
    with pytest.raises(ApiError) as raised:
        schemas.read(CERTIFICATES, item, strict=True)
    assert raised.value.code == 400
    head = 'Certificate in version "v1" cannot be handled as a Certificate: strict decoding error: '
    assert raised.value.message == head + ", ".join(unknown)


def test_metadata(schemas: SchemaValidation) -> None:
    bad = certificate({}, labels={"a b": "c"}, annotations={"A b": "c"}, finalizers=["a b"])
    assert refusal(schemas, CERTIFICATES, bad) == (
        f'[metadata.labels: Invalid value: "a b": {NAME_PART}, '
        f'metadata.annotations: Invalid value: "A b": {NAME_PART}, '
        f'metadata.finalizers: Invalid value: "a b": {NAME_PART}]'
    )
    owner = certificate({}, ownerReferences=[{"kind": "a"}])
    assert refusal(schemas, CERTIFICATES, owner) == (
        '[metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty, '
        'metadata.ownerReferences.name: Invalid value: "": must not be empty, '
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty]'
    )
    with pytest.raises(ApiError) as raised:
        schemas.read(CERTIFICATES, certificate({}, labels={"a": 1}), strict=False)
    assert raised.value.message.endswith(
        "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x.y", "must not contain dots"),
        ("x" * 64, "must be no more than 63 characters"),
    ],
)
def test_the_names_of_namespaces(schemas: SchemaValidation, name: str, why: str) -> None:
    with pytest.raises(ApiError) as raised:
        schemas.validate(NAMESPACES, {"metadata": {"name": name}}, None)
    assert raised.value.message == f'Namespace "{name}" is invalid: metadata.name: Invalid value: "{name}": {why}'


def test_webhook_configurations(schemas: SchemaValidation) -> None:
    def told(hook: Object) -> str:
        with pytest.raises(ApiError) as raised:
            schemas.validate(VALIDATING, {"metadata": {"name": "x"}, "webhooks": [hook]}, None)
        return raised.value.message.partition(" is invalid: ")[2]

    assert told({"name": "foo"}) == (
        '[webhooks[0].name: Invalid value: "foo": should be a domain with at least three segments separated by dots, '
        "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun, "
        "webhooks[0].clientConfig: Required value: exactly one of url or service is required, "
        "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1]"
    )
    hook = {
        "name": "a.b.c",
        "sideEffects": "Some",
        "failurePolicy": "X",
        "timeoutSeconds": 40,
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": "http://a"},
    }
    assert told(hook) == (
        '[webhooks[0].failurePolicy: Unsupported value: "X": supported values: "Fail", "Ignore", '
        'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun", '
        "webhooks[0].timeoutSeconds: Invalid value: 40: the timeout value must be between 1 and 30 seconds, "
        "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired "
        "format: https://host[/path]]"
    )


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(_JSON)
def test_any_spec_is_judged(spec: Any) -> None:
    schema = crds()[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    made = shaped(custom(CERTIFICATES, spec), schema, "", [])
    assert all(reason.startswith("FieldValue") for reason, _, _ in schema_causes(made, schema))
