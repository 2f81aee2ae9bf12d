"""What one client says must not shape what others get."""

import pytest

from edge.errors import BadGateway
from edge.exchange import Fields
from edge.freshness.judge import Window
from edge.origins.base import Ask
from edge.relay.inquiry import heard
from tests.edge.relay.relaying import Said, World

KEEP = {"cache-control": "max-age=60"}


@pytest.mark.parametrize("status", [400, 412, 416, 431, 500])
async def test_an_error_that_a_range_may_have_caused_is_not_for_others(status: int) -> None:
    world = World()

    def answer(ask: Ask) -> Said:
        return Said(b"no", KEEP, status) if "range" in ask.headers else Said(b"whole", KEEP)

    world.origin.answers["a"] = answer
    assert (await world.get("/a", range="bytes=9-")).status == status
    assert (await world.get("/a")).body == b"whole"


async def test_an_error_that_a_precondition_caused_is_not_for_others() -> None:
    world = World()
    world.says("a", cache_control="no-store")
    await world.get("/a")  # from now on nobody waits for it, and what clients ask for is asked as it is
    world.says("a", b"no", 412, cache_control="max-age=60")
    assert (await world.get("/a", if_match='"x"')).status == 412
    world.says("a", b"whole", cache_control="max-age=60")
    assert (await world.get("/a")).body == b"whole"


async def test_what_is_not_there_is_not_there_in_parts_either() -> None:
    world = World()
    world.says("a", b"none", 404, cache_control="max-age=60")
    await world.get("/a", range="bytes=0-1")
    assert (await world.get("/a")).way == "hit:mem"


@pytest.mark.parametrize("connection", ["Accept-Language", "close,  accept-language", "keep-alive, Accept-Language"])
async def test_a_field_of_the_connection_selects_nothing(connection: str) -> None:
    world = World()
    world.origin.answers["a"] = lambda ask: Said(
        (ask.headers.get("accept-language") or "none").encode(), {**KEEP, "vary": "accept-language"}
    )
    assert (await world.get("/a", connection=connection, accept_language="de")).body == b"none"
    assert (await world.get("/a", accept_language="de")).body == b"de"


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "x-forwarded-proto", "X-HTTP-Method-Override"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_no_name_holds_is_not_told_to_the_origin(name: str, method: str) -> None:
    world = World()
    world.says("a", cache_control="max-age=60")
    await world.get("/a", method, **{name: "host=evil.example", "x-other": "kept"})
    told = world.origin.asked[0].headers
    assert name not in told
    assert told.get("x-other") == "kept"


async def test_a_write_is_passed_on_as_it_is() -> None:
    world = World()
    await world.get("/a", "POST", x_forwarded_host="shop.example")
    assert world.origin.asked[0].headers.get("x-forwarded-host") == "shop.example"


@pytest.mark.parametrize("mode", ["bypass", "strip"])
async def test_a_cookie_in_answer_to_head_is_not_for_others(mode: str) -> None:
    world = World(route={"set_cookie": mode})
    world.says("a", b"body", etag='"1"', cache_control="max-age=1")
    await world.get("/a")
    world.now += 2
    world.says("a", b"body", etag='"1"', cache_control="max-age=60", set_cookie="session=mine", content_length="4")
    await world.get("/a", "HEAD")
    told = await world.get("/a")
    assert told.way == "hit:mem"
    (record,) = world.records.peek(world.name("a"))
    assert "set-cookie" not in told.fields
    assert "set-cookie" not in record.stored.fields


async def test_head_with_credentials_says_nothing_of_what_others_get() -> None:
    world = World(Window(default=0, negative=0, stale_while_revalidate=0, stale_if_error=9))
    world.says("a", b"body", etag='"1"', cache_control="max-age=1")
    await world.get("/a")
    world.now += 2
    world.says("a", b"mine", etag='"2"')
    await world.get("/a", "HEAD", authorization="mine")
    world.origin.failure = BadGateway("gone", disconnected=True)
    assert (await world.get("/a")).body == b"body"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("ruling", ["private, max-age=60", "no-store, max-age=60"])
async def test_what_is_confirmed_for_one_alone_is_kept_no_longer(method: str, ruling: str) -> None:
    world = World()
    world.says("a", b"body", etag='"1"', cache_control="max-age=1")
    await world.get("/a")
    world.now += 2
    world.says("a", b"body", etag='"1"', cache_control=ruling)
    first = await world.get("/a", method)
    assert first.fields.get("cache-control") == ruling
    before = world.asked
    assert (await world.get("/a")).body == b"body"
    assert world.asked == before + 1
    assert "if-none-match" not in world.origin.asked[-1].headers


async def test_a_write_that_fails_keeps_nobody_from_reading() -> None:
    world = World(Window(negative=10))
    world.origin.failure = BadGateway("gone", disconnected=True)
    with pytest.raises(BadGateway):
        await world.ask("/a", "POST", b"poison")
    world.origin.failure = None
    world.says("a", b"body")
    assert (await world.get("/a")).body == b"body"


def test_fields_that_the_connection_does_not_name_stay() -> None:
    fields = Fields([("connection", "x-a, x-b"), ("x-a", "1"), ("x-c", "2")])
    assert [name for name, _ in heard(fields)] == ["connection", "x-c"]
    usual = Fields([("Connection", "Close"), ("Close", "1")])
    assert heard(usual) is usual


@pytest.mark.parametrize("mode", ["strip", "bypass"])
async def test_a_cookie_that_another_route_stored_stays_there(mode: str) -> None:
    storing = World(route={"set_cookie": "store"})
    storing.says("a", cache_control="max-age=60", set_cookie="session=1")
    assert "set-cookie" in (await storing.get("/a")).fields
    world = World(beside=storing, route={"set_cookie": mode})
    told = await world.get("/a")
    assert (world.asked, told.story.fwd) == (1, "")
    assert "set-cookie" not in told.fields
