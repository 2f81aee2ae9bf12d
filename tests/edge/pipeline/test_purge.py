"""What an order to purge means, and what it leaves of pictures."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.fake import FakeDisk
from edge.errors import BadRequest, NotFound
from edge.negotiate.delivery import Delivery
from edge.originals.purge import Order
from edge.originals.record import name_of
from edge.originals.selection import Selection
from edge.origins.fake import FakeOrigin
from edge.pipeline.purge import selections_of
from edge.routing.access import Access
from edge.routing.prefixes import RouteMap
from edge.routing.signing import Key, Policy, sign
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House


@dataclass(frozen=True)
class Place:
    prefix: str
    origin: FakeOrigin
    host: tuple[str, ...] | None = None
    raw: bool = False
    access: Access = field(default_factory=Access)


A, B, C = (FakeOrigin(name=name) for name in "abc")
SIGNED = Access(Policy("required", "edge", (Key("main", secret=b"x" * 32),)))
ROUTES = (
    Place("/", A),
    Place("/photos/", B),
    Place("/photos", C, host=("Img.example",)),
    Place("/raw/", A, raw=True),
    Place("/signed/", C, raw=True, access=SIGNED),
)


def told(kind: str, value: str, routes: tuple[Place, ...] = ROUTES) -> set[str]:
    order = Order(kind, value)  # type: ignore[arg-type] # mypy does not narrow to literals
    return {selection.value for selection in selections_of(order, routes)}


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("/x.jpg?w=3", {"a\0x.jpg"}),
        ("/photos/x%20y.jpg", {"b\0x y.jpg", "c\0x y.jpg"}),
        ("https://IMG.example:8443/photos/x.jpg", {"c\0x.jpg"}),
        ("http://other.example/photos/x.jpg?w=1", {"b\0x.jpg"}),
        ("http://other.example", {"a\0"}),
        ("http://other.example?w=1", {"a\0"}),
        ("/photos", {"b\0", "c\0"}),
        ("/raw/x?b=%20&a", {"a\0x\0?b=%20&a"}),
        ("/raw/x", {"a\0x\0?"}),
        ("/raw/x?", {"a\0x\0?"}),
        ("//x", {"a\0/x"}),
    ],
)
def test_a_url_means_what_its_routes_serve(url: str, names: set[str]) -> None:
    assert told("url", url) == names


def test_a_signature_is_no_part_of_what_is_purged() -> None:
    url = sign("/signed/x?b=1", SIGNED.signature.keys[0])
    assert told("url", url) == told("url", "/signed/x?b=1") == {"c\0x\0?b=1"}


@pytest.mark.parametrize(
    ("prefix", "beginnings"),
    [
        ("/", {"a\0", "b\0", "c\0"}),
        ("/photos/2024", {"a\0photos/2024", "b\0002024", "c\0002024"}),
        ("/pho", {"a\0pho", "b\0", "c\0"}),
        ("/photos", {"a\0photos", "b\0", "c\0"}),
        ("/photos/", {"a\0photos/", "b\0", "c\0"}),
        ("/raw/%C3%A9", {"a\0raw/é", "a\0é"}),
        ("http://img.example/photos/2", {"a\0photos/2", "b\0002", "c\0002"}),
        ("http://other.example/photos/2", {"a\0photos/2", "b\0002"}),
    ],
)
def test_a_prefix_means_every_route_below_and_above_it(prefix: str, beginnings: set[str]) -> None:
    assert told("prefix", prefix) == beginnings


def test_tags_and_all() -> None:
    assert selections_of(Order("tag", "t"), ()) == (Selection("tag", "t"),)
    assert selections_of(Order("all"), ()) == (Selection("all"),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("tag", ""),
        ("url", ""),
        ("url", "x.jpg"),
        ("url", "ftp://h/x"),
        ("url", "http:///x"),
        ("url", "http://u@h/x"),
        ("url", "/a/../b"),
        ("url", "/a%2fb"),
        ("url", "/%"),
        ("url", "/%ff"),
        ("url", "/\ud800"),
        ("url", "/a#b"),
        ("url", "/raw/a?b#c"),
        ("prefix", "/a?b"),
        ("prefix", "photos/"),
    ],
)
def test_what_cannot_be_read_is_refused(kind: str, value: str) -> None:
    with pytest.raises(BadRequest):
        told(kind, value)


@pytest.mark.parametrize("kind", ["url", "prefix"])
def test_what_no_route_serves_is_not_found(kind: str) -> None:
    with pytest.raises(NotFound):
        told(kind, "/elsewhere/x", ROUTES[1:])


PATHS = st.lists(st.sampled_from(["", "photos", "raw", "a", "b"]), max_size=4).map(lambda parts: "/" + "/".join(parts))
HOSTS = st.sampled_from(["", "img.example", "x.example"])
PLACES = st.builds(
    Place,
    PATHS,
    st.sampled_from([A, B, C]),
    host=st.none() | st.lists(HOSTS.filter(bool), min_size=1, max_size=2).map(tuple),
    raw=st.booleans(),
)


@given(st.lists(PLACES, max_size=5), HOSTS, PATHS, st.sampled_from(["", "x=1"]))
def test_what_is_served_is_always_among_what_is_purged(places: list[Place], host: str, path: str, query: str) -> None:
    try:
        route, key = RouteMap(places).find(host, path)
    except (NotFound, ValueError):
        return
    name = name_of(route.origin.name, key, query if route.raw else None)
    url = f"{path}?{query}"
    for address in (url, f"http://{host or 'none.example'}{url}"):
        found = selections_of(Order("url", address), places)
        assert any(selection.covers_name(name) for selection in found)
    for length in range(1, len(path) + 1):
        found = selections_of(Order("prefix", path[:length]), places)
        assert any(selection.covers_name(name) for selection in found)


# What a purge leaves.


async def purge(house: House, url: str, *, soft: bool = False) -> int:
    place = Place("/p/", house.origin)
    return await house.purger.purge(selections_of(Order("url", url), [place]), soft=soft)


async def test_the_original_and_all_that_was_made_of_it_go(house: House) -> None:
    house.origin.put("b.jpg", OTHER)
    for url in ("/p/a.jpg?w=200", "/p/a.jpg?w=100", "/p/b.jpg?w=100"):
        await house.get(url)
    assert house.cache.stats().memory.entries == 5
    assert await purge(house, "/p/a.jpg?w=999") == 1
    assert house.cache.stats().memory.entries == 2
    replies = [await house.get(url) for url in ("/p/a.jpg?w=200", "/p/b.jpg?w=100")]
    assert [reply.story.fwd for reply in replies] == ["uri-miss", ""]


async def test_the_same_bytes_after_a_purge_are_another_rendition(house: House) -> None:
    before = await house.get("/p/a.jpg?w=200")
    await purge(house, "/p/a.jpg")
    after = await house.get("/p/a.jpg?w=200")
    assert before.headers.get("etag") != after.headers.get("etag")
    assert len(house.pool.jobs) == 2


async def test_a_purge_overtakes_what_is_being_asked(house: House) -> None:
    house.origin.gate.clear()
    asking = asyncio.create_task(house.get("/p/a.jpg?w=200"))
    await asyncio.sleep(0.01)
    await purge(house, "/p/a.jpg")
    house.origin.gate.set()
    reply = await asking
    assert (reply.status, reply.headers.get("cache-control")) == (200, "private, no-store")
    assert (house.cache.stats().memory.entries, len(house.originals)) == (0, 0)


async def test_who_comes_after_a_purge_gets_nothing_from_before_it(house: House) -> None:
    house.origin.gate.clear()
    before = asyncio.create_task(house.get("/p/a.jpg?w=200&format=png"))
    await asyncio.sleep(0.01)
    await purge(house, "/p/a.jpg")
    after = [asyncio.create_task(house.get("/p/a.jpg?w=200&format=png")) for _ in range(20)]
    await asyncio.sleep(0.01)
    house.origin.gate.set()
    replies = await asyncio.gather(before, *after)
    assert house.origin.fetches() == 2
    assert {reply.headers.get("cache-control") for reply in replies[1:]} == {"public, max-age=3600"}
    assert len({reply.body for reply in replies[1:]}) == 1


async def test_what_is_being_made_during_a_purge_is_not_kept(house: House) -> None:
    house.pool.delay = 0.03
    making = asyncio.create_task(house.get("/p/a.jpg?w=200"))
    await asyncio.sleep(0.01)
    assert await purge(house, "/p/a.jpg") == 1
    assert (await making).status == 200
    assert house.cache.stats().memory.entries == 0


async def test_another_originals_purge_loses_nothing(house: House) -> None:
    house.pool.delay = 0.03
    making = asyncio.create_task(house.get("/p/a.jpg?w=200"))
    await asyncio.sleep(0.01)
    await purge(house, "/p/other.jpg")
    await making
    assert (await house.get("/p/a.jpg?w=200")).story.tier == "mem"


async def test_a_large_original_is_not_kept_in_memory_after_its_purge(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO + bytes(3 << 20))
    building.delivery = Delivery(queryless="original")
    house = building.build()
    reading = asyncio.create_task(house.get("/p/a.jpg"))
    while len(house.originals) == 0:
        await asyncio.sleep(0)
    await purge(house, "/p/a.jpg")
    await reading
    await house.originals.close()
    assert house.cache.stats().memory.entries == 0


async def test_a_softly_purged_original_is_served_stale_while_it_is_asked_for(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.later(10)
    await purge(house, "/p/a.jpg", soft=True)
    stale = await house.get("/p/a.jpg?w=200")
    assert (stale.story.tier, stale.story.detail) == ("mem", "stale-while-revalidate")
    await house.originals.close()
    fresh = await house.get("/p/a.jpg?w=200")
    assert (fresh.story.detail, fresh.story.ttl, len(house.pool.jobs)) == ("", 3600, 1)


async def test_a_softly_purged_file_is_looked_at_at_once(building: Building) -> None:
    building.recheck = 60.0
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    for fetches in (1, 2, 2):
        assert house.origin.fetches() == fetches
        if fetches == 1:
            await purge(house, "/p/a.jpg", soft=True)
        house.later(1)
        await house.get("/p/a.jpg?w=200")


async def test_a_file_that_was_looked_at_after_a_soft_purge_is_not_marked_any_more(building: Building) -> None:
    building.recheck = 1.0
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    await purge(house, "/p/a.jpg", soft=True)
    await house.get("/p/a.jpg?w=200")
    assert [row.expired_at for row in await building.index.find("fake\0a.jpg")] == [None]


async def test_another_originals_purge_makes_no_other_rendition(house: House) -> None:
    before = await house.get("/p/a.jpg?w=200")
    await purge(house, "/p/other.jpg")
    house.origin.put("a.jpg", PHOTO, {"ETag": '"new"'})
    house.later(7200)
    after = await house.get("/p/a.jpg?w=200")
    assert (after.story.origin_status, after.headers.get("etag")) == (200, before.headers.get("etag"))


async def test_nobody_is_told_after_a_purge_that_there_was_nothing_before_it(house: House) -> None:
    house.origin.gate.clear()
    before = asyncio.create_task(house.get("/p/b.jpg"))
    await asyncio.sleep(0.01)
    await purge(house, "/p/b.jpg")
    after = asyncio.create_task(house.get("/p/b.jpg"))
    await asyncio.sleep(0.01)
    house.origin.gate.set()
    for outcome in await asyncio.gather(before, after, return_exceptions=True):
        assert isinstance(outcome, NotFound)
    assert house.origin.fetches() == 2


async def test_a_purge_by_the_origins_tag(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Surrogate-Key": "news sport", "Cache-Control": "max-age=60"})
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    assert await house.purger.purge(selections_of(Order("tag", "sport"), ())) == 1
    assert (await house.get("/p/a.jpg?w=200")).story.fwd == "uri-miss"


@pytest.mark.parametrize("groups", [True, False])
async def test_cache_groups_count_where_the_origin_may_use_them(building: Building, groups: bool) -> None:
    building.groups = groups
    building.origin.put("a.jpg", PHOTO, {"Cache-Groups": '"news"'})
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    assert await house.purger.purge(selections_of(Order("tag", "news"), ())) == int(groups)


async def test_a_watermarks_purge_takes_what_bears_it(building: Building) -> None:
    building.disk = FakeDisk()
    building.origin.put("logo.png", OTHER)
    building.book = building.marked("/p/logo.png")
    house = building.build()
    await house.get("/p/a.jpg?w=200&watermark=logo")
    key = ((await house.get("/p/a.jpg?w=200&watermark=logo")).headers.get("etag") or "").strip('"')
    await house.cache.flush()
    assert key in building.disk
    await purge(house, "/p/logo.png")
    assert key not in building.disk
    assert await house.cache.get(key) is None
