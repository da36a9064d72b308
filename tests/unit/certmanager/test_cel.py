"""Expressions of admission conditions: what holds, what can't be evaluated, what is no expression."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certdash.certmanager.cel import CelError, CelSyntaxError, parse

VARIABLES = {
    "request": {"operation": "CREATE", "userInfo": {"username": "alice", "groups": ["dev", "ops"]}, "dryRun": True},
    "object": {"metadata": {"name": "web", "labels": {"team": "a"}}, "spec": {"dnsNames": ["a.test", "b.test"]}},
    "oldObject": None,
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("true", True),
        ("!false && true", True),
        ("1 + 2 * 3 == 7", True),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("'a' + \"b\"", "ab"),
        (r"r'\d' == '\\d'", True),
        ("request.operation == 'CREATE' ? 'new' : 'old'", "new"),
        ("'ops' in request.userInfo.groups", True),
        ("'team' in object.metadata.labels", True),
        ("object.metadata.labels['team'] != 'b'", True),
        ("has(object.spec.secretName)", False),
        ("has(object.metadata.labels) && has(object.metadata.labels.team)", True),
        ("!has(object.metadata.labels.team) || object.metadata.labels.team == 'a'", True),
        ("object.spec.dnsNames.all(n, n.endsWith('.test'))", True),
        ("object.spec.dnsNames.exists(n, n.startsWith('b'))", True),
        ("object.spec.dnsNames.exists_one(n, n.contains('test'))", False),
        ("object.spec.dnsNames.filter(n, n != 'a.test')", ["b.test"]),
        ("size(object.spec.dnsNames) == 2 && object.metadata.name.size() == 3", True),
        ("request.userInfo.username.matches('^al')", True),
        ("!(request.userInfo.username in ['system:serviceaccount:kube-system:gc'])", True),
        ("oldObject == null", True),
        ("true == 1", False),
        ("{'a': 1}['a']", 1),
    ],
)
def test_values(source: str, value: object) -> None:
    assert parse(source).evaluate(VARIABLES) == value


@pytest.mark.parametrize("source", ["true || missing.field", "missing.field || true", "!(false && missing.field)"])
def test_an_error_yields_to_the_operand_that_decides(source: str) -> None:
    assert parse(source).evaluate(VARIABLES) is True


@pytest.mark.parametrize(
    "source",
    ["object.spec.missing == 'x'", "nobody", "1 && true", "'a' < 1", "1 / 0", "request.dryRun.all(x, x)", "[1][5]"],
)
def test_what_cannot_be_evaluated(source: str) -> None:
    with pytest.raises(CelError):
        parse(source).evaluate(VARIABLES)


@pytest.mark.parametrize(
    "source", ["", "1 +", "object..name", "object.?spec", "f(1)", "'open", "(1", "1 2", "x.frobnicate()", "(" * 500]
)
def test_what_is_no_expression(source: str) -> None:
    with pytest.raises(CelSyntaxError):
        parse(source)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(source: str) -> None:
    try:
        expression = parse(source)
    except CelSyntaxError:
        return
    try:
        expression.evaluate(VARIABLES)
    except CelError:
        return
