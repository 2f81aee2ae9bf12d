"""Methods that write: passed on, and what they make old is gone before anyone hears of their answer."""

import asyncio
from collections.abc import Sequence

import pytest

from edge.errors import BadGateway
from edge.originals.record import Record
from edge.originals.selection import Selection
from edge.routing.access import Access
from edge.routing.signing import Key, Policy, sign
from tests.edge.relay.relaying import World


async def filled(world: World, *keys: str) -> None:
    for key in keys:
        world.says(key, cache_control="max-age=600")
        assert (await world.get(f"/{key}")).story.stored


async def there(world: World, key: str) -> bool:
    return bool(await world.records.find(world.name(key)))


async def test_content_is_passed_on_and_the_answer_back() -> None:
    world = World()
    world.says("a", b"created", 201, x_own="1", age="7")
    reply = await world.ask("/a?q=1", "POST", content=b"content", content_type="text/plain")
    assert (reply.status, reply.headers.get("x-own"), reply.headers.get("age")) == (201, "1", "7")
    ask = world.origin.asked[0]
    assert (ask.method, ask.query, ask.content_length, ask.verbatim) == ("POST", "q=1", 7, True)
    assert world.origin.contents == [b"content"]
    assert (reply.story.fwd, reply.story.stored) == ("method", False)
    await reply.body.aclose()  # type: ignore[union-attr]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"])
async def test_a_write_makes_its_target_old(method: str) -> None:
    for status, stays in ((200, False), (204, False), (303, False), (404, True), (500, True)):
        world = World()
        await filled(world, "a")
        world.says("a", b"" if status == 204 else b"done", status)
        await world.get("/a", method)
        assert await there(world, "a") is stays, status


@pytest.mark.parametrize("method", ["OPTIONS"])
async def test_a_safe_method_makes_nothing_old_and_is_not_kept(method: str) -> None:
    world = World()
    await filled(world, "a")
    for _ in range(2):
        assert (await world.get("/a", method)).way == "method"
    assert await there(world, "a")
    assert world.asked == 3


async def test_what_location_and_content_location_name_is_old_too() -> None:
    world = World()
    await filled(world, "a", "b", "c", "d")
    world.says("a", status=201, location="/b", content_location="https://edge.example/c")
    await world.get("/a", "POST")
    assert [await there(world, key) for key in ("a", "b", "c", "d")] == [False, False, False, True]


async def test_what_another_server_is_said_to_have_stays() -> None:
    world = World()
    await filled(world, "b")
    world.says("a", status=201, location="https://other.example/b")
    await world.get("/a", "POST")
    assert await there(world, "b")


async def test_pictures_of_the_original_are_old_too() -> None:
    asked: list[Selection] = []

    async def purge(selections: Sequence[Selection]) -> int:
        asked.extend(selections)
        return 0

    world = World()
    object.__setattr__(world.relay._carrier._means, "purge", purge)
    world.says("a", b"done")
    await world.get("/a?x=1", "PUT")
    assert asked == [Selection("name", "spoken\0a\0?x=1"), Selection("name", "spoken\0a")]


async def test_a_signature_in_a_location_is_no_part_of_the_name() -> None:
    key = Key("main", secret=b"0123456789abcdef0123456789abcdef")
    world = World(access=Access(Policy("required", keys=(key,))))
    world.says("b", cache_control="max-age=600")
    await world.get(sign("/b?x=1", key))
    world.says("a", status=201, location=sign("/b?x=1", key))
    await world.get(sign("/a", key), "POST")
    assert await world.records.find(world.name("b", "x=1")) == ()


async def test_groups_are_made_old_where_the_operator_trusts_the_origin() -> None:
    for groups in (True, False):
        world = World(route={"groups": groups})
        world.says("b", cache_control="max-age=600", cache_groups='"g"')
        await world.get("/b")
        world.says("a", cache_group_invalidation='"g"')
        await world.get("/a", "POST")
        assert await there(world, "b") is not groups


async def test_an_answer_to_post_that_says_what_get_would_bring_is_kept_for_get() -> None:
    world = World()
    world.says("a", b"made", cache_control="max-age=60", content_location="/a")
    assert (await world.get("/a", "POST")).story.stored
    told = await world.get("/a")
    assert (told.way, told.body) == ("hit:mem", b"made")


@pytest.mark.parametrize(
    "fields",
    [
        {"content_location": "/other", "cache_control": "max-age=60"},
        {"content_location": "/a"},
        {"cache_control": "max-age=60"},
    ],
)
async def test_other_answers_to_post_are_not_kept(fields: dict[str, str]) -> None:
    world = World()
    world.says("a", b"made", 200, **fields)
    await world.get("/a", "POST")
    assert not await there(world, "a")


async def test_a_write_goes_to_its_end_though_its_client_left() -> None:
    world = World()
    await filled(world, "a")
    world.origin.gate.clear()
    task = asyncio.ensure_future(world.ask("/a", "DELETE"))
    await world.settle()
    task.cancel()
    await world.settle()
    world.origin.gate.set()
    await world.settle()
    assert not await there(world, "a")


async def test_a_failing_origin_is_told_and_nothing_stale_takes_its_place() -> None:
    world = World()
    await filled(world, "a")
    world.origin.failure = BadGateway("The origin cannot be reached", disconnected=True)
    with pytest.raises(BadGateway):
        await world.get("/a", "POST")


async def test_content_of_a_get_goes_nowhere() -> None:
    world = World()
    world.says("a", cache_control="max-age=60")
    reply = await world.ask("/a", content=b"poison")
    await reply.body.aclose()  # type: ignore[union-attr]
    assert world.origin.contents == [b""]


async def test_a_record_keeps_the_tags_by_which_it_may_be_purged() -> None:
    world = World()
    world.says("a", cache_control="max-age=60", surrogate_key="one two", cache_tag="three")
    await world.get("/a")
    (record,) = await world.records.find(world.name("a"))
    assert isinstance(record, Record)
    assert record.tags == ("one", "two", "three")
    await world.purger.purge([Selection("tag", "two")])
    assert (await world.get("/a")).way == "uri-miss"
