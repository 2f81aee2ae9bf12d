"""How long an answer is fresh (RFC 9111 §4.2)."""

import pytest

from tests.conformance.harness import Cached
from tests.conformance.origin import Answer
from tests.conformance.wire import Headers


async def lives(cached: Cached, answer: Answer | Headers, seconds: float, route: str = "plain") -> bool:
    """Fresh a second before, and no longer a second after."""
    before = await cached.reuses(answer, seconds - 1, route=route)
    return before and not await cached.reuses(answer, seconds + 1, route=route)


SIXTY: list[Headers] = [
    {"Cache-Control": "max-age=60"},
    {"Cache-Control": "s-maxage=60, max-age=0"},
    {"Cache-Control": "max-age=3600, s-maxage=60"},
    {"Cache-Control": "s-maxage=60, max-age=3600"},
    {"Cache-Control": ["max-age=3600", "s-maxage=60"]},
    {"Cache-Control": "MaX-aGe=60"},
    {"Cache-Control": "max-age=60", "Expires": "Fri, 01 Jan 2038 01:01:01 GMT"},
    {"Cache-Control": "max-age=60", "Expires": "0"},
    {"Cache-Control": "max-age=60", "Expires": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Cache-Control": "s-maxage=60", "Expires": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"CDN-Cache-Control": "max-age=60", "Cache-Control": "s-maxage=3600, max-age=7200"},
    {"Cache-Control": "max-age=0060"},
    {"Cache-Control": 'foo="a, b=c", max-age=60'},
]


@pytest.mark.parametrize("headers", SIXTY)
async def test_2_1_the_first_that_speaks_decides(cached: Cached, headers: Headers) -> None:
    assert await lives(cached, headers, 60)


async def test_2_1_expires_counts_when_no_directive_does(cached: Cached) -> None:
    assert await cached.reuses({"Expires": cached.date(60), "Cache-Control": "public"}, 59)
    assert not await cached.reuses({"Expires": cached.date(60), "Cache-Control": "public"}, 61)


@pytest.mark.parametrize("value", ["0", "-3600", "'3600'", "a3600", "3600a", "3600.5", "", "0x3600"])
async def test_2_2_what_is_no_positive_number_is_stale(cached: Cached, value: str) -> None:
    assert not await cached.reuses({"Cache-Control": f"max-age={value}"}, 1)


@pytest.mark.parametrize("value", ["2147483647", "2147483648", "2147483649", "99999999999", "9" * 400])
async def test_2_2_huge_numbers_are_huge(cached: Cached, value: str) -> None:
    assert await cached.reuses({"Cache-Control": f"max-age={value}"}, 86400)


@pytest.mark.parametrize(
    "said", ["max-age=1800, max-age=10", "max-age=10, max-age=1800", ["max-age=1800", "max-age=10"]]
)
async def test_2_2_the_smallest_of_contradicting_ones_counts(cached: Cached, said: str | list[str]) -> None:
    assert await lives(cached, {"Cache-Control": said}, 10)


GOOD_DATES = [
    "Thu, 18 Aug 2050 02:01:18 GMT",
    "Thursday, 18-Aug-50 02:01:18 GMT",
    "Thu Aug 18 02:01:18 2050",
    "Mon Aug  8 02:01:18 2050",
    "THU, 18 Aug 2050 02:01:18 GMT",
    "Thu, 18 AUG 2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 02:01:18 gMT",
    "Tue, 19 Jan 2038 14:14:08 GMT",
    "Sun, 21 Nov 2286 04:46:39 GMT",
]
BAD_DATES = [
    "0",
    "-1",
    "",
    "Thu, 18 Aug 2050 02:01:18 UTC",
    "Thu, 18 Aug 2050 02:01:18 AEST",
    "Thu, 18 Aug 2050 02:01:18 +0000",
    "Thu, 18 Aug 2050 02:01:18",
    "Thu, 18 Aug 50 02:01:18 GMT",
    "Thu 18 Aug 2050 02:01:18 GMT",
    "Thu, 18  Aug  2050 02:01:18 GMT",
    "Thu, 18-Aug-2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 02.01.18 GMT",
    "Thu, 18 Aug 2050 2:01:18 GMT",
    "Thu, 8 Aug 2050 02:01:18 GMT",
    "Thu, 32 Aug 2050 02:01:18 GMT",
    "Thu, 30 Feb 2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 25:01:18 GMT",
    "2050-08-18T02:01:18Z",
    "Thu, 1\u00b2 Aug 2050 02:01:18 GMT",
]


@pytest.mark.parametrize("date", GOOD_DATES)
async def test_2_3_three_grammars_of_dates(cached: Cached, date: str) -> None:
    assert await cached.reuses({"Expires": date})


@pytest.mark.parametrize("date", BAD_DATES)
async def test_2_3_anything_else_has_expired(cached: Cached, date: str) -> None:
    assert not await cached.reuses({"Expires": date})


async def test_2_3_several_lines_have_expired(cached: Cached) -> None:
    assert not await cached.reuses({"Expires": [cached.date(3600), cached.date(3601)]})


async def test_2_4_the_answers_own_date_is_subtracted(cached: Cached) -> None:
    def said(date: float, expires: float, age: str | None = None) -> Headers:
        return {"Date": cached.date(date), "Expires": cached.date(expires), "Age": age}

    assert not await cached.reuses(said(400, 300))
    assert not await cached.reuses(said(-10, 10, "25"))
    assert not await cached.reuses(said(10, 20, "15"))
    assert await cached.reuses(said(10, 70), 59)
    assert not await cached.reuses(said(10, 70), 61)
    assert not await cached.reuses(said(0, 0))


@pytest.mark.parametrize("date", [None, "yesterday", "0"])
async def test_2_4_without_a_date_it_is_the_time_of_receipt(cached: Cached, date: str | None) -> None:
    assert await cached.reuses({"Date": date, "Expires": cached.date(60)}, 58)
    assert not await cached.reuses({"Date": date, "Expires": cached.date(60)}, 61)


HEURISTIC = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]
NOT_HEURISTIC = [201, 202, 302, 303, 307, 400, 403, 429, 500, 502, 503, 504, 599]


