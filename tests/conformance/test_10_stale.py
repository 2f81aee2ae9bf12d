"""Serving stale (RFC 5861; RFC 9111 §4.2.4)."""

import asyncio

import pytest

from tests.conformance.harness import Cached, picture
from tests.conformance.origin import Answer, Script, gone, not_modified
from tests.conformance.wire import Headers

SWR = {"Cache-Control": "max-age=10, stale-while-revalidate=60", "ETag": '"v"'}
SIE = {"Cache-Control": "max-age=10, stale-if-error=60", "ETag": '"v"'}


async def test_10_1_stale_is_served_at_once_and_revalidated_behind(cached: Cached) -> None:
    first = await cached.get("/a", SWR)
    cached.clock.tick(69)
    gate = asyncio.Event()
    second = await cached.get("/a", Answer(SWR, 304, gate=gate))
    assert (second.status, second.body, second.age) == (200, first.body, 69)
    asked = cached.origin.asked(cached.at("/a"))
    await cached.origin.arrived(cached.at("/a"), 2)
    assert asked[1].get("if-none-match") == '"v"'
    gate.set()
    await fresh_again(cached)


async def fresh_again(cached: Cached, path: str = "/a") -> None:
    """Wait until the background has done its work."""
    async with asyncio.timeout(10):
        while (await cached.get(path)).age:
            await asyncio.sleep(0.005)


async def test_10_1_one_revalidation_for_all(cached: Cached) -> None:
    await cached.get("/a", SWR)
    cached.clock.tick(30)
    gate = asyncio.Event()
    cached.says("/a", Answer(SWR, 200, b"new", gate=gate))
    for _ in range(5):
        assert (await cached.get("/a")).text != "new"
    await cached.origin.arrived(cached.at("/a"), 2)
    assert len(cached.origin.asked(cached.at("/a"))) == 2
    gate.set()
    await fresh_again(cached)
    assert (await cached.get("/a")).text == "new"
    assert len(cached.origin.asked(cached.at("/a"))) == 2


async def test_10_1_after_the_window_the_client_waits(cached: Cached) -> None:
    await cached.get("/a", SWR)
    cached.clock.tick(71)
    second = await cached.get("/a", Answer(SWR, 200, b"new"))
    assert second.text == "new"


async def test_10_1_an_error_behind_leaves_the_stored_answer(cached: Cached) -> None:
    first = await cached.get("/a", SWR)
    cached.clock.tick(30)
    assert (await cached.get("/a", gone())).body == first.body
    await cached.origin.arrived(cached.at("/a"), 2)
    cached.clock.tick(30)
    assert (await cached.get("/a", Answer(SWR, 503))).body == first.body


@pytest.mark.parametrize("directive", ["must-revalidate", "proxy-revalidate", "s-maxage=10", "no-cache"])
async def test_10_1_not_where_stale_is_forbidden(cached: Cached, directive: str) -> None:
    await cached.get("/a", {"Cache-Control": f"max-age=10, stale-while-revalidate=60, {directive}"})
    cached.clock.tick(11)
    assert (await cached.get("/a", Answer(SWR, 200, b"new"))).text == "new"


async def test_10_1_an_operators_window_does_it_too(cached: Cached) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=10"}, route="window")
    cached.clock.tick(69)
    assert (await cached.get("/a", Answer({}, 200, b"new"), route="window")).body == first.body
    await cached.until(lambda: len(cached.origin.asked(cached.at("/a"))) == 2)


async def test_10_1_renditions_too(cached: Cached) -> None:
    first = await cached.get("/a.jpg?w=20", picture(SWR), route="p")
    cached.clock.tick(30)
    gate = asyncio.Event()
    second = await cached.get("/a.jpg?w=20", Answer(SWR, 304, gate=gate), route="p")
    assert (second.status, second.body) == (200, first.body)
    await cached.origin.arrived(cached.at("/a.jpg"), 2)
    gate.set()


