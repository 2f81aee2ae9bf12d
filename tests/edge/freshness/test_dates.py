"""HTTP dates: the three grammars and their look-alikes."""

from datetime import UTC, datetime
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.freshness.dates import parse_date, print_date

MOMENT = 784111777.0
NOW = 1_795_000_000.0  # 2026


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
        "SUNDAY, 06-NOV-94 08:49:37 gmt",
        "SUN NOV  6 08:49:37 1994",
    ],
)
def test_2_3_each_grammar_names_the_same_moment(text: str) -> None:
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
        "ſun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, 06 Nov 1994  08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "784111777",
        "Sun, " * 20_000,
    ],
)
def test_2_3_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert parse_date(text, NOW) is None


def test_a_two_digit_year_is_never_more_than_fifty_years_ahead() -> None:
    assert parse_date("Sunday, 06-Nov-77 08:49:37 GMT", NOW) == parse_date("Sun, 06 Nov 1977 08:49:37 GMT")
    assert parse_date("Friday, 06-Nov-76 08:49:37 GMT", NOW) == parse_date("Fri, 06 Nov 2076 08:49:37 GMT")
    assert parse_date("Sunday, 06-Nov-30 08:49:37 GMT", NOW) == parse_date("Wed, 06 Nov 2030 08:49:37 GMT")


@given(st.integers(0, 4_000_000_000))
def test_what_the_standard_library_prints_is_read_back(seconds: int) -> None:
    assert parse_date(formatdate(seconds, usegmt=True)) == seconds


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_what_we_print_is_read_back(seconds: int) -> None:
    assert parse_date(print_date(seconds)) == seconds


@given(st.integers(0, 4_000_000_000))
def test_we_print_as_the_standard_library_does(seconds: int) -> None:
    assert print_date(seconds) == formatdate(seconds, usegmt=True)


@given(st.integers(0, 4_000_000_000))
def test_2_3_all_three_grammars_of_a_moment_are_one(moment: int) -> None:
    when = datetime.fromtimestamp(moment, UTC)
    printed = (f"{when:%a, %d %b %Y %H:%M:%S} GMT", f"{when:%A, %d-%b-%y %H:%M:%S} GMT", when.ctime())
    assert {parse_date(text, moment) for text in printed} == {moment}


@given(st.text(max_size=40), st.floats(0, 4e9))
def test_2_3_any_text_is_a_date_or_none(text: str, now: float) -> None:
    assert parse_date(text, now) is None


def test_a_moment_beyond_the_calendar_is_its_end() -> None:
    assert print_date(2**60) == "Fri, 31 Dec 9999 23:59:59 GMT"
