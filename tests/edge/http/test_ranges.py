"""One range of a stored body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields, Reply
from edge.http.ranges import Unsatisfiable, parse_range, ranged


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-", (5, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-30", (0, 9)),
        ("BYTES=2-99", (2, 9)),
        (" bytes= 2-3 , ,", (2, 3)),
        ("bytes=00000000000000000000003-00000000000000000000005", (3, 5)),
        ("bytes=3-99999999999999999999999", (3, 9)),
        ("bytes=-99999999999999999999999", (0, 9)),
        ("bytes=-", None),
        ("bytes=3-2", None),
        ("bytes=99999999999999999999999-2", None),
        ("bytes=0-1,3-4", None),
        ("bytes=" + "0-1," * 1000, None),
        ("bytes=a-b", None),
        ("bytes=1 - 2", None),
        ("bytes=--1", None),
        ("bytes=", None),
        ("bytes", None),
        ("", None),
        ("lines=0-1", None),
        ("bytes =0-1", None),
        ("bytes=٣-٤", None),
    ],
)
def test_a_range_is_read_or_ignored(text: str, found: tuple[int, int] | None) -> None:
    assert parse_range(text, 10) == found


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-12", "bytes=99999999999999999999-", "bytes=-0", "bytes=-000"])
def test_a_range_beyond_the_body_cannot_be_satisfied(text: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(text, 10)


def test_the_end_of_an_empty_body_is_the_whole_of_it() -> None:
    assert parse_range("bytes=-5", 0) is None
    with pytest.raises(Unsatisfiable):
        parse_range("bytes=0-", 0)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_a_range_never_leaves_the_body(first: int, last: int, length: int) -> None:
    try:
        found = parse_range(f"bytes={first}-{last}", length)
    except Unsatisfiable:
        assert first >= length
    else:
        assert found is None or 0 <= found[0] <= found[1] < length


@given(st.text(max_size=60), st.integers(0, 40))
def test_whatever_is_asked_for_is_answered(text: str, length: int) -> None:
    reply = Reply(200, Fields([("accept-ranges", "bytes")]), bytes(length))
    answered, offset, sent = ranged(reply, Fields([("range", text)]))
    assert answered.status in (200, 206, 416)
    assert sent is not None
    assert 0 <= offset <= offset + sent <= length
