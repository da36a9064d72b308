"""Durations on the command line."""

import pytest

from certdash.cli.durations import parse_duration, parse_timeout


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h30m", 5400), ("1.5s", 1.5), ("500ms", 0.5), (" 2s ", 2), (".5s", 0.5), ("0s", 0)],
)
def test_reads_what_go_reads(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["5", "0", "1.5"])
def test_a_bare_number_is_told_about_units(text: str) -> None:
    with pytest.raises(ValueError, match="has no unit"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "5 m", "-5s", "5d", "m", "5mm", "1h-3m", "٥s", "inf", "5m\x1b[31m"])
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


def test_a_request_timeout_may_be_none() -> None:
    assert parse_timeout("0") is None
    assert parse_timeout("0s") is None
    assert parse_timeout("30s") == 30