FAILURES: dict[str, Script] = {
    "500": Answer({}, 500),
    "502": Answer({}, 502),
    "503": Answer({}, 503),
    "504": Answer({}, 504),
    "no answer": gone(),
    "no head": Answer(raw=b"HTTP/1.1 200 OK\r\nContent-"),
    "no HTTP": Answer(raw=b"SSH-2.0-OpenSSH\r\n\r\n"),
}


@pytest.mark.parametrize("route", ["plain", "p"])
@pytest.mark.parametrize("failure", list(FAILURES))
async def test_10_2_an_error_is_hidden_within_the_window(cached: Cached, failure: str, route: str) -> None:
    first = await cached.get("/a.jpg?w=20", picture(SIE) if route == "p" else Answer(SIE), route=route)
    cached.clock.tick(69)
    cached.says("/a.jpg", FAILURES[failure])
    second = await cached.get("/a.jpg?w=20", route=route)
    assert (second.status, second.body, second.age) == (200, first.body, 69)
    assert len(second.asked) >= 1


@pytest.mark.parametrize("failure", ["500", "502", "503", "504"])
async def test_10_2_and_shown_after_it(cached: Cached, failure: str) -> None:
    await cached.get("/a", SIE)
    cached.clock.tick(71)
    cached.says("/a", FAILURES[failure])
    assert (await cached.get("/a")).status == int(failure)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 501])
async def test_10_2_other_statuses_are_answers(cached: Cached, status: int) -> None:
    await cached.get("/a", SIE)
    cached.clock.tick(11)
    assert (await cached.get("/a", Answer({}, status))).status == status


async def test_10_2_an_operators_window_yields_to_must_revalidate(cached: Cached) -> None:
    for path, directive, status in (("/a", "max-age=10", 200), ("/b", "max-age=10, must-revalidate", 503)):
        await cached.get(path, {"Cache-Control": directive}, route="window")
        cached.clock.tick(3600)
        assert (await cached.get(path, Answer({}, 503), route="window")).status == status


async def test_10_2_an_error_does_not_replace_the_stored_answer(cached: Cached) -> None:
    first = await cached.get("/a", SIE)
    cached.clock.tick(20)
    await cached.get("/a", Answer({"Cache-Control": "max-age=600"}, 503))
    cached.clock.tick(20)
    third = await cached.get("/a", not_modified(ETag='"v"', Cache_Control="max-age=10"))
    assert (third.status, third.body) == (200, first.body)


@pytest.mark.parametrize("route", ["plain", "p"])
async def test_10_3_a_disconnect_is_hidden_without_any_window(cached: Cached, route: str) -> None:
    said: Headers = {"Cache-Control": "max-age=10"}
    first = await cached.get("/a.jpg?w=20", picture(said) if route == "p" else said, route=route)
    cached.clock.tick(11)
    second = await cached.get("/a.jpg?w=20", gone(), route=route)
    assert (second.status, second.body) == (200, first.body)


@pytest.mark.parametrize("directive", ["must-revalidate", "proxy-revalidate", "s-maxage=10", "no-cache"])
async def test_10_3_unless_that_is_forbidden(cached: Cached, directive: str) -> None:
    first = await cached.get("/a.jpg?w=20", picture({"Cache-Control": f"max-age=10, {directive}"}), route="p")
    cached.clock.tick(11)
    second = await cached.get("/a.jpg?w=20", gone(), route="p")
    assert second.status in (502, 504)
    assert second.body != first.body


async def test_10_4_cache_status_tells_and_there_is_no_warning(cached: Cached) -> None:
    await cached.get("/a", {**SWR, "Cache-Control": "max-age=10, stale-while-revalidate=60, stale-if-error=600"})
    cached.clock.tick(22)
    swr = await cached.get("/a", gone())
    cached.clock.tick(100)
    sie = await cached.get("/a")
    assert "edge; hit; ttl=-12" in (swr.get("cache-status") or "")
    assert "detail=stale-while-revalidate" in (swr.get("cache-status") or "")
    assert "stale-if-error" in (sie.get("cache-status") or "")
    assert "warning" not in swr
    assert "warning" not in sie
