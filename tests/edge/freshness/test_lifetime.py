"""How long an answer is fresh."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.freshness.lifetime import browser_lifetime, is_explicit, lifetime, seconds_left
from edge.freshness.statuses import HEURISTIC
from edge.freshness.stored import Stored, Window
from tests.edge.freshness.answers import NOW, STRICT, WINDOW, at, fields, stored

DAY = 86400


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ({"cdn_cache_control": "max-age=1", "cache_control": "s-maxage=2"}, 1),
        ({"cache_control": "max-age=3, s-maxage=2"}, 2),
        ({"cache_control": "max-age=3", "expires": at(4)}, 3),
        ({"expires": at(4)}, 4),
        ({"cdn_cache_control": "must-revalidate", "cache_control": "max-age=3", "expires": at(4)}, 0),
        ({}, 0),
    ],
)
def test_2_1_the_order_of_a_shared_cache(lines: dict[str, str], seconds: float) -> None:
    assert lifetime(Stored(200, fields(**lines), NOW), STRICT) == seconds


def test_2_1_several_lines_are_one_list() -> None:
    lines = Fields([("cache-control", "foo"), ("cache-control", "max-age=9")])
    assert lifetime(Stored(200, lines, NOW), STRICT) == 9


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("max-age=0", 0),
        ("max-age=-3600", 0),
        ("max-age='3600'", 0),
        ("max-age=3600.5", 0),
        ("max-age=a100", 0),
        ("max-age", 0),
        ("max-age=", 0),
        ("max-age=003600", 3600),
        ('max-age="3600"', 3600),
        ("MAX-AGE=3600", 3600),
        ("max-age=2147483648", 2**31),
        ("max-age=99999999999", 2**31),
        ("max-age=1, max-age=3600", 1),
        ("max-age=3600, max-age=1", 1),
        ("max-age=3600, max-age=x", 0),
        ('extension="max-age=3600", max-age=1', 1),
        ('max-age=1, extension="max-age=3600"', 1),
        ("max-age=3600, s-maxage=x", 0),
    ],
)
def test_2_2_what_max_age_may_look_like(text: str, seconds: float) -> None:
    assert lifetime(stored(text), replace(STRICT, max=2**40)) == seconds


@pytest.mark.parametrize("expires", ["0", "", "Sun, 21 Nov 2100 04:46:40 UTC", "Sun, 21 Nov 50 04:46:40 GMT", at(0)])
def test_2_3_an_expires_that_is_no_date_or_now_is_past(expires: str) -> None:
    assert lifetime(stored(expires=expires), WINDOW) == 0


def test_2_3_two_expires_are_past() -> None:
    assert lifetime(Stored(200, Fields([("expires", at(100)), ("expires", at(200))]), NOW), WINDOW) == 0


@pytest.mark.parametrize(("date", "seconds"), [(at(-20), 120), (at(20), 80), ("yesterday", 100), (at(300), 0)])
def test_2_4_expires_is_measured_from_the_answers_date_else_from_its_receipt(date: str, seconds: float) -> None:
    assert lifetime(stored(expires=at(100), date=date), STRICT) == seconds


@pytest.mark.parametrize(
    "status", [200, 201, 202, 203, 204, 300, 301, 302, 308, 403, 404, 405, 410, 414, 501, 502, 599]
)
def test_2_5_a_tenth_of_the_time_since_it_was_modified_for_the_statuses_that_allow_it(status: int) -> None:
    old = stored(status=status, date=at(0), last_modified=at(-1000))
    assert lifetime(old, STRICT) == (100 if status in HEURISTIC else 0)


def test_2_5_public_allows_the_guess_for_every_status() -> None:
    assert lifetime(stored("public", status=599, date=at(0), last_modified=at(-1000)), STRICT) == 100


@pytest.mark.parametrize(("modified", "seconds"), [(at(-50 * DAY), DAY), (at(5), 0), ("never", 0)])
def test_2_5_the_guess_is_a_day_at_most_and_never_made_from_nonsense(modified: str, seconds: float) -> None:
    assert lifetime(stored(date=at(0), last_modified=modified), STRICT) == seconds


def test_2_6_silence_is_stale_when_the_operator_has_no_default() -> None:
    assert lifetime(stored(), STRICT) == 0


def test_2_7_the_operators_default_stands_where_a_guess_would() -> None:
    assert [lifetime(stored(status=status), WINDOW) for status in (200, 301, 302, 404, 503)] == [3600, 3600, 0, 10, 0]
    assert lifetime(stored("public", status=302), WINDOW) == 3600


@pytest.mark.parametrize(
    ("text", "window", "seconds"),
    [
        ("max-age=1", Window(min=60), 60),
        ("max-age=0", Window(min=60), 60),
        ("max-age=0", Window(), 0),
        ("no-cache, max-age=100", Window(min=60), 0),
        ('no-cache="set-cookie", max-age=100', Window(), 0),
        ("max-age=1000", Window(max=60), 60),
        ("", Window(max=60), 60),
    ],
)
def test_2_7_the_operators_floor_and_ceiling(text: str, window: Window, seconds: float) -> None:
    assert lifetime(stored(text), window) == seconds


@pytest.mark.parametrize(
    ("status", "text", "negative", "seconds"),
    [
        (404, "", 10, 10),
        (410, "", 10, 10),
        (404, "", 0, 0),
        (404, "max-age=99", 10, 99),
        (501, "", 60, 5),
        (403, "", 10, 0),
        (503, "max-age=99", 10, 99),
        (404, "no-cache", 10, 0),
    ],
)
def test_11_3_errors_live_for_the_negative_window_unless_they_say_otherwise(
    status: int, text: str, negative: float, seconds: float
) -> None:
    assert lifetime(stored(text, status=status), Window(negative=negative, min=60)) == seconds


def test_11_3_a_driver_may_ask_for_more_statuses() -> None:
    more = Window(negative=30, negative_for=frozenset({403, 499, 500, 503}))
    assert [lifetime(stored(status=status), more) for status in (403, 499, 500, 503, 404)] == [30, 30, 5, 5, 0]


def test_5_2_what_varies_on_everything_is_never_fresh() -> None:
    assert lifetime(stored("max-age=100", vary="accept, *"), Window(min=60)) == 0


def test_9_3_a_soft_purge_makes_it_stale_at_once() -> None:
    purged = replace(stored("max-age=1000"), expired=NOW + 10)
    assert seconds_left(purged, WINDOW, NOW + 10) <= 0
    assert seconds_left(purged, WINDOW, NOW + 25) == -15
    assert seconds_left(purged, WINDOW, NOW - 1000) <= 0


def test_12_1_browsers_hear_what_is_for_them_and_never_more_than_we_know() -> None:
    assert browser_lifetime(stored("max-age=5, s-maxage=50"), WINDOW) == 5
    assert browser_lifetime(stored(cdn_cache_control="max-age=50"), WINDOW) == 50
    assert browser_lifetime(stored(cdn_cache_control="max-age=50000"), WINDOW) == 3600
    assert browser_lifetime(stored("max-age=70", cdn_cache_control="max-age=50"), WINDOW) == 70


@pytest.mark.parametrize(("text", "said"), [("max-age=5", True), ("s-maxage=x", True), ("public", False)])
def test_it_is_known_whether_the_origin_said_how_long(text: str, said: bool) -> None:
    assert is_explicit(stored(text)) is said


@given(
    st.integers(200, 599),
    st.text(max_size=60),
    st.text(max_size=40),
    st.builds(Window, *[st.floats(0, 1e6) for _ in range(6)]),
)
def test_any_answer_has_a_lifetime_within_the_window(status: int, text: str, expires: str, window: Window) -> None:
    seconds = lifetime(stored(text, status=status, expires=expires, last_modified=expires), window)
    assert 0 <= seconds <= max(window.max, window.min)
