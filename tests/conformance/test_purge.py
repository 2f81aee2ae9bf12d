"""POST /purge on the admin listener: what is purged is gone from every tier."""

import asyncio

import pytest

from tests.conformance.harness import OTHER_JPEG, Cached, picture
from tests.conformance.origin import Answer, gone

FRESH = {"Cache-Control": "max-age=86400", "ETag": '"v"'}


@pytest.mark.parametrize("form", ["path", "absolute"])
async def test_a_url_of_a_raw_route_is_purged_as_it_is(cached: Cached, form: str) -> None:
    for query in ("", "?a=1", "?a=2"):
        await cached.get("/a" + query, FRESH)
    host = f"http://127.0.0.1:{cached.edge.public.port}" if form == "absolute" else ""
    assert await cached.purge(url=host + cached.url("/a?a=1")) == 1
    assert [(await cached.get("/a" + query)).hit for query in ("", "?a=2", "?a=1")] == [True, True, False]


async def test_all_variants_of_a_url_go(cached: Cached) -> None:
    for foo in "12":
        await cached.get("/a", {**FRESH, "Vary": "Foo"}, {"Foo": foo})
    assert await cached.purge(url=cached.url("/a")) >= 1
    first = await cached.get("/a", asks={"Foo": "1"})
    assert ["if-none-match" in asked for asked in first.asked] == [False]
    assert not (await cached.get("/a", asks={"Foo": "2"})).hit


@pytest.mark.parametrize("query", ["", "?w=20", "?anything=else"])
async def test_a_url_of_a_picture_route_is_the_original_and_all_renditions(cached: Cached, query: str) -> None:
    widths = (20, 30, 40)
    for width in widths:
        await cached.get(f"/a.jpg?w={width}", picture(FRESH), route="p")
    await cached.get("/b.jpg?w=20", picture(FRESH), route="p")
    await cached.edge.cache.written()
    assert await cached.purge(url=cached.url("/a.jpg" + query, "p")) == 1
    changed = picture({**FRESH, "ETag": '"w"'}, OTHER_JPEG)
    first = await cached.get("/a.jpg?w=20", changed, route="p")
    assert ["if-none-match" in asked for asked in first.asked] == [False]
    before = cached.edge.pool.stats().jobs
    for width in widths[1:]:
        await cached.get(f"/a.jpg?w={width}", route="p")
    assert cached.edge.pool.stats().jobs == before + 2
    assert (await cached.get("/b.jpg?w=20", route="p")).hit


async def test_renditions_are_gone_though_the_original_comes_back_the_same(cached: Cached) -> None:
    await cached.get("/a.jpg?w=20", picture(FRESH), route="p")
    await cached.edge.cache.written()
    await cached.purge(url=cached.url("/a.jpg", "p"))
    before = cached.edge.pool.stats().jobs
    again = await cached.get("/a.jpg?w=20", route="p")
    assert not again.hit
    assert cached.edge.pool.stats().jobs > before


async def test_a_prefix(cached: Cached) -> None:
    for path in ("/x/a", "/x/b/c?d", "/y/a"):
        await cached.get(path, FRESH)
    assert await cached.purge(prefix=cached.url("/x/")) == 2
    assert [(await cached.get(path)).hit for path in ("/x/a", "/x/b/c?d", "/y/a")] == [False, False, True]


async def test_a_prefix_of_a_picture_route(cached: Cached) -> None:
    for path in ("/x/a.jpg", "/x/b/c.jpg", "/xy.jpg"):
        await cached.get(f"{path}?w=20", picture(FRESH), route="p")
    assert await cached.purge(prefix=cached.url("/x/", "p")) == 2
    hits = [(await cached.get(f"{path}?w=20", route="p")).hit for path in ("/x/a.jpg", "/x/b/c.jpg", "/xy.jpg")]
    assert hits == [False, False, True]


async def test_purging_again_finds_nothing(cached: Cached) -> None:
    await cached.get("/a", FRESH)
    assert await cached.purge(url=cached.url("/a")) == 1
    assert await cached.purge(url=cached.url("/a")) == 0
    assert await cached.purge(tag="never heard of") == 0


async def test_a_soft_purge_keeps_what_may_be_served_stale(cached: Cached) -> None:
    first = await cached.get("/a", FRESH)
    assert await cached.purge(url=cached.url("/a"), soft=True) == 1
    down = await cached.get("/a", gone())
    assert (down.status, down.body, len(down.asked)) == (200, first.body, 1)
    back = await cached.get("/a", Answer(FRESH, 304))
    assert [asked.get("if-none-match") for asked in back.asked] == ['"v"']
    assert (back.body, (await cached.get("/a")).hit) == (first.body, True)


async def test_a_soft_purge_of_a_picture_redoes_no_pixels_when_nothing_changed(cached: Cached) -> None:
    first = await cached.get("/a.jpg?w=20", picture(FRESH), route="p")
    await cached.purge(url=cached.url("/a.jpg", "p"), soft=True)
    before = cached.edge.pool.stats().jobs
    second = await cached.get("/a.jpg?w=20", Answer(FRESH, 304), route="p")
    assert [asked.get("if-none-match") for asked in second.asked] == ['"v"']
    assert (second.body, cached.edge.pool.stats().jobs) == (first.body, before)


@pytest.mark.parametrize("route", ["plain", "p"])
async def test_an_answer_that_was_under_way_is_not_kept(cached: Cached, route: str) -> None:
    gate = asyncio.Event()
    body = picture().body
    cached.says("/a.jpg", Answer({**FRESH, "Content-Type": "image/jpeg"}, 200, body, gate=gate))
    reading = asyncio.create_task(cached.get("/a.jpg?w=20", route=route))
    await cached.origin.arrived(cached.at("/a.jpg"), 1)
    await cached.purge(url=cached.url("/a.jpg?w=20", route))
    gate.set()
    assert (await reading).status == 200
    assert not (await cached.get("/a.jpg?w=20", picture(FRESH), route=route)).hit


BAD = [
    {},
    {"url": "/a", "prefix": "/"},
    {"url": 5},
    {"url": "no path"},
    {"url": "/nowhere/a"},
    {"all": False},
    {"url": "/plain/a", "soft": "yes"},
    {"unheard": "of"},
    [],
    "all",
]


@pytest.mark.parametrize("content", BAD)
async def test_what_is_no_order_is_a_clear_400(cached: Cached, content: object) -> None:
    seen = await cached.admin("POST", "/purge", content)
    assert 400 <= seen.status < 500
    assert seen.json["detail"]


async def test_only_post_purges(cached: Cached) -> None:
    assert (await cached.admin("GET", "/purge")).status == 405


async def test_the_public_listener_does_not_purge(cached: Cached) -> None:
    await cached.get("/a", FRESH)
    seen = await cached.get("/a", method="PURGE", route="p")
    assert seen.status == 405
    assert (await cached.get("/a")).hit
