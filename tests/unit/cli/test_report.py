"""The text of `check`."""

import re
from dataclasses import replace

from certdash.model.diagnosis import InstallLine, InstallPhase, Verdict
from certdash.model.finding import Evidence, Remedy
from certdash.model.probe import ProbeName
from certdash.present.report import Style, check_report, short_line
from tests.unit.cli.assessments import BROKEN_BUNDLE, NOW, SKEW, answer, assessment, diagnosis, probe_round

PLAIN = Style()


def test_a_ready_report_is_short_and_ordered() -> None:
    assert check_report(assessment(), NOW, PLAIN).splitlines() == [
        "✔ READY  the API accepts cert-manager resources",
        "  context kind-dev · https://127.0.0.1:6443 · user alice · Kubernetes v1.36.2 · probing in team-a",
        "",
        "✔ crds                    6 of 6 served",
        "✔ ca bundle               trusted",
        "✔ install                 complete, v1.21.1 in cert-manager",
        "✔ issuance                running",
        "✔ proof                   2.0s ago, 1 good round",
    ]


def test_the_cause_comes_first_with_evidence_and_a_command_to_paste() -> None:
    found = diagnosis(Verdict.NOT_READY, warnings=(SKEW,))
    field = "webhooks[0].clientConfig.caBundle"
    assert check_report(assessment(found), NOW, PLAIN).splitlines()[3:9] == [
        "✗ the webhook configuration trusts no CA CD0601",
        "    caBundle is empty, so the API server refuses the webhook's certificate",
        f"    - ValidatingWebhookConfiguration cert-manager-webhook {field}: (empty) (for 3m12s)",
        "    → restart cainjector, which writes it",
        "        kubectl --context 'kind dev' -n cert-manager rollout restart deployment/x",
        "    see https://cert-manager.io/docs/concepts/ca-injector/",
    ]


def test_warnings_come_last_and_in_full_only_when_verbose() -> None:
    found = assessment(diagnosis(warnings=(replace(SKEW, remedies=(Remedy("upgrade both"),)),)))
    assert check_report(found, NOW, PLAIN).splitlines()[-3:] == [
        "warnings",
        "! versions differ CD0901",
        "    two versions run at once",
    ]
    assert "upgrade both" in check_report(found, NOW, Style(verbose=True))


def test_what_was_asked_for_and_is_not_so_is_said_under_a_green_verdict() -> None:
    rolling = diagnosis(install=InstallLine(InstallPhase.ROLLING, "rolling 1/2"))
    lines = check_report(assessment(rolling), NOW, PLAIN, "the API is ready, the install is rolling 1/2").splitlines()
    assert lines[0].startswith("✔ READY")
    assert lines[2] == "✗ the API is ready, the install is rolling 1/2"


def test_verbose_names_every_stream_and_answer() -> None:
    refused = answer(ProbeName.VALID, None, transport_error="connection refused")
    text = check_report(assessment(rounds=(probe_round(refused),)), NOW, Style(verbose=True))
    assert "valid certificate: no answer after 12ms: connection refused" in text
    assert "customresourcedefinitions/certificates.cert-manager.io" in text


def test_ascii_has_nothing_else() -> None:
    found = assessment(diagnosis(Verdict.NOT_READY, warnings=(SKEW,)))
    assert check_report(found, NOW, Style(ascii=True)).isascii()
    assert short_line(found.diagnosis, "", Style(ascii=True)).isascii()


def test_colour_only_adds_sequences() -> None:
    found = assessment(diagnosis(Verdict.NOT_READY))
    coloured = check_report(found, NOW, Style(colour=True))
    assert "\x1b[31m✗" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == check_report(found, NOW, PLAIN)


def test_hostile_text_reaches_no_terminal() -> None:
    evil = "\x1b]0;pwned\x07\x1b[2J\u202e[/x]\r\nverdict: READY"
    finding = replace(
        BROKEN_BUNDLE,
        title=evil,
        summary=evil,
        evidence=(Evidence(None, evil, evil),),
        remedies=(Remedy(evil, (("kubectl", evil),)),),
        reference=evil,
    )
    found = diagnosis(
        Verdict.NOT_READY,
        headline=evil,
        cause=finding,
        also=(finding,),
        install=InstallLine(InstallPhase.DEGRADED, evil, evil, (evil, "b"), evil),
    )
    text = check_report(assessment(found), NOW, Style(verbose=True), evil, (evil,)) + short_line(found, evil, PLAIN)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert not any(line.startswith("verdict") for line in text.splitlines())


def test_short_is_one_line() -> None:
    assert short_line(diagnosis(Verdict.NOT_READY), "", PLAIN) == (
        "✗ NOT READY  CD0601 the webhook configuration trusts no CA"
    )
    assert short_line(diagnosis(), "rolling 1/2", PLAIN) == "✗ READY  rolling 1/2"