@pytest.mark.parametrize("status", HEURISTIC)
async def test_2_5_a_tenth_of_what_it_was_unchanged(cached: Cached, status: int) -> None:
    assert await cached.reuses(Answer({"Last-Modified": cached.date(-1000)}, status), 99)
    assert not await cached.reuses(Answer({"Last-Modified": cached.date(-1000)}, status), 101)


@pytest.mark.parametrize("status", NOT_HEURISTIC)
async def test_2_5_not_for_other_statuses_unless_public(cached: Cached, status: int) -> None:
    long_ago = cached.date(-86400)
    assert not await cached.reuses(Answer({"Last-Modified": long_ago}, status))
    assert await cached.reuses(Answer({"Last-Modified": long_ago, "Cache-Control": "public"}, status))


async def test_2_5_never_longer_than_a_day(cached: Cached) -> None:
    assert await cached.reuses({"Last-Modified": cached.date(-1000 * 86400)}, 86400 - 2)
    assert not await cached.reuses({"Last-Modified": cached.date(-1000 * 86400)}, 86400 + 2)


async def test_2_5_a_date_in_the_future_gives_nothing(cached: Cached) -> None:
    assert not await cached.reuses({"Last-Modified": cached.date(1000)}, 1)


async def test_2_6_silence_is_not_permission(cached: Cached) -> None:
    assert not await cached.reuses({})
    assert not await cached.reuses({"ETag": '"v"'})


async def test_2_7_an_operators_default_fills_the_silence_only(cached: Cached) -> None:
    strictly = "stale-while-revalidate=0"
    assert await lives(cached, {"Cache-Control": strictly}, 3600, "window")
    assert await lives(cached, {"Cache-Control": f"max-age=60, {strictly}"}, 60, "window")
    assert await cached.reuses({}, 3599, route="window")
    assert not await cached.reuses({"Cache-Control": "no-store"}, route="window")
