"""What a request's Cache-Control asks (RFC 9111 §5.2.1), by mode of the route."""

import asyncio

import pytest

from tests.conformance.harness import Cached
from tests.conformance.origin import Answer, validating
from tests.conformance.wire import Headers

FORCING: list[Headers] = [
    {"Cache-Control": "no-cache"},
    {"Cache-Control": "max-age=0"},
    {"Cache-Control": "No-Cache"},
    {"Pragma": "no-cache"},
    {"Pragma": "No-Cache"},
]
ANY: list[Headers] = [*FORCING, {"Cache-Control": "no-store"}, {"Cache-Control": "min-fresh=99999"}]


@pytest.mark.parametrize("asks", ANY)
async def test_4_1_a_route_that_ignores_them_answers_from_the_store(cached: Cached, asks: Headers) -> None:
    assert await cached.reuses({"Cache-Control": "max-age=60"}, 5, None, asks)


async def test_4_1_ignored_too_is_that_a_request_must_not_be_stored(cached: Cached) -> None:
    assert await cached.reuses({"Cache-Control": "max-age=60"}, 0, {"Cache-Control": "no-store"})


@pytest.mark.parametrize("route", ["honour", "revalidate"])
@pytest.mark.parametrize("asks", FORCING)
async def test_4_1_honoured_they_reach_the_origin(cached: Cached, route: str, asks: Headers) -> None:
    cached.says("/a", validating(ETag='"v"', Cache_Control="max-age=60"))
    first = await cached.get("/a", route=route)
    cached.clock.tick(5)
    second = await cached.get("/a", asks=asks, route=route)
    assert [asked.get("if-none-match") for asked in second.asked] == ['"v"']
    assert (second.status, second.body, second.age) == (200, first.body, 0)


HONOURED: list[tuple[str, Headers, float, str, bool]] = [
    ("younger than asked for", {"Cache-Control": "max-age=3600"}, 10, "max-age=60", True),
    ("older than asked for", {"Cache-Control": "max-age=3600", "Age": "1800"}, 0, "max-age=600", False),
    ("fresh long enough", {"Cache-Control": "max-age=3600"}, 10, "min-fresh=600", True),
    ("not fresh long enough", {"Cache-Control": "max-age=1500"}, 0, "min-fresh=2000", False),
    ("aged and not fresh long enough", {"Cache-Control": "max-age=1500", "Age": "1000"}, 0, "min-fresh=1000", False),
    ("stale but not too stale", {"Cache-Control": "max-age=10"}, 30, "max-stale=60", True),
    ("too stale", {"Cache-Control": "max-age=10"}, 100, "max-stale=60", False),
    ("however stale", {"Cache-Control": "max-age=10"}, 1000, "max-stale", True),
    ("stale where that is forbidden", {"Cache-Control": "max-age=10, must-revalidate"}, 30, "max-stale", False),
    ("stale for a shared cache", {"Cache-Control": "s-maxage=10"}, 30, "max-stale", False),
    ("fresh and only from the store", {"Cache-Control": "max-age=60"}, 10, "only-if-cached", True),
    ("a Cache-Control without meaning here", {"Cache-Control": "max-age=60"}, 10, "nothing-to-see", True),
]


@pytest.mark.parametrize(
    ("headers", "later", "asks", "hit"), [row[1:] for row in HONOURED], ids=[r[0] for r in HONOURED]
)
async def test_4_1_each_directive_is_honoured(
    cached: Cached, headers: Headers, later: float, asks: str, hit: bool
) -> None:
    assert await cached.reuses(headers, later, None, {"Cache-Control": asks}, route="honour") == hit


async def test_4_1_only_if_cached_and_nothing_there_is_504(cached: Cached) -> None:
    seen = await cached.get("/a", {"Cache-Control": "max-age=60"}, {"Cache-Control": "only-if-cached"}, route="honour")
    assert (seen.status, seen.hit) == (504, True)
    assert (await cached.get("/a", route="honour")).status == 200


async def test_4_1_no_store_keeps_the_answer_out(cached: Cached) -> None:
    headers = {"Cache-Control": "max-age=60"}
    assert not await cached.reuses(headers, 0, {"Cache-Control": "no-store"}, {}, route="honour")


async def test_4_1_pragma_says_nothing_beside_a_cache_control(cached: Cached) -> None:
    asks = {"Pragma": "no-cache", "Cache-Control": "max-age=100"}
    assert await cached.reuses({"Cache-Control": "max-age=600"}, 5, None, asks, route="honour")


async def test_4_1_forced_validations_are_collapsed(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=60"}, route="revalidate")
    cached.clock.tick(10)
    gate = asyncio.Event()
    cached.says("/a", Answer({"Cache-Control": "max-age=60"}, gate=gate))
    asks = {"Cache-Control": "no-cache"}
    tasks = [asyncio.create_task(cached.get("/a", asks=asks, route="revalidate")) for _ in range(4)]
    await cached.origin.arrived(cached.at("/a"), 2)
    await asyncio.sleep(0.05)
    gate.set()
    assert {(await task).status for task in tasks} == {200}
    assert len(cached.origin.asked(cached.at("/a"))) == 2
