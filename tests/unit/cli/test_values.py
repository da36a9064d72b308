"""What flags take, and what they refuse in words."""

import pytest

from certdash.cli.values import Moment, parse_moment, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1MiB", 1 << 20),
        ("64MiB", 64 << 20),
        ("2G", 2 << 30),
        ("5 mb", 5 << 20),
        ("1048576", 1 << 20),
        ("1024KiB", 1 << 20),
    ],
)
def test_a_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1MiB", "1.5GiB", "1TiB", "10KiB", "0", "1MiBs"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size: write 64MiB or 1GiB|is too small: 1MiB is the least"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12m30s", Moment(offset=750)),
        ("0s", Moment()),
        ("2026-11-23T20:00:45Z", Moment(wall=1_795_464_045)),
        ("2026-11-23T21:00:45+01:00", Moment(wall=1_795_464_045)),
        ("2026-11-23 20:00:45", Moment(wall=1_795_464_045)),
        ("2026-11-23T20:00:45.5Z", Moment(wall=1_795_464_045.5)),
    ],
)
def test_a_moment(text: str, moment: Moment) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["", "noon", "12", "20:00", "2026-13-01T00:00:00Z", "-5s"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"write .*12m30s|write 30s, 5m or 1h30m|write 12s or 12m"):
        parse_moment(text)
