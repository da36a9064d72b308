"""Patterns of expressions: they match what Python's `re` matches, and cost what their text costs."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certdash.certmanager.cel.pattern_compiler import PatternError
from certdash.certmanager.cel.patterns import search

_ATOMS = st.sampled_from(
    ["a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", "[]a]", r"\d", r"\w", r"\S", r"\.", "-", "^", r"\b"]
)
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(_PATTERNS, st.text(alphabet="abc1.-] \n", max_size=10))
def test_it_matches_what_re_matches(pattern: str, text: str) -> None:
    assert search(pattern, text) is (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        ("", "anything", True),
        ("(?i)^READY$", "ready", True),
        ("(?s)a.b", "a\nb", True),
        ("a.b", "a\nb", False),
        ("^[[:alpha:]]+$", "abc1", False),
        (r"^\x41\x{42}$", "AB", True),
        ("(?P<name>x)", "x", True),
        (r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "web.example.test", True),
        (r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "web..test", False),
        ("a{,3}", "aaa", False),
    ],
)
def test_what_re2_says(pattern: str, text: str, *, matches: bool) -> None:
    assert search(pattern, text) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "a)",
        "[a",
        "[b-a]",
        "*",
        "(?=a)",
        "(?!a)",
        r"\1",
        r"\pL",
        "a{1001}",
        "((a{100}){100}){100}",
        "(" * 60,
        "a" * 2000,
    ],
)
def test_what_is_no_pattern_or_too_much(pattern: str) -> None:
    with pytest.raises(PatternError):
        search(pattern, "a")


def test_a_hostile_pattern_costs_no_more_than_another() -> None:
    # With alternatives tried one after the other this would take longer than the universe has existed.
    assert search("^(a+)+$", f"{'a' * 2000}b") is False
    with pytest.raises(PatternError):
        search("(a|b|c|d){200}", "a" * 100_000)


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_a_pattern_or_is_none(pattern: str, text: str) -> None:
    try:
        found = search(pattern, text)
    except PatternError:
        return
    assert found in (True, False)
