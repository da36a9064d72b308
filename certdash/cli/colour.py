"""Decides whether text may be coloured."""

from collections.abc import Mapping


def use_colour(when: str, *, no_color: bool, is_terminal: bool, environ: Mapping[str, str]) -> bool:
    """A flag wins; then NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then whether a person's terminal reads it.

    NO_COLOR counts when it is not empty (no-color.org); a dumb terminal knows no colours.
    """
    if no_color or when == "never":
        return False
    if when == "always":
        return True
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0") or environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return is_terminal and environ.get("TERM", "dumb") != "dumb"
