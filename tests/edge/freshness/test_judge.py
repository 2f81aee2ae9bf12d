"""What a stored original is good for, and what those downstream are told."""

from email.utils import formatdate
from functools import partial

import pytest

from edge.exchange import Fields
from edge.freshness.judge import (
    Stored,
    Verdict,
    Window,
    downstream,
    freshen,
    judge,
    lifetime,
    may_serve_stale,
    receive,
    storable,
)
from edge.freshness.validators import conditions, weak_match

NOW = 1_795_000_000.0
print_date = partial(formatdate, usegmt=True)
WINDOW = Window()
STRICT = Window(default=0, stale_while_revalidate=0, stale_if_error=0)


def stored(cache_control: str = "", *, status: int = 200, window_age: float = 0, **fields: str) -> Stored:
    lines = [(name.replace("_", "-"), value) for name, value in fields.items()]
    if cache_control:
        lines.append(("cache-control", cache_control))
    return Stored(status, Fields(lines), NOW - window_age)


@pytest.mark.parametrize(
    ("cache_control", "expected"),
    [
        ("max-age=10", 10),
        ("max-age=10, s-maxage=20", 20),
        ("max-age=x", 0),
        ("no-cache, max-age=10", 0),
        ("public", 3600),
        ("max-age=99999999999", 365 * 86400),
    ],
)
def test_the_explicit_lifetime_beats_the_operators_default(cache_control: str, expected: float) -> None:
    assert lifetime(stored(cache_control), WINDOW) == expected


def test_expires_is_measured_from_the_origins_own_date() -> None:
    assert lifetime(stored(expires=print_date(NOW + 100), date=print_date(NOW + 40)), WINDOW) == 60
    assert lifetime(stored(expires=print_date(NOW + 100)), WINDOW) == 100


def test_an_expires_that_is_no_date_is_past() -> None:
    assert lifetime(stored(expires="0"), WINDOW) == 0


def test_two_expires_are_past() -> None:
    both = Fields([("expires", print_date(NOW + 100)), ("expires", print_date(NOW + 200))])
    assert lifetime(Stored(200, both, NOW), WINDOW) == 0


def test_the_operators_floor_and_ceiling_hold() -> None:
    assert lifetime(stored("max-age=1"), Window(min=60)) == 60
    assert lifetime(stored("max-age=1000"), Window(max=60)) == 60


def test_a_missing_original_lives_for_the_negative_window_unless_the_origin_says_otherwise() -> None:
    assert lifetime(stored(status=404), WINDOW) == 10
    assert lifetime(stored("max-age=99", status=404), WINDOW) == 99


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (5, Verdict.FRESH),
        (10, Verdict.STALE_SERVE_AND_REVALIDATE),
        (69, Verdict.STALE_SERVE_AND_REVALIDATE),
        (71, Verdict.REVALIDATE),
    ],
)
def test_the_verdict_follows_the_age(age: float, verdict: Verdict) -> None:
    assert judge(stored("max-age=10", window_age=age), WINDOW, NOW) is verdict


def test_nothing_stored_is_fetched() -> None:
    assert judge(None, WINDOW, NOW) is Verdict.FETCH


def test_must_revalidate_is_never_served_stale() -> None:
    old = stored("max-age=10, must-revalidate", window_age=20)
    assert judge(old, WINDOW, NOW) is Verdict.REVALIDATE
    assert not may_serve_stale(old, WINDOW, NOW)


def test_the_origins_own_stale_windows_count() -> None:
    old = stored("max-age=10, stale-while-revalidate=0, stale-if-error=30", window_age=20)
    assert judge(old, WINDOW, NOW) is Verdict.REVALIDATE
    assert may_serve_stale(old, STRICT, NOW)


def test_a_stale_404_is_asked_again() -> None:
    assert judge(stored(status=404, window_age=20), WINDOW, NOW) is Verdict.REVALIDATE


def test_a_nearby_original_is_looked_at_again_whatever_its_freshness() -> None:
    assert judge(stored("max-age=1000", window_age=0.5), WINDOW, NOW, recheck=1.0) is Verdict.FRESH
    assert judge(stored("max-age=1000", window_age=1.5), WINDOW, NOW, recheck=1.0) is Verdict.REVALIDATE


def test_a_clock_that_jumps_back_makes_a_nearby_original_be_looked_at() -> None:
    assert judge(stored(window_age=-100), WINDOW, NOW, recheck=1.0) is Verdict.REVALIDATE


@pytest.mark.parametrize("cache_control", ["no-store", "private", "Private, max-age=10", "max-age=10, NO-STORE"])
def test_what_is_private_or_not_to_be_stored_is_not_stored(cache_control: str) -> None:
    assert not storable(200, Fields([("cache-control", cache_control)]))


def test_only_whole_and_missing_originals_are_stored() -> None:
    assert [status for status in (200, 206, 301, 404, 410, 500) if storable(status, Fields())] == [200, 404, 410]
    assert not storable(200, Fields([("vary", "accept, *")]))


def test_age_counts_what_came_before_us() -> None:
    got = receive(200, Fields([("age", "30, 5"), ("date", print_date(NOW - 10))]), asked=NOW - 2, now=NOW)
    assert got.now_aged(NOW + 5) == 37


def test_a_slow_clock_at_the_origin_counts_as_age() -> None:
    assert receive(200, Fields([("date", print_date(NOW - 50))]), asked=NOW, now=NOW).age == 50


def test_a_304_freshens_but_never_says_what_the_body_is() -> None:
    old = stored("max-age=10", window_age=100, content_type="image/png", age="9", etag='"a"')
    news = Fields([("cache-control", "max-age=20"), ("content-type", "text/html"), ("content-length", "0")])
    new = freshen(old, news, asked=NOW, now=NOW)
    assert new.fields.get("content-type") == "image/png"
    assert (lifetime(new, WINDOW), new.now_aged(NOW), new.fields.get("etag")) == (20, 0, '"a"')


def test_downstream_hears_the_origins_words_and_the_age() -> None:
    told = downstream(stored("max-age=100, s-maxage=200, immutable", window_age=7), WINDOW, NOW)
    assert told.get("cache-control") == "public, max-age=100, s-maxage=200, immutable"
    assert told.get("age") == "7"


def test_downstream_hears_the_default_when_the_origin_is_silent() -> None:
    assert downstream(stored(), WINDOW, NOW).get("cache-control") == "public, max-age=3600"


def test_downstream_of_what_is_private_or_not_stored() -> None:
    assert downstream(stored("private, max-age=5"), WINDOW, NOW).get("cache-control") == "private, max-age=5"
    assert downstream(stored("no-store"), WINDOW, NOW).get("cache-control") == "no-store"


def test_permissions_end_with_the_signature() -> None:
    told = downstream(stored("max-age=1000, s-maxage=900, stale-if-error=9", window_age=50), WINDOW, NOW, NOW + 100)
    assert told.get("cache-control") == "public, max-age=150, s-maxage=150"


def test_validators_are_replayed_as_they_came() -> None:
    asked = conditions(Fields([("etag", "odd tag"), ("last-modified", "yesterday")]))
    assert list(asked) == [("if-none-match", "odd tag"), ("if-modified-since", "yesterday")]


@pytest.mark.parametrize(
    ("field", "matches"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False), (None, False)],
)
def test_if_none_match_compares_weakly(field: str | None, matches: bool) -> None:
    assert weak_match(field, '"a"') is matches
