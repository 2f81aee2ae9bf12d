"""What those downstream are told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.freshness.dates import parse_date
from edge.freshness.directives import parse_directives, seconds
from edge.freshness.downstream import combined, downstream, refusal, relayed
from edge.freshness.stored import Stored, Window
from tests.edge.freshness.answers import NOW, STRICT, WINDOW, at, fields, stored

EXPLICIT = st.builds(
    lambda age, old, words, number: replace(stored(f"max-age={number}{words}", old=old), age=age),
    st.integers(0, 500),
    st.integers(0, 500),
    st.sampled_from(["", ", private", ", must-revalidate", ", immutable", ", s-maxage=70", ", stale-if-error=9"]),
    st.integers(0, 1000),
)


def said(told: Fields) -> str | None:
    return told.get("cache-control")


def left(told: Fields) -> int:
    return (seconds(parse_directives(said(told))["max-age"]) or 0) - int(told.get("age") or 0)


def test_12_1_the_origins_words_age_and_date_are_told() -> None:
    told = downstream(stored("max-age=100, s-maxage=200, immutable", old=7, date=at(-7)), WINDOW, NOW)
    assert told == fields(cache_control="public, max-age=100, s-maxage=200, immutable", age="7", date=at(-7))


@pytest.mark.parametrize(("date", "told"), [(at(-60), at(-60)), ("never", at(-7)), (None, at(-7))])
def test_12_1_the_date_is_the_originals_and_its_receipt_where_there_is_none(date: str | None, told: str) -> None:
    lines = {} if date is None else {"date": date}
    assert downstream(Stored(200, fields(**lines), NOW - 7), WINDOW, NOW).get("date") == told


def test_12_1_a_picture_made_late_is_not_younger_than_its_original() -> None:
    week = 7 * 86400
    told = downstream(stored(f"max-age={week}", old=6 * 86400), WINDOW, NOW)
    assert left(told) == 86400


@given(EXPLICIT, st.integers(0, 2000))
def test_12_1_max_age_minus_age_is_what_is_left(one: Stored, later: int) -> None:
    said_by_the_origin = seconds(parse_directives(said(one.fields))["max-age"]) or 0
    told = downstream(one, STRICT, NOW + later)
    assert left(told) == said_by_the_origin - int(one.now_aged(NOW + later))


@given(EXPLICIT, st.floats(-1000, 1000))
def test_12_1_nothing_is_left_after_the_signature(one: Stored, ends: float) -> None:
    assert left(downstream(one, STRICT, NOW, NOW + ends)) <= max(0, ends)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no-store", "no-store"),
        ("no-store, max-age=5, private", "no-store"),
        ("private, max-age=5", "private, max-age=5"),
        ("no-cache, max-age=5", "public, max-age=5, no-cache"),
        ('no-cache="a", max-age=5', "public, max-age=5, no-cache"),
        ("max-age=5, must-revalidate, proxy-revalidate", "public, max-age=5, must-revalidate, proxy-revalidate"),
        ("max-age=5, no-transform", "public, max-age=5, no-transform"),
        (
            "max-age=5, stale-if-error=7, stale-while-revalidate=6",
            "public, max-age=5, stale-while-revalidate=6, stale-if-error=7",
        ),
        ("max-age=5, must-understand, no-store", "public, max-age=5, must-understand, no-store"),
        ("", "public, max-age=3600"),
        ("s-maxage=50", "public, max-age=50, s-maxage=50"),
    ],
)
def test_12_2_the_directives_are_carried(text: str, told: str) -> None:
    assert said(downstream(stored(text), WINDOW, NOW)) == told


def test_12_2_the_operators_window_is_told() -> None:
    assert (
        said(downstream(stored("max-age=5000, s-maxage=9000"), Window(max=60), NOW))
        == "public, max-age=60, s-maxage=60"
    )
    assert said(downstream(stored("max-age=5"), Window(min=60), NOW)) == "public, max-age=60"


def test_12_2_each_audience_hears_its_own_field() -> None:
    told = downstream(stored("max-age=5", cdn_cache_control="max-age=50;x, foo"), WINDOW, NOW)
    assert (said(told), told.get("cdn-cache-control")) == ("public, max-age=5", "max-age=50;x, foo")


@pytest.mark.parametrize("word", ["private", "no-store"])
def test_12_2_shared_caches_that_know_no_targeted_fields_hear_its_restrictions_too(word: str) -> None:
    told = downstream(stored("max-age=5", cdn_cache_control=word), WINDOW, NOW)
    assert (said(told), told.get("cdn-cache-control")) == ("private, max-age=5", word)


def test_12_2_what_only_cdns_may_store_is_told_with_its_age() -> None:
    told = downstream(stored("no-store", cdn_cache_control="max-age=50", old=3), WINDOW, NOW)
    assert told == fields(cache_control="no-store", cdn_cache_control="max-age=50", age="3")


def test_12_2_a_targeted_field_with_an_error_is_not_passed_on() -> None:
    assert "cdn-cache-control" not in downstream(stored("max-age=5", cdn_cache_control="&"), WINDOW, NOW)


@pytest.mark.parametrize(
    ("window", "expires", "told"),
    [
        (Window(max=60), None, "max-age=60, must-revalidate, stale-if-error=9"),
        (WINDOW, NOW + 100, "max-age=107, must-revalidate"),
        (WINDOW, NOW - 100, "max-age=7, must-revalidate"),
    ],
)
def test_12_2_what_cdns_hear_is_shortened_as_well(window: Window, expires: float | None, told: str) -> None:
    one = stored("max-age=5", cdn_cache_control="max-age=500, must-revalidate, stale-if-error=9", old=7)
    assert downstream(one, window, NOW, expires).get("cdn-cache-control") == told


def test_12_6_what_varies_on_everything_is_for_nobody_to_keep() -> None:
    assert downstream(stored("max-age=5", vary="*"), WINDOW, NOW) == fields(cache_control="private, no-store")


def test_12_7_expires_is_made_to_match() -> None:
    told = downstream(stored("max-age=50", expires=at(9000), date=at(-7), old=7), WINDOW, NOW)
    assert (told.get("expires"), told.get("date")) == (at(43), at(-7))
    assert parse_date(told.get("expires") or "") == NOW + left(told)
    assert "expires" not in downstream(stored("max-age=50"), WINDOW, NOW)


def test_12_5_when_it_was_modified_is_kept() -> None:
    assert downstream(stored(last_modified=at(-9)), WINDOW, NOW).get("last-modified") == at(-9)
    assert "last-modified" not in downstream(stored(last_modified="never"), WINDOW, NOW)


def test_permissions_end_with_the_signature() -> None:
    told = downstream(stored("max-age=1000, s-maxage=900, stale-if-error=9", old=50), WINDOW, NOW, NOW + 100)
    assert said(told) == "public, max-age=150, s-maxage=150"


def test_9_3_what_was_softly_purged_is_stale_for_everyone() -> None:
    purged = replace(stored("max-age=1000, s-maxage=500", cdn_cache_control="max-age=900", old=20), expired=NOW - 5)
    told = downstream(purged, WINDOW, NOW)
    assert (said(told), told.get("age")) == ("public, max-age=15, s-maxage=15", "20")
    assert told.get("cdn-cache-control") == "max-age=15"


# Several inputs.


def both(first: Stored, second: Stored, expires: float | None = None) -> Fields:
    one, other = (
        combined([(first, WINDOW), (second, WINDOW)], NOW, expires),
        combined([(second, WINDOW), (first, WINDOW)], NOW, expires),
    )
    assert sorted(one) == sorted(other)
    return one


def test_12_2_the_shortest_life_of_several_counts() -> None:
    told = both(stored("max-age=1000", old=900, date=at(-900)), stored("max-age=60", old=20, date=at(-20)))
    assert told == fields(cache_control="public, max-age=940", age="900", date=at(-900))


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("max-age=9", "private, max-age=9", "private, max-age=9"),
        ("max-age=9", "no-store", "no-store"),
        ("max-age=9, must-revalidate", "max-age=9, no-transform", "public, max-age=9, must-revalidate, no-transform"),
        ("max-age=9, immutable", "max-age=9", "public, max-age=9"),
        ("max-age=9, immutable", "max-age=9, immutable", "public, max-age=9, immutable"),
        ("max-age=9, s-maxage=90", "max-age=9", "public, max-age=9, s-maxage=9"),
        ("max-age=9, stale-if-error=5", "max-age=9, stale-if-error=3", "public, max-age=9, stale-if-error=3"),
        ("max-age=9, stale-if-error=5", "max-age=9", "public, max-age=9"),
    ],
)
def test_12_2_restrictions_of_several_add_up_and_permissions_need_all(first: str, second: str, told: str) -> None:
    assert said(both(stored(first), stored(second))) == told


def test_12_2_cdns_hear_the_strictest_of_what_each_input_tells_them() -> None:
    told = both(stored("max-age=9", cdn_cache_control="max-age=90, must-revalidate"), stored("max-age=50"))
    assert (said(told), told.get("cdn-cache-control")) == ("public, max-age=9", "max-age=50, must-revalidate")
    forbidden = both(stored("max-age=9", cdn_cache_control="no-store"), stored("max-age=50"))
    assert forbidden.get("cdn-cache-control") == "no-store"


def test_12_5_of_several_the_latest_change_counts_if_all_are_known() -> None:
    told = both(stored("max-age=9", last_modified=at(-9)), stored("max-age=9", last_modified=at(-5)))
    assert told.get("last-modified") == at(-5)
    assert "last-modified" not in both(stored("max-age=9", last_modified=at(-9)), stored("max-age=9"))


def test_12_6_one_input_that_varies_on_everything_is_enough() -> None:
    assert said(both(stored("max-age=9"), stored("max-age=9", vary="*"))) == "private, no-store"


@given(st.lists(EXPLICIT, min_size=1, max_size=4))
def test_12_2_nothing_made_of_several_outlives_one_of_them(ones: list[Stored]) -> None:
    told = combined([(one, STRICT) for one in ones], NOW)
    least = min(left(downstream(one, STRICT, NOW)) for one in ones)
    assert left(told) == max(least, -int(told.get("age") or 0))


# Errors and what is passed on.


def test_11_3_a_missing_original_is_told_as_it_says() -> None:
    assert said(refusal(stored(status=404, old=3), WINDOW, NOW)) == "public, max-age=10"
    assert refusal(stored("max-age=99", status=404, old=3), WINDOW, NOW).get("age") == "3"


def test_11_3_an_original_that_is_none_is_told_briefly_and_from_now_on() -> None:
    one = stored("max-age=9999", expires=at(9999), cdn_cache_control="max-age=9999", last_modified=at(-9), old=500)
    told = refusal(one, Window(min=60), NOW)
    assert told == fields(cache_control="public, max-age=10", cdn_cache_control="max-age=10")


def test_3_1_what_is_passed_on_keeps_its_fields_and_gets_its_age() -> None:
    one = stored("max-age=9", date=at(-7), expires=at(0), set_cookie="a=1", age="3", old=7)
    told = relayed(replace(one, age=3), NOW)
    assert told == fields(date=at(-7), expires=at(0), set_cookie="a=1", cache_control="max-age=9", age="10")


def test_9_3_what_was_meant_for_us_is_not_passed_on() -> None:
    lines = {name: "x" for name in ("surrogate_control", "surrogate_key", "cache_tag", "xkey", "cdn_cache_control")}
    assert [name for name, _ in relayed(Stored(200, fields(**lines), NOW), NOW)] == ["cdn-cache-control", "age"]


def test_what_is_passed_on_ends_with_its_signature() -> None:
    one = stored("max-age=900, s-maxage=800", expires=at(900), date=at(0), x_own="1", cdn_cache_control="max-age=700")
    told = relayed(one, NOW, window=WINDOW, expires=NOW + 50)
    assert told.get("cache-control") == "max-age=50, s-maxage=50"
    assert (told.get("cdn-cache-control"), told.get("expires"), told.get("x-own")) == ("max-age=50", at(50), "1")
    assert len(told.lines("date")) == 1
