"""HTTP dates: the three grammars and their look-alikes."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.freshness.dates import parse_date

MOMENT = 784111777.0
NOW = 1_795_000_000.0  # 2026


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
    ],
)
def test_each_grammar_names_the_same_moment(text: str) -> None:
    assert parse_date(text, NOW) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 AEST",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Sun, 06  Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08.49.37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert parse_date(text, NOW) is None


def test_a_two_digit_year_is_never_more_than_fifty_years_ahead() -> None:
    assert parse_date("Sunday, 06-Nov-77 08:49:37 GMT", NOW) == parse_date("Sun, 06 Nov 1977 08:49:37 GMT")
    assert parse_date("Sunday, 06-Nov-30 08:49:37 GMT", NOW) == parse_date("Wed, 06 Nov 2030 08:49:37 GMT")


@given(st.integers(0, 4_000_000_000))
def test_what_the_standard_library_prints_is_read_back(seconds: int) -> None:
    assert parse_date(formatdate(seconds, usegmt=True)) == seconds
