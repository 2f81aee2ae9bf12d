"""What a stored original is good for, and what those downstream are told."""

from dataclasses import replace
from email.utils import formatdate
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from edge.freshness.said import NOTHING_SAID, Said
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


@pytest.mark.parametrize(("age", "verdict"), [(0, Verdict.FRESH), (1.0, Verdict.REVALIDATE)])
def test_a_nearby_original_is_good_for_less_than_its_recheck(age: float, verdict: Verdict) -> None:
    assert judge(stored(window_age=age), WINDOW, NOW, recheck=1.0) is verdict


def test_a_clock_that_jumps_back_makes_a_nearby_original_be_looked_at() -> None:
    assert judge(stored(window_age=-100), WINDOW, NOW, recheck=1.0) is Verdict.REVALIDATE


@pytest.mark.parametrize("cache_control", ["no-store", "private", "Private, max-age=10", "max-age=10, NO-STORE"])
def test_what_is_private_or_not_to_be_stored_is_not_stored(cache_control: str) -> None:
    assert not storable(200, Fields([("cache-control", cache_control)]))


def test_only_whole_answers_are_stored_without_a_word_and_those_that_allow_a_guess() -> None:
    assert [status for status in (200, 206, 301, 404, 410, 500) if storable(status, Fields())] == [200, 301, 404, 410]


def test_age_counts_what_came_before_us() -> None:
    got = receive(200, Fields([("age", "30, 5"), ("date", print_date(NOW - 10))]), asked=NOW - 2, now=NOW)
    assert got.now_aged(NOW + 5) == 37


def test_a_slow_clock_at_the_origin_counts_as_age() -> None:
    assert receive(200, Fields([("date", print_date(NOW - 50))]), asked=NOW, now=NOW).age == 50


def test_a_304_freshens_but_never_says_how_long_the_body_is() -> None:
    old = stored("max-age=10", window_age=100, content_length="5", age="9", etag='"a"')
    news = Fields([("cache-control", "max-age=20"), ("content-length", "0")])
    new = freshen(old, news, asked=NOW, now=NOW)
    assert new.fields.get("content-length") == "5"
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


@pytest.mark.parametrize(
    ("said", "age", "verdict"),
    [
        (NOTHING_SAID, 9, Verdict.FRESH),
        (Said(no_cache=True), 0, Verdict.REVALIDATE),
        (Said(no_store=True), 0, Verdict.BYPASS),
        (Said(max_age=5), 5, Verdict.FRESH),
        (Said(max_age=5), 6, Verdict.REVALIDATE),
        (Said(min_fresh=5), 5, Verdict.FRESH),
        (Said(min_fresh=5), 6, Verdict.REVALIDATE),
        (Said(max_stale=5), 15, Verdict.FRESH),
        (Said(max_stale=5), 16, Verdict.REVALIDATE),
        (Said(only_if_cached=True), 9, Verdict.FRESH),
        (Said(only_if_cached=True), 10, Verdict.ONLY_IF_CACHED_MISS),
        (Said(only_if_cached=True, no_cache=True), 0, Verdict.ONLY_IF_CACHED_MISS),
        (Said(only_if_cached=True, no_store=True), 0, Verdict.FRESH),
        (Said(only_if_cached=True, max_stale=99), 99, Verdict.FRESH),
    ],
)
def test_4_1_a_request_may_be_pickier_or_humbler(said: Said, age: float, verdict: Verdict) -> None:
    assert judge(stored("max-age=10", window_age=age), STRICT, NOW, said=said) is verdict


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (NOTHING_SAID, Verdict.FETCH),
        (Said(only_if_cached=True), Verdict.ONLY_IF_CACHED_MISS),
        (Said(no_store=True), Verdict.BYPASS),
    ],
)
def test_4_1_nothing_stored_and_a_request_that_asks_for_something(said: Said, verdict: Verdict) -> None:
    assert judge(None, WINDOW, NOW, said=said) is verdict


def test_4_1_a_client_that_takes_stale_answers_gets_none_that_must_be_validated() -> None:
    old = stored("max-age=10, must-revalidate", window_age=15)
    assert judge(old, STRICT, NOW, said=Said(max_stale=99)) is Verdict.REVALIDATE


def test_4_1_a_nearby_original_is_looked_at_when_a_client_wishes() -> None:
    assert judge(stored(), WINDOW, NOW, recheck=1.0, said=Said(no_cache=True)) is Verdict.REVALIDATE


def test_5_2_what_varies_on_everything_is_validated_each_time() -> None:
    old = stored("max-age=10, stale-while-revalidate=99, stale-if-error=99", vary="accept, *")
    assert judge(old, WINDOW, NOW) is Verdict.REVALIDATE
    assert not may_serve_stale(old, WINDOW, NOW, disconnected=True)


