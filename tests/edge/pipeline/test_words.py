"""What clients and origins forbid or wish: no-transform, and a request's own Cache-Control."""

import asyncio
from dataclasses import replace

import pytest

from edge.errors import BadGateway, GatewayTimeout
from edge.exchange import ImageRequest
from edge.negotiate.delivery import Delivery
from edge.pipeline.explain import explain
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House

NO_TRANSFORM = {"Cache-Control": "max-age=60, no-transform"}


@pytest.mark.parametrize("url", ["/p/a.jpg", "/p/a.jpg?w=100&format=png", "/p/a.jpg?w=100&watermark=logo"])
async def test_what_may_not_be_changed_is_sent_as_it_is(building: Building, url: str) -> None:
    building.book = building.marked("/p/gone.png")
    building.origin.put("a.jpg", PHOTO, NO_TRANSFORM)
    reply = await building.build().get(url)
    assert (reply.body, reply.headers.get("content-type"), reply.story.detail) == (PHOTO, "image/jpeg", "no-transform")
    assert reply.headers.get("cache-control") == "public, max-age=60, no-transform"
    assert reply.headers.get("vary") is None


async def test_head_explain_and_the_tag_agree_with_it(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, NO_TRANSFORM)
    house = building.build()
    told = [await house.get("/p/a.jpg?w=100", method=method) for method in ("GET", "HEAD")]
    tag = told[0].headers.get("etag") or ""
    assert told[1].headers.get("etag") == tag
    assert (await house.get("/p/a.jpg?w=9", {"If-None-Match": tag})).status == 304
    explained = await explain(house.pipeline, ImageRequest("GET", "/p/a.jpg", "w=100"))
    assert f'"{explained["key"]}"' == tag
    assert "no-transform" in str(explained["warnings"])


async def test_a_targeted_field_forbids_it_too(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"CDN-Cache-Control": "max-age=60, no-transform"})
    assert (await building.build().get("/p/a.jpg?w=100")).body == PHOTO


async def test_an_operator_may_overrule_the_origin_but_not_the_client(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, NO_TRANSFORM)
    building.ignore_no_transform = True
    house = building.build()
    assert (await house.get("/p/a.jpg?w=100")).body != PHOTO
    assert (await house.get("/p/a.jpg?w=100", {"Cache-Control": "no-transform"})).body == PHOTO


async def test_a_clients_wish_for_the_original_reaches_nobody_else(house: House) -> None:
    reply = await house.get("/p/a.jpg?w=100", {"Cache-Control": "No-Transform"})
    assert (reply.body, reply.story.detail) == (PHOTO, "no-transform")
    assert (reply.headers.get("cache-control"), reply.headers.get("cdn-cache-control")) == (
        "private, max-age=3600",
        "no-store",
    )
    assert (await house.get("/p/a.jpg?w=100")).body != PHOTO


async def test_the_same_original_has_one_tag_however_it_is_asked_for(building: Building) -> None:
    building.delivery = replace(Delivery(), queryless="original")
    house = building.build()
    plain = await house.get("/p/a.jpg")
    wished = await house.get("/p/a.jpg?w=100", {"Cache-Control": "no-transform"})
    assert plain.headers.get("etag") == wished.headers.get("etag")


@pytest.mark.parametrize("said", ["no-cache", "max-age=0", "no-store", "only-if-cached"])
async def test_by_default_a_clients_cache_control_is_nobodys_business(house: House, said: str) -> None:
    for _ in range(3):
        assert (await house.get("/p/a.jpg?w=100", {"Cache-Control": said})).status == 200
    assert house.origin.fetches() == 1


@pytest.mark.parametrize(
    "headers", [{"Cache-Control": "no-cache"}, {"Cache-Control": "max-age=0"}, {"Pragma": "no-cache"}]
)
async def test_a_client_may_ask_for_a_validation_once_a_second(building: Building, headers: dict[str, str]) -> None:
    building.client_cache_control = "revalidate"
    house = building.build()
    await house.get("/p/a.jpg?w=100")
    house.origin.delay = 0.01
    for asked in (2, 2, 3):
        replies = [await house.get("/p/a.jpg?w=100", headers) for _ in range(3)]
        assert house.origin.fetches() == asked
        house.later(0.6)
    assert [reply.story.fwd for reply in replies] == ["request", "", ""]
    assert (replies[0].story.origin_status, len(house.pool.jobs)) == (304, 1)


async def test_many_who_ask_for_a_validation_share_it(building: Building) -> None:
    building.client_cache_control = "honour"
    house = building.build()
    await house.get("/p/a.jpg?w=100")
    house.origin.delay = 0.01
    replies = await asyncio.gather(*[house.get("/p/a.jpg?w=100", {"Cache-Control": "no-cache"}) for _ in range(20)])
    assert house.origin.fetches() == 2
    assert sum(reply.story.collapsed for reply in replies) == 19


async def test_where_it_is_honoured_a_client_may_want_a_stored_answer_only(building: Building) -> None:
    building.client_cache_control = "honour"
    house = building.build()
    only = {"Cache-Control": "only-if-cached"}
    with pytest.raises(GatewayTimeout, match="stored answer"):
        await house.get("/p/a.jpg?w=100", only)
    await house.get("/p/a.jpg?w=100")
    assert (await house.get("/p/a.jpg?w=100", only)).story.tier == "mem"
    house.later(7200)
    with pytest.raises(GatewayTimeout):
        await house.get("/p/a.jpg?w=100", only)
    assert (await house.get("/p/a.jpg?w=100", {"Cache-Control": "only-if-cached, max-stale"})).story.ttl == -3600
    assert house.origin.fetches() == 1


async def test_where_it_is_honoured_no_store_keeps_nothing(building: Building) -> None:
    building.client_cache_control = "honour"
    house = building.build()
    for _ in range(2):
        reply = await house.get("/p/a.jpg?w=100", {"Cache-Control": "no-store"})
        assert (reply.story.fwd, reply.story.stored, reply.story.ttl) == ("request", False, None)
    assert (house.origin.fetches(), len(house.originals), house.cache.stats().memory.entries) == (2, 0, 0)
    await house.get("/p/a.jpg?w=100")
    await house.get("/p/a.jpg?w=100", {"Cache-Control": "no-store"})
    assert (await house.get("/p/a.jpg?w=100")).story.tier == "mem"


async def test_a_validation_that_only_the_client_wished_may_fail(building: Building) -> None:
    building.client_cache_control = "honour"
    house = building.build()
    await house.get("/p/a.jpg?w=100")
    house.origin.failure = BadGateway("The origin cannot be reached")
    reply = await house.get("/p/a.jpg?w=100", {"Cache-Control": "no-cache"})
    assert (reply.status, reply.story.detail, reply.story.ttl) == (200, "", 3600)


async def test_no_store_that_a_client_provoked_takes_nothing_fresh_away(building: Building) -> None:
    building.client_cache_control = "honour"
    house = building.build()
    await house.get("/p/a.jpg?w=100&format=png")
    house.origin.put("a.jpg", OTHER, {"Cache-Control": "no-store"})
    await house.get("/p/a.jpg?w=100&format=png", {"Cache-Control": "no-cache"})
    assert (await house.get("/p/a.jpg?w=100&format=png")).story.tier == "mem"
