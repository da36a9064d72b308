"""Stages from the objects' transitions, and the reason when there is none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.certmanager.issuance.seen import Seen
from certdash.certmanager.issuance.stages import LINK_STAGES, reached
from certdash.certmanager.issuance.stalls import Surroundings, explain, final_stall
from certdash.model.issuance import StageName

NOW = 1_800_000_000.0
AT = "2027-01-15T07:59:00Z"


def conditions(*told: tuple[str, str, str, str], kind: str = "CertificateRequest") -> dict[str, Any]:
    listed = [
        {"type": name, "status": status, "reason": reason, "message": message, "lastTransitionTime": AT}
        for name, status, reason, message in told
    ]
    meta = {"name": "x", "creationTimestamp": AT}
    return {"kind": kind, "metadata": meta, "status": {"conditions": listed, "certificate": "Zm9v"}}


READY = ("Ready", "True", "IsReady", "")
APPROVED = ("Approved", "True", "cert-manager.io", "")
LEADING = {"spec": {"holderIdentity": "pod-1", "renewTime": "2027-01-15T07:59:50Z", "leaseDurationSeconds": 60}}


def event(reason: str, message: str, kind: str = "Warning") -> dict[str, Any]:
    return {"type": kind, "reason": reason, "message": message, "involvedObject": {"kind": "Certificate", "name": "x"}}


def test_a_later_stage_implies_the_earlier_ones() -> None:
    told = reached(Seen(certificate=conditions(READY, kind="Certificate")))
    assert tuple(told) == LINK_STAGES
    assert told[StageName.READY] is not None
    assert told[StageName.ISSUER] is None


def test_stages_come_with_the_objects_own_time() -> None:
    told = reached(Seen(issuer=conditions(READY), request=conditions(APPROVED)))
    assert list(told) == [StageName.ISSUER, StageName.REQUESTED, StageName.APPROVED]
    assert told[StageName.APPROVED] == NOW - 60


@pytest.mark.parametrize(
    ("stage", "seen", "around", "code"),
    [
        (StageName.ISSUER, Seen(issuer={}), Surroundings(NOW, lease_readable=True), "CD1101"),
        (StageName.ISSUER, Seen(issuer={}), Surroundings(NOW), "CD1101"),
        (
            StageName.ISSUER,
            Seen(issuer=conditions(("Ready", "False", "ErrGetKeyPair", 'secrets "x" not found'))),
            Surroundings(NOW, lease=LEADING, lease_readable=True),
            "CD1102",
        ),
        (
            StageName.ISSUER,
            Seen(issuer=conditions(("Ready", "False", "ErrRegisterACMEAccount", "too many registrations"))),
            Surroundings(NOW),
            "CD1108",
        ),
        (
            StageName.REQUESTED,
            Seen(certificate=conditions(("Issuing", "True", "DoesNotExist", ""))),
            Surroundings(NOW, events=(event("RequestFailed", "failed calling webhook"),)),
            "CD1106",
        ),
        (
            StageName.APPROVED,
            Seen(request=conditions()),
            Surroundings(NOW, lease=LEADING, lease_readable=True),
            "CD1104",
        ),
        (
            StageName.APPROVED,
            Seen(request=conditions()),
            Surroundings(NOW + 600, lease=LEADING, lease_readable=True),
            "CD1101",
        ),
        (
            StageName.SIGNED,
            Seen(request=conditions(APPROVED)),
            Surroundings(NOW, events=(event("IssuerNotFound", "Referenced Issuer not found"),)),
            "CD1103",
        ),
        (
            StageName.SIGNED,
            Seen(request=conditions(APPROVED)),
            Surroundings(NOW, challenges=({"status": {"state": "pending", "reason": "no such host"}},)),
            "CD1107",
        ),
        (
            StageName.SIGNED,
            Seen(request=conditions(APPROVED)),
            Surroundings(NOW, orders=({"status": {"state": "errored", "reason": "429 rateLimited: rate limit"}},)),
            "CD1108",
        ),
        (StageName.SECRET, Seen(request=conditions(APPROVED, READY)), Surroundings(NOW), "CD1110"),
        (StageName.NAMESPACE, Seen(), Surroundings(NOW), "CD1112"),
    ],
)
def test_each_stall_has_its_finding(stage: StageName, seen: Seen, around: Surroundings, code: str) -> None:
    assert explain(stage, seen, around).code == code


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (("Denied", "True", "policy.cert-manager.io", "no"), "CD1105"),
        (("InvalidRequest", "True", "x", "no"), "CD1109"),
        (("Ready", "False", "Failed", "urn:ietf:params:acme:error:rateLimited: rate limit"), "CD1108"),
        (("Ready", "False", "Failed", "signing refused"), "CD1109"),
    ],
)
def test_what_cert_manager_has_given_up_is_final(told: tuple[str, str, str, str], code: str) -> None:
    stall = final_stall(Seen(request=conditions(told)))
    assert stall is not None
    assert (stall.code, stall.final) == (code, True)


def test_waiting_for_approval_is_not_final() -> None:
    assert final_stall(Seen(request=conditions(("Ready", "False", "Pending", "")))) is None


KEYS = ["metadata", "status", "conditions", "type", "reason", "message", "spec", "renewTime", "name", "state"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
BODY = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4)


@given(st.sampled_from(list(StageName)), BODY, BODY, BODY, BODY)
def test_no_object_is_too_odd(stage: StageName, a: Any, b: Any, c: Any, d: Any) -> None:
    seen = Seen(issuer=a, certificate=b, request=c)
    around = Surroundings(NOW, events=(d,), orders=(a,), challenges=(b,), lease=d, lease_readable=True)
    assert explain(stage, seen, around).reason
    assert set(reached(seen)) <= set(LINK_STAGES)