@pytest.mark.parametrize("word", ["must-revalidate", "proxy-revalidate", "s-maxage=10", "no-cache"])
def test_6_9_some_directives_forbid_every_stale_answer(word: str) -> None:
    old = stored(f"max-age=10, stale-if-error=99, stale-while-revalidate=99, {word}", window_age=20)
    assert judge(old, WINDOW, NOW) is Verdict.REVALIDATE
    assert not may_serve_stale(old, WINDOW, NOW, disconnected=True)


@pytest.mark.parametrize(
    ("late", "verdict"),
    [(0, Verdict.STALE_SERVE_AND_REVALIDATE), (29, Verdict.STALE_SERVE_AND_REVALIDATE), (30, Verdict.REVALIDATE)],
)
@pytest.mark.parametrize("status", [200, 404, 599])
def test_10_1_the_origins_window_is_measured_from_expiry(late: float, verdict: Verdict, status: int) -> None:
    old = stored("max-age=10, stale-while-revalidate=30", status=status, window_age=10 + late)
    assert judge(old, STRICT, NOW) is verdict


def test_10_1_the_operators_window_never_widens_what_is_to_be_asked_each_time() -> None:
    assert judge(stored("max-age=0", window_age=1), WINDOW, NOW) is Verdict.REVALIDATE
    assert judge(stored("max-age=0, stale-while-revalidate=9", window_age=1), WINDOW, NOW) is (
        Verdict.STALE_SERVE_AND_REVALIDATE
    )


@pytest.mark.parametrize(
    ("text", "late", "failed", "disconnected"),
    [
        ("max-age=10", 1, False, True),
        ("max-age=10", 86399, False, True),
        ("max-age=10", 86400, False, False),
        ("max-age=10, stale-if-error=60", 59, True, True),
        ("max-age=10, stale-if-error=60", 60, False, False),
        ("max-age=10, stale-if-error=x", 1, False, False),
    ],
)
def test_10_3_a_disconnect_is_served_stale_for_a_day_unless_the_origin_says_how_long(
    text: str, late: float, failed: bool, disconnected: bool
) -> None:
    old = stored(text, window_age=10 + late)
    assert may_serve_stale(old, STRICT, NOW) is failed
    assert may_serve_stale(old, STRICT, NOW, disconnected=True) is disconnected


def test_10_2_the_operators_window_is_for_answers_that_are_no_errors() -> None:
    assert may_serve_stale(stored("max-age=10", window_age=20), WINDOW, NOW)
    assert not may_serve_stale(stored("max-age=10", status=404, window_age=20), WINDOW, NOW, disconnected=True)


def test_9_3_a_soft_purge_is_stale_but_not_gone() -> None:
    purged = replace(stored("max-age=1000"), expired=NOW)
    assert judge(purged, WINDOW, NOW + 59) is Verdict.STALE_SERVE_AND_REVALIDATE
    assert judge(purged, WINDOW, NOW + 60) is Verdict.REVALIDATE
    assert may_serve_stale(purged, WINDOW, NOW + 60)
    assert judge(purged, WINDOW, NOW, recheck=9.0) is Verdict.REVALIDATE


MAYBE = st.none() | st.integers(0, 2**31)
SAID = st.builds(Said, *[st.booleans()] * 4, MAYBE, MAYBE, MAYBE)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["cache-control", "cdn-cache-control", "surrogate-control", "expires", "date", "age", "vary"]),
        st.text(st.characters(codec=None), max_size=30)
        | st.sampled_from(["max-age=9", "no-cache", "*", "stale-if-error=9"]),
    )
)


@given(st.integers(200, 599), LINES, SAID, st.none() | st.floats(0, 9), st.floats(-1e6, 1e9))
def test_any_stored_answer_gets_a_verdict(
    status: int, lines: list[tuple[str, str]], said: Said, recheck: float | None, later: float
) -> None:
    one = receive(status, Fields(lines), asked=NOW, now=NOW)
    verdict = judge(one, WINDOW, NOW + later, recheck, said)
    assert verdict is not Verdict.FETCH
    assert (verdict is Verdict.ONLY_IF_CACHED_MISS) <= said.only_if_cached
    assert may_serve_stale(one, WINDOW, NOW + later) <= may_serve_stale(one, WINDOW, NOW + later, disconnected=True)


@given(st.integers(200, 599), LINES, st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_was_once_stale_never_becomes_fresh_by_waiting(
    status: int, lines: list[tuple[str, str]], first: float, second: float
) -> None:
    one = receive(status, Fields(lines), asked=NOW, now=NOW)
    early, late = sorted((NOW + first, NOW + second))
    assert (judge(one, WINDOW, late) is Verdict.FRESH) <= (judge(one, WINDOW, early) is Verdict.FRESH)
