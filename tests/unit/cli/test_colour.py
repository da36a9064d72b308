"""When text may be coloured."""

from collections.abc import Mapping

import pytest

from certdash.cli.colour import use_colour


@pytest.mark.parametrize(
    ("when", "no_color", "is_terminal", "environ", "coloured"),
    [
        ("auto", False, True, {"TERM": "xterm"}, True),
        ("auto", False, False, {"TERM": "xterm"}, False),
        ("auto", False, True, {"TERM": "dumb"}, False),
        ("auto", False, True, {}, False),
        ("auto", False, True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        ("auto", False, True, {"TERM": "xterm", "NO_COLOR": ""}, True),
        ("auto", False, False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, False, {"FORCE_COLOR": "0"}, False),
        ("auto", False, False, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", False, False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", False, False, {"NO_COLOR": "1"}, True),
        ("always", True, True, {"TERM": "xterm"}, False),
        ("never", False, True, {"TERM": "xterm", "FORCE_COLOR": "1"}, False),
    ],
)
def test_use_colour(when: str, no_color: bool, is_terminal: bool, environ: Mapping[str, str], coloured: bool) -> None:
    assert use_colour(when, no_color=no_color, is_terminal=is_terminal, environ=environ) is coloured
