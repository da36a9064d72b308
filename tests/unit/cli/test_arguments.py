"""The command line and its mirror in the environment."""

import pytest

from certdash.cli.arguments import Invocation, read_arguments
from certdash.cli.flags import COMMANDS, CONNECTION_FLAGS
from certdash.cli.parser import UsageError
from certdash.cli.scope import connection_options, scope_for
from tests.unit.cli.assessments import TARGET


def read(*argv: str, **environ: str) -> Invocation:
    return read_arguments("certdash", argv, environ)


def test_without_a_command_it_is_the_dashboard() -> None:
    assert read().command == "dash"
    assert read("--bell").value("--bell") is True


@pytest.mark.parametrize(
    "argv",
    [
        ("check", "--context", "c", "-n", "ns"),
        ("--context", "c", "-n", "ns", "check"),
        ("--context=c", "check", "-nns"),
        ("-nns", "--context=c", "check"),
        ("-qn", "ns", "check", "--context", "c", "--quiet"),
    ],
)
def test_flags_stand_before_and_after_the_command(argv: tuple[str, ...]) -> None:
    invocation = read(*argv)
    assert invocation.command == "check"
    assert invocation.value("--context") == "c"
    assert invocation.value("--namespace") == "ns"


def test_a_value_that_looks_like_a_command_is_a_value() -> None:
    invocation = read("--context", "check")
    assert invocation.command == "dash"
    assert invocation.value("--context") == "check"


def test_repeated_flags_are_gathered_from_both_sides() -> None:
    invocation = read("--as-group", "a", "check", "--as-group", "b", "--probe-label", "k=v")
    assert invocation.value("--as-group") == ("a", "b")
    assert invocation.value("--probe-label") == (("k", "v"),)


def test_a_flag_beats_the_environment_which_beats_the_default() -> None:
    assert read("check", "--for=api", CERTDASH_FOR="install").settings["--for"].origin == "flag"
    assert read("check", CERTDASH_FOR="api").settings["--for"].value == "api"
    assert read("check", CERTDASH_FOR="").settings["--for"].origin == "default"


def test_every_flag_has_a_mirror_of_its_own() -> None:
    for command in COMMANDS:
        assert len({flag.variable for flag in command.flags}) == len(command.flags)
    invocation = read("check", CERTDASH_QUIET="yes", CERTDASH_AS_GROUP="a, b", CERTDASH_OUTPUT="json")
    assert invocation.value("--quiet") is True
    assert invocation.value("--as-group") == ("a", "b")
    assert invocation.value("--output") == "json"


def test_timeout_is_another_name_for_wait() -> None:
    assert read("check", "--timeout=5m").value("--wait") == 300
    assert read("check", "--timeout=5m", "--wait=1s").value("--wait") == 1
    assert read("check", "--timeout=5m", CERTDASH_WAIT="1s").value("--wait") == 300


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("chekc",), "unknown command 'chekc': did you mean check?"),
        (("check", "--kubconfig", "x"), "unknown flag --kubconfig: did you mean --kubeconfig?"),
        (("--kubconfig", "x", "check"), "unknown flag --kubconfig: did you mean --kubeconfig?"),
        (("--wait=5m",), "--wait belongs to check and test, not to dash"),
        (("check", "--wait", "5"), "--wait: '5' has no unit: write 5s or 5m"),
        (("check", "--wait"), "--wait: expected one argument"),
        (("check", "--for=all"), "--for: 'all' is not known: ask for install, api or issuance"),
        (("test",), "test needs one of issuance"),
        (("check", "-o", "xml"), "--output: 'xml' is not one of text, json, yaml, short, ndjson"),
        (("check", "--stable=0"), "--stable: '0' is not a whole number from 1 on"),
        (("check", "--expect-version=latest"), "--expect-version: 'latest' is not a version: write it as v1.21.1"),
        (("check", "again"), "check takes no argument, but 'again' was given"),
        (("completion", "tcsh"), "completion needs one of bash, zsh, fish"),
        (("-n", "Bad_Name"), "--namespace: 'Bad_Name' is not a valid name: lower-case letters, digits, - and . only"),
        (("--probe-label", "x"), "--probe-label: 'x' is not KEY=VALUE"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(argv: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(*argv)
    assert str(caught.value) == told


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(UsageError, match="CERTDASH_WAIT: '5' has no unit"):
        read("check", CERTDASH_WAIT="5")
    with pytest.raises(UsageError, match="CERTDASH_QUIET: 'maybe' is neither true nor false"):
        read("check", CERTDASH_QUIET="maybe")


def test_help_and_version_come_before_anything_that_is_wrong() -> None:
    assert read("--version").command == "version"
    helped = read("check", "--wait=5", "--nonsense", "--help")
    assert helped.command == "help"
    assert "usage: certdash check" in helped.operands[0]
    assert read("help", "check").operands == helped.operands


def test_help_names_every_flag() -> None:
    for command in COMMANDS:
        text = read(command.name, "--help").operands[0]
        assert all(flag.name in text for flag in command.flags)


def test_all_connection_flags_arrive() -> None:
    argv = [f"{flag.name}=x" for flag in CONNECTION_FLAGS if flag.takes_value and flag.name != "--request-timeout"]
    options = connection_options(read(*argv, "--request-timeout=30s", "--insecure-skip-tls-verify"))
    assert options.namespace == ""
    assert options.request_timeout == 30
    assert options.insecure_skip_tls_verify is True
    assert options.as_groups == ("x",)
    for name in ("kubeconfig", "context", "cluster", "user", "server", "token", "certificate_authority"):
        assert getattr(options, name) == "x"
    assert (options.tls_server_name, options.as_user, options.as_uid) == ("x", "x", "x")


def test_the_probe_goes_where_the_context_points_and_n_names_the_install() -> None:
    scope = scope_for(read("-n", "certs"), TARGET)
    assert (scope.probe_namespace, scope.install_namespace) == ("team-a", "certs")
    assert scope_for(read("--probe-namespace=p"), TARGET).probe_namespace == "p"


@pytest.mark.parametrize(
    ("text", "kind", "name", "group"),
    [
        ("letsencrypt", "Issuer", "letsencrypt", "cert-manager.io"),
        ("my.issuer", "Issuer", "my.issuer", "cert-manager.io"),
        ("ClusterIssuer/le", "ClusterIssuer", "le", "cert-manager.io"),
        ("AWSPCAIssuer.awspca.cert-manager.io/pca", "AWSPCAIssuer", "pca", "awspca.cert-manager.io"),
    ],
)
def test_the_issuer_is_written_as_kubectl_writes_types(text: str, kind: str, name: str, group: str) -> None:
    scope = scope_for(read("--probe-issuer", text), TARGET)
    assert (scope.probe_issuer_kind, scope.probe_issuer_name, scope.probe_issuer_group) == (kind, name, group)


def test_a_token_is_never_repeated_in_a_complaint() -> None:
    invocation = read("check", CERTDASH_TOKEN="s3cret")
    assert invocation.value("--token") == "s3cret"
