"""Sanitising, cell widths, ages, quoting."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.model.diagnosis import Status, Verdict
from certdash.present import text

HOSTILE = "\x1b[31mred\x1b]0;pwned\x07 \u202egnp.exe\u200b \x9b2J [/etc/tls] \ud800 tab\there\nline"


def test_hostile_text_becomes_one_plain_line() -> None:
    clean = text.sanitise(HOSTILE)
    assert clean == "[31mred]0;pwned gnp.exe 2J [/etc/tls] \ufffd tab here line"


@given(st.text())
def test_no_text_brings_control_bytes(raw: str) -> None:
    clean = text.sanitise(raw)
    assert all(ord(character) >= 32 and not 0x7F <= ord(character) <= 0x9F for character in clean)
    clean.encode()


@given(st.text(), st.integers(min_value=0, max_value=40))
def test_fit_takes_exactly_the_width(raw: str, width: int) -> None:
    assert text.cell_width(text.fit(text.sanitise(raw), width)) == width


def test_long_text_is_cut_visibly() -> None:
    assert text.sanitise("x" * 10_000_000, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (192, "3m12s"),
        (900, "15m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 300, "3h5m"),
        (9 * 3600, "9h"),
        (2 * 86400 + 4 * 3600, "2d4h"),
        (12 * 86400, "12d"),
        (2 * 365 * 86400, "2y"),
        (3 * 365 * 86400 + 86400, "3y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_ages_read_as_kubectl_prints_them(seconds: float, expected: str) -> None:
    assert text.age(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0124, "12ms"), (0.45, "450ms"), (1.24, "1.2s"), (35.0, "35s"), (-1, "0ms")]
)
def test_durations(seconds: float, expected: str) -> None:
    assert text.duration(seconds) == expected


def test_times_are_utc_and_total() -> None:
    assert text.clock_time(0) == "00:00:00"
    assert text.date_time(1_769_871_845) == "2026-01-31 15:04:05Z"
    assert text.date_time(float("inf")) == "unknown"
    assert text.clock_time(float("nan")) == "--:--:--"


def test_commands_are_quoted_for_a_shell() -> None:
    assert (
        text.quote_command(("kubectl", "--context", "my ctx", "get", "pods")) == "kubectl --context 'my ctx' get pods"
    )


@given(st.text(st.characters(exclude_characters="\x00", codec="utf-8")))
def test_a_quoted_command_never_shows_a_control_byte(argument: str) -> None:
    quoted = text.quote_command((argument,))
    assert text.sanitise(quoted, 100_000) == quoted


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash to read the quoted command back")
@pytest.mark.parametrize("argument", ["a b", "it's", "\x1b[31m1", "a\nb\\n'c", "\u202eabc", "$(id)", ""])
def test_bash_reads_the_argument_back(argument: str) -> None:
    command = "printf %s " + text.quote_command((argument,))
    shown = subprocess.run(["bash", "-c", command], check=True, capture_output=True).stdout
    assert shown.decode() == argument


def test_every_state_has_a_glyph_of_one_cell_and_an_ascii_one() -> None:
    for state in (*Status, *Verdict):
        assert text.cell_width(text.glyph(state)) == 1
        assert text.glyph(state, ascii=True).isascii()
    assert len({text.glyph(status) for status in Status}) == len(Status)
    assert len({text.glyph(status, ascii=True) for status in Status}) == len(Status)
