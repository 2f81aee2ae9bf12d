"""One range of a stored body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.http.ranges import Unsatisfiable, parse_range, wanted_range


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-", (5, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-30", (0, 9)),
        ("BYTES=2-99", (2, 9)),
        ("bytes=-", None),
        ("bytes=3-2", None),
        ("bytes=0-1,3-4", None),
        ("bytes=a-b", None),
        ("lines=0-1", None),
        ("bytes=٣-٤", None),
    ],
)
def test_a_range_is_read_or_ignored(text: str, found: tuple[int, int] | None) -> None:
    assert parse_range(text, 10) == found


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-12", "bytes=99999999999999999999-", "bytes=-0"])
def test_a_range_beyond_the_body_cannot_be_satisfied(text: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(text, 10)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_a_range_never_leaves_the_body(first: int, last: int, length: int) -> None:
    try:
        found = parse_range(f"bytes={first}-{last}", length)
    except Unsatisfiable:
        assert first >= length
    else:
        assert found is None or 0 <= found[0] <= found[1] < length


@pytest.mark.parametrize(
    ("if_range", "counts"), [(None, True), ('"a"', True), ('W/"a"', False), ('"b"', False), ("yesterday", False)]
)
def test_if_range_must_name_this_very_body(if_range: str | None, counts: bool) -> None:
    assert (wanted_range("bytes=0-1", if_range, '"a"') is not None) is counts


def test_without_a_range_nothing_is_wanted() -> None:
    assert wanted_range(None, None, '"a"') is None
