"""Go's durations, read and printed."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certdash.demo.webhook.durations import HOUR, MILLISECOND, MINUTE, SECOND, duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "span", "printed"),
    [
        ("0", 0, "0s"),
        ("90m", 90 * MINUTE, "1h30m0s"),
        ("1.5h", 90 * MINUTE, "1h30m0s"),
        ("1h0.5s", HOUR + SECOND // 2, "1h0m0.5s"),
        ("-90s", -90 * SECOND, "-1m30s"),
        ("+2ms", 2 * MILLISECOND, "2ms"),
        ("1500us", 1500000, "1.5ms"),
        ("3ns", 3, "3ns"),
    ],
)
def test_spans(text: str, span: int, printed: str) -> None:
    assert parse_duration(text) == span
    assert duration_text(span) == printed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", 'time: invalid duration ""'),
        ("abc", 'time: invalid duration "abc"'),
        ("5", 'time: missing unit in duration "5"'),
        ("90d", 'time: unknown unit "d" in duration "90d"'),
        ("1h ", 'time: unknown unit "h " in duration "1h "'),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"^time") as raised:
        parse_duration(text)
    assert str(raised.value) == why


@settings(deadline=None)
@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_what_is_printed_is_read_again(span: int) -> None:
    assert abs(parse_duration(duration_text(span)) - span) <= 1


@settings(deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_a_span_or_is_none(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_duration(text), int)
