"""What a test creates, and which issuers it leaves alone unless told otherwise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.certmanager.issuance.costs import cost_of, needs_real_name
from certdash.certmanager.issuance.plan import IssuerRef, Settings, make_plan
from certdash.certmanager.run_marks import RunMarks, read_marks

MARKS = RunMarks("abcdefghjk", 1_800_000_000.0)


@pytest.mark.parametrize("settings", [Settings(), Settings(chain=True), Settings(namespace="ns", labels=(("a", "b"),))])
def test_every_object_bears_our_marks_and_can_be_told_by_them(settings: Settings) -> None:
    for planned in make_plan(settings, MARKS).objects():
        stored = {**planned.body, "metadata": {**planned.body["metadata"], "uid": "u"}}
        assert read_marks(stored) == MARKS
        assert planned.path == f"{planned.collection}/{planned.body['metadata']['name']}"


def test_a_policy_engines_label_never_replaces_ours() -> None:
    plan = make_plan(Settings(labels=(("certdash.io/run", "x"), ("team", "y"))), MARKS)
    labels = next(plan.objects()).body["metadata"]["labels"]
    assert labels["certdash.io/run"] == MARKS.run
    assert labels["team"] == "y"


def test_the_chain_hangs_together() -> None:
    root, leaf = make_plan(Settings(namespace="ns", chain=True), MARKS).links
    assert root.certificate.body["spec"]["isCA"] is True
    assert leaf.own_issuer is not None
    assert leaf.own_issuer.body["spec"] == {"ca": {"secretName": root.certificate.body["spec"]["secretName"]}}


@given(st.text(max_size=253))
def test_a_common_name_is_never_too_long_for_the_webhook(name: str) -> None:
    for link in make_plan(Settings(dns_name=name), MARKS).links:
        assert len(link.certificate.body["spec"]["commonName"]) <= 64


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"labels": {}},
        {"annotations": {}},
        {"uid": ""},
        {"annotations": {"certdash.io/expires": "x"}},
    ],
)
def test_what_lacks_one_of_the_marks_is_not_ours(change: dict[str, Any]) -> None:
    meta = {"name": MARKS.name, "labels": MARKS.labels, "annotations": MARKS.annotations, "uid": "u"}
    assert read_marks({"metadata": meta}) == MARKS
    assert read_marks({"metadata": {**meta, **change}}) is None


@pytest.mark.parametrize(
    ("spec", "free"),
    [
        ({"selfSigned": {}}, True),
        ({"ca": {"secretName": "x"}}, True),
        ({"vault": {}}, True),
        ({"acme": {"server": "https://acme-staging-v02.api.letsencrypt.org/directory"}}, True),
        ({"acme": {"server": "https://pebble.acme.svc.cluster.local/dir"}}, True),
        ({"acme": {"server": "https://10.0.0.7:14000/dir"}}, True),
        ({"acme": {"server": "https://acme-v02.api.letsencrypt.org/directory"}}, False),
        ({"acme": {"server": "https://acme.zerossl.com/v2/DV90"}}, False),
        ({"acme": {"server": "https://["}}, False),
        ({"acme": {}}, False),
        ({"venafi": {"cloud": {}}}, False),
        ({"somethingNew": {}}, False),
    ],
)
def test_what_an_issuer_costs(spec: dict[str, Any], free: bool) -> None:
    assert (cost_of(IssuerRef("ClusterIssuer", "x"), {"spec": spec}) == "") is free


def test_what_cannot_be_known_counts_as_costly() -> None:
    assert cost_of(IssuerRef("AWSPCAClusterIssuer", "x", "awspca.cert-manager.io"), None)
    assert cost_of(IssuerRef("ClusterIssuer", "x"), None)
    assert needs_real_name({"spec": {"acme": {"server": "x"}}})
    assert not needs_real_name({"spec": {"ca": {}}})
