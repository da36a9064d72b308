"""The splitter gives the same lines however the bytes are cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.kube.line_splitter import LineSplitter, LineTooLongError


@given(st.lists(st.binary(max_size=20), max_size=10), st.lists(st.integers(0, 250), max_size=10))
def test_cuts_do_not_matter(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"\n".join(lines)
    splitter = LineSplitter()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    found: list[bytes] = []
    for begin, end in itertools.pairwise(edges):
        found += splitter.feed(stream[begin:end])
    complete = stream.split(b"\n")[:-1]
    assert found == [line.strip() for line in complete if line.strip()]


def test_an_unterminated_rest_is_never_given_out() -> None:
    assert LineSplitter().feed(b'{"a":1}\r\n{"b"') == [b'{"a":1}']


def test_a_line_without_end_is_refused() -> None:
    splitter = LineSplitter(largest=10)
    assert splitter.feed(b"12345") == []
    with pytest.raises(LineTooLongError):
        splitter.feed(b"678901")
