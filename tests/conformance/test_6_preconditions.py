"""Conditional requests answered from the store (RFC 9110 §13)."""

import pytest

from tests.conformance.harness import Cached, picture
from tests.conformance.origin import Answer
from tests.conformance.wire import Headers

# name → seconds from the moment of storing, for dates
Asks = dict[str, str | float]

PRECEDENCE: list[tuple[Asks, int]] = [
    ({"If-None-Match": '"v"'}, 304),
    ({"If-None-Match": '"w"'}, 200),
    ({"If-None-Match": '"v"', "If-Modified-Since": -5000.0}, 304),
    ({"If-None-Match": '"w"', "If-Modified-Since": 0.0}, 200),
    ({"If-Modified-Since": -1000.0}, 304),
    ({"If-Modified-Since": -500.0}, 304),
    ({"If-Modified-Since": -1001.0}, 200),
    ({"If-Match": '"v"'}, 200),
    ({"If-Match": '"w"'}, 412),
    ({"If-Match": '"w", "v"'}, 200),
    ({"If-Match": "*"}, 200),
    ({"If-Match": '"w"', "If-None-Match": '"v"'}, 412),
    ({"If-Match": '"v"', "If-None-Match": '"v"'}, 304),
    ({"If-Match": '"v"', "If-Unmodified-Since": -5000.0}, 200),
    ({"If-Unmodified-Since": -1000.0}, 200),
    ({"If-Unmodified-Since": -1001.0}, 412),
    ({"If-Unmodified-Since": -1001.0, "If-None-Match": '"v"'}, 412),
    ({"If-Unmodified-Since": "no date"}, 200),
    ({"If-Modified-Since": "no date"}, 200),
]


def dated(cached: Cached, asks: Asks) -> Headers:
    return {name: cached.date(value) if isinstance(value, float) else value for name, value in asks.items()}


@pytest.mark.parametrize(("asks", "status"), PRECEDENCE)
async def test_6_1_preconditions_in_their_order(cached: Cached, asks: Asks, status: int) -> None:
    said = {"Cache-Control": "max-age=600", "ETag": '"v"', "Last-Modified": cached.date(-1000)}
    first = await cached.get("/a", said)
    second = await cached.get("/a", asks=dated(cached, asks))
    assert (second.hit, second.status) == (True, status)
    assert second.body == (first.body if status == 200 else second.body if status == 412 else b"")


# stored ETag, If-None-Match, 304?
WEAKLY = [
    ('"v"', '"v"', True),
    ('"v"', 'W/"v"', True),
    ('W/"v"', '"v"', True),
    ('W/"v"', 'W/"v"', True),
    ('"v"', "*", True),
    ('"v"', '"v", "b", "c"', True),
    ('"v"', '"a", "v", "c"', True),
    ('"v"', '"a", "b", "v"', True),
    ('"v"', '"a","b",W/"v"', True),
    ('"v"', ', , "v"', True),
    ('"obs-\u00fc"', '"obs-\u00fc"', True),
    ('"a,b"', '"a,b"', True),
    ('"v"', '"V"', False),
    ('"v"', '"a", "b"', False),
    ('"b"', '"a,b"', False),
    ('"v"', "", False),
]


@pytest.mark.parametrize(("etag", "asks", "same"), WEAKLY)
async def test_6_2_if_none_match_compares_weakly_with_a_list(cached: Cached, etag: str, asks: str, same: bool) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=600", "ETag": etag})
    second = await cached.get("/a", asks={"If-None-Match": asks})
    assert (second.hit, second.status) == (True, 304 if same else 200)


async def test_6_2_several_lines_are_one_list(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=600", "ETag": '"v"'})
    assert (await cached.get("/a", asks={"If-None-Match": ['"a"', '"v"']})).status == 304


@pytest.mark.parametrize(("etag", "asks"), [('W/"v"', 'W/"v"'), ('W/"v"', '"v"'), ('"v"', 'W/"v"')])
async def test_6_2_if_match_compares_strongly(cached: Cached, etag: str, asks: str) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=600", "ETag": etag})
    assert (await cached.get("/a", asks={"If-Match": asks})).status == 412


async def test_6_3_without_last_modified_the_date_is_compared(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=600", "Date": cached.date(-100)})
    for seconds, status in ((-100, 304), (-50, 304), (-101, 200)):
        seen = await cached.get("/a", asks={"If-Modified-Since": cached.date(seconds)})
        assert (seen.hit, seen.status) == (True, status)


async def test_6_3_every_grammar_of_dates_is_understood(cached: Cached) -> None:
    said = {"Cache-Control": "max-age=600", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}
    await cached.get("/a", said)
    for date in ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"):
        assert (await cached.get("/a", asks={"If-Modified-Since": date})).status == 304


async def test_6_3_head_is_conditional_too(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=600", "Last-Modified": cached.date(-1000)})
    seen = await cached.get("/a", asks={"If-Modified-Since": cached.date(-1000)}, method="HEAD")
    assert (seen.hit, seen.status) == (True, 304)


async def test_6_4_a_304_carries_what_the_200_would(cached: Cached) -> None:
    carried = {
        "Cache-Control": "max-age=600",
        "Content-Location": "/b",
        "ETag": '"v"',
        "Expires": cached.date(3600),
        "Vary": "Foo",
        "Date": cached.date(-3),
    }
    first = await cached.get("/a", carried)
    second = await cached.get("/a", asks={"If-None-Match": '"v"'})
    assert (second.hit, second.status, second.body) == (True, 304, b"")
    assert {name: second.get(name) for name in carried} == carried
    assert second.get("content-length") in (None, str(len(first.body)))


async def test_6_5_no_precondition_turns_an_error_into_a_304(cached: Cached) -> None:
    await cached.get("/a", Answer({"Cache-Control": "max-age=600", "ETag": '"v"'}, 404))
    for asks in ({"If-None-Match": '"v"'}, {"If-Match": '"w"'}):
        assert (await cached.get("/a", asks=asks)).status == 404


async def test_6_5_a_conditional_miss_leaves_a_whole_answer_for_the_next(cached: Cached) -> None:
    def answer(asked: object) -> Answer:
        matched = '"v"' in str(getattr(asked, "lines", ""))
        return Answer({"Cache-Control": "max-age=600", "ETag": '"v"'}, 304 if matched else 200, b"whole")

    cached.says("/a", answer)
    assert (await cached.get("/a", asks={"If-None-Match": '"v"'})).status == 304
    second = await cached.get("/a")
    assert (second.status, second.text) == (200, "whole")


async def test_6_5_conditionals_for_a_rendition_are_none_for_its_original(cached: Cached) -> None:
    seen = await cached.get("/a.jpg?w=20", picture({"ETag": '"v"'}), {"If-None-Match": '"v"'}, route="p")
    assert (seen.status, "if-none-match" in seen.asked[0]) == (200, False)
