"""`certdash explain`: the whole catalogue, one code, a search."""

import pytest

from certdash.cli.arguments import read_arguments
from certdash.cli.explain import explain_text
from certdash.cli.parser import UsageError
from certdash.diagnosis.catalogue import CATALOGUE


def explained(*argv: str) -> str:
    return explain_text(read_arguments("certdash", ["explain", *argv], {}))


def test_everything_is_listed_once() -> None:
    lines = explained().splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  CD")]
    assert sorted(listed) == sorted(CATALOGUE)


@pytest.mark.parametrize("code", ["CD0801", "cd0801"])
def test_a_code_is_told_whole(code: str) -> None:
    entry = CATALOGUE["CD0801"]
    text = explained(code)
    assert text.startswith(f"CD0801  {entry.title}\n")
    assert " ".join(entry.explanation.split()) in " ".join(text.split())
    assert entry.reference in text


def test_several_codes_come_in_the_order_asked() -> None:
    text = explained("CD0911", "CD0301")
    assert text.index("CD0911") < text.index("CD0301")


def test_words_are_searched_for_together() -> None:
    found = [line.split()[0] for line in explained("headless").splitlines() if line.startswith("  CD")]
    assert found == []
    assert "CD0603" in explained("headless")
    assert "CD0502" in explained("webhook", "missing")
    assert "CD0601" in explained("service", "missing")
    assert "CD0502" not in explained("service", "missing")


def test_what_is_not_found_is_said_in_one_line() -> None:
    with pytest.raises(UsageError, match="no finding has 'CD9999' in it"):
        explained("CD9999")
