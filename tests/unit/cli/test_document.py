"""The machine-readable answer of `check`."""

import json
from dataclasses import replace

import yaml

from certdash.model.diagnosis import Verdict
from certdash.present.document import Asked, Result, check_document, to_json, to_yaml
from tests.unit.cli.assessments import BROKEN_BUNDLE, NOW, TARGET, assessment, diagnosis, good_round

ASKED = Asked("install", "v1.21.1", None)
REFUSED = Result("not reached", 1, "no \x1b[31mCA\u202e", 1.23456)


def test_the_shape_is_the_documented_one() -> None:
    found = assessment(diagnosis(Verdict.NOT_READY), rounds=(good_round(),))
    document = check_document(ASKED, REFUSED, TARGET, found, NOW)
    assert document["apiVersion"] == "certdash/v1"
    assert document["kind"] == "Check"
    assert document["goal"] == {"for": "install", "expectVersion": "v1.21.1", "stable": None}
    assert document["result"]["exitCode"] == 1
    assert document["result"]["elapsedSeconds"] == 1.235
    observed = document["observed"]
    assert set(observed) == {
        *("at", "verdict", "headline", "cause", "also", "warnings", "chain", "install", "issuance", "proof"),
        *("probe", "connection", "cluster", "streams"),
    }
    assert observed["verdict"] == "NOT READY"
    assert observed["at"] == "2027-01-15T08:00:00.000Z"
    assert observed["cause"]["evidence"][0]["object"] == {
        "kind": "ValidatingWebhookConfiguration",
        "namespace": None,
        "name": "cert-manager-webhook",
    }
    assert observed["cause"]["evidence"][0]["since"] == "2027-01-15T07:56:48.000Z"
    command = observed["cause"]["remedies"][0]["commands"][0]
    assert command["argv"][2] == "kind dev"
    assert command["shell"].startswith("kubectl --context 'kind dev'")
    assert observed["probe"]["answers"][0]["probe"] == "valid certificate"


def test_without_a_cluster_it_is_still_a_document() -> None:
    document = check_document(ASKED, Result("could not tell", 3, "no kubeconfig", 0.1), None, None, NOW)
    assert document["target"] is None
    assert document["observed"] is None
    assert json.loads(to_json(document)) == document


def test_json_is_stable_sorted_ascii() -> None:
    document = check_document(ASKED, REFUSED, TARGET, assessment(), NOW)
    text = to_json(document)
    assert text == to_json(dict(reversed(document.items())))
    assert text.isascii()
    assert "\x1b" not in text
    assert "\\u001b[31mCA\\u202e" in text
    assert to_json(document, indent=None).count("\n") == 1


def test_yaml_says_the_same() -> None:
    document = check_document(ASKED, REFUSED, TARGET, assessment(diagnosis(Verdict.NOT_READY)), NOW)
    text = to_yaml(document)
    assert text.isascii()
    assert "\x1b" not in text
    assert yaml.safe_load(text) == document


def test_a_time_that_no_calendar_has_is_null() -> None:
    beyond = replace(BROKEN_BUNDLE, evidence=(replace(BROKEN_BUNDLE.evidence[0], since=1e300),))
    found = assessment(diagnosis(Verdict.NOT_READY, cause=beyond))
    document = check_document(ASKED, REFUSED, TARGET, found, NOW)
    assert document["observed"]["cause"]["evidence"][0]["since"] is None
