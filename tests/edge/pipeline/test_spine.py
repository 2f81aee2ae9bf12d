"""A request's whole story, with fakes at the seams."""

import asyncio
from dataclasses import replace

import pytest

from edge.errors import BadRequest, Forbidden, NotFound, Unauthorized, Unprocessable, UnsupportedPicture, UriTooLong
from edge.exchange import Fields
from edge.negotiate.delivery import Delivery
from edge.plan.facts import Limits
from edge.routing.access import Access
from edge.routing.signing import Key, Policy, sign
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House


async def test_a_picture_is_made_once_and_then_found(house: House) -> None:
    first = await house.get("/p/a.jpg?w=200")
    second = await house.get("/p/a.jpg?w=200")
    assert (first.body, first.story.fwd, second.story.tier) == (second.body, "uri-miss", "mem")
    assert len(house.pool.jobs) == 1


async def test_spellings_of_one_picture_are_one_rendition(house: House) -> None:
    for query in ("w=200", "width=200", "W=200&unknown=1", "h=150", "w=200&h=150", "maxwidth=200&utm_source=x"):
        await house.get(f"/p/a.jpg?{query}")
    assert len(house.pool.jobs) == 1


async def test_different_pictures_have_different_tags(house: House) -> None:
    replies = [await house.get(f"/p/a.jpg?{query}") for query in ("w=200", "w=201", "w=200&format=png", "w=200&q=1")]
    tags = [reply.headers.get("etag") for reply in replies]
    assert len(set(tags)) == 3
    assert tags[0] == tags[3]


async def test_a_conditional_request_asks_no_worker(house: House) -> None:
    tag = (await house.get("/p/a.jpg?w=200")).headers.get("etag") or ""
    reply = await house.get("/p/a.jpg?w=200", {"If-None-Match": f'"other", W/{tag}'})
    assert (reply.status, reply.body, reply.headers.get("etag")) == (304, b"", tag)
    assert len(house.pool.jobs) == 1


async def test_the_tag_is_known_before_the_work(house: House) -> None:
    tag = (await house.get("/p/a.jpg?w=200")).headers.get("etag") or ""
    await house.cache.forget(tag.strip('"'))
    assert (await house.get("/p/a.jpg?w=200", {"If-None-Match": tag})).status == 304
    assert len(house.pool.jobs) == 1


async def test_a_thousand_at_once_are_one_fetch_and_one_transform(house: House) -> None:
    house.origin.delay = house.pool.delay = 0.01
    replies = await house.many(500, "/p/a.jpg?w=200")
    assert {reply.body for reply in replies} == {replies[0].body}
    assert (house.origin.fetches(), len(house.pool.jobs)) == (1, 1)


async def test_many_sizes_of_a_cold_original_are_one_fetch(house: House) -> None:
    house.origin.delay = 0.01
    await asyncio.gather(*[house.get(f"/p/a.jpg?w={width}") for width in range(100, 120)])
    assert (house.origin.fetches(), len(house.pool.jobs)) == (1, 20)


async def test_one_who_leaves_takes_nothing_from_the_others(house: House) -> None:
    house.pool.delay = 0.05
    first = asyncio.create_task(house.get("/p/a.jpg?w=200"))
    second = asyncio.create_task(house.get("/p/a.jpg?w=200"))
    await asyncio.sleep(0.02)
    first.cancel()
    assert (await second).status == 200
    assert (len(house.pool.jobs), house.pool.cancelled) == (1, 0)


async def test_work_that_nobody_waits_for_is_given_up(house: House) -> None:
    house.pool.delay = 5
    only = asyncio.create_task(house.get("/p/a.jpg?w=200"))
    await asyncio.sleep(0.02)
    only.cancel()
    await asyncio.sleep(0.02)
    assert house.pool.cancelled == 1


@pytest.mark.parametrize("words", ["no-store", "private", "private, max-age=60"])
async def test_what_may_not_be_stored_is_never_put_and_never_shared(building: Building, words: str) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": words})
    house = building.build()
    house.origin.delay = 0.01
    replies = await house.many(5, "/p/a.jpg?w=200")
    assert len({reply.body for reply in replies}) == 5
    assert house.origin.fetches() == 5
    assert house.cache.stats().memory.entries == 0
    assert words.split(",", maxsplit=1)[0] in (replies[0].headers.get("cache-control") or "")


async def test_a_changed_original_is_another_rendition_after_its_freshness(house: House) -> None:
    before = await house.get("/p/a.jpg?w=200&format=png")
    house.origin.put("a.jpg", OTHER)
    assert (await house.get("/p/a.jpg?w=200&format=png")).body == before.body
    house.later(3600 + 61)
    after = await house.get("/p/a.jpg?w=200&format=png")
    assert after.headers.get("etag") != before.headers.get("etag")
    assert len(house.pool.jobs) == 2


async def test_an_unchanged_original_is_revalidated_and_not_made_again(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.later(3600 + 61)
    reply = await house.get("/p/a.jpg?w=200")
    assert (reply.story.tier, reply.story.fwd, reply.story.origin_status) == ("", "stale", 304)
    assert (reply.headers.get("age"), len(house.pool.jobs)) == ("0", 1)
    assert house.observer.answers == [("fake", "200"), ("fake", "304")]


async def test_the_same_bytes_under_a_new_tag_are_not_made_again(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.origin.put("a.jpg", PHOTO, {"ETag": '"new"'})
    house.later(3600 + 61)
    await house.get("/p/a.jpg?w=200")
    assert len(house.pool.jobs) == 1


async def test_a_little_stale_is_served_while_it_is_asked_again(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.later(3600 + 30)
    stale = await house.get("/p/a.jpg?w=200")
    await house.originals.close()
    assert stale.headers.get("age") == "3630"
    assert (await house.get("/p/a.jpg?w=200")).headers.get("age") == "0"
    assert house.origin.fetches() == 2


async def test_age_and_permissions_are_the_originals(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "max-age=100, immutable", "Age": "20"})
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    house.later(30)
    headers = (await house.get("/p/a.jpg?w=300")).headers
    assert (headers.get("age"), headers.get("cache-control")) == ("50", "public, max-age=100, immutable")


async def test_a_missing_original_is_remembered_for_a_while(house: House) -> None:
    for _ in range(3):
        with pytest.raises(NotFound) as told:
            await house.get("/p/b.jpg?w=200")
    assert told.value.headers["cache-control"] == "public, max-age=10"
    house.origin.put("b.jpg", PHOTO)
    house.later(11)
    assert (await house.get("/p/b.jpg?w=200")).status == 200
    assert house.origin.fetches() == 2


async def test_what_is_no_picture_is_found_out_once(building: Building) -> None:
    building.origin.put("a.txt", b"only text " * 100)
    house = building.build()
    for width in (100, 200):
        with pytest.raises(UnsupportedPicture):
            await house.get(f"/p/a.txt?w={width}")
    assert (house.origin.fetches(), len(house.pool.jobs)) == (1, 0)


async def test_a_picture_that_cannot_be_made_is_not_tried_again_at_once(house: House) -> None:
    house.pool.failures.append(Unprocessable("The picture is truncated"))
    for _ in range(2):
        with pytest.raises(Unprocessable):
            await house.get("/p/a.jpg?w=200")
    assert len(house.pool.jobs) == 1
    assert house.cache.peek("w") is None


async def test_limits_are_checked_before_any_work(building: Building) -> None:
    building.limits = Limits(source_pixels=100_000)
    house = building.build()
    with pytest.raises(Unprocessable, match=r"120,000.*100,000"):
        await house.get("/p/a.jpg?w=200")
    assert house.pool.jobs == []


async def test_the_output_is_limited_too(house: House) -> None:
    with pytest.raises(Unprocessable, match="limit is 40,000,000"):
        await house.get("/p/a.jpg?w=9000&scale=both")


async def test_a_long_url_is_refused(house: House) -> None:
    with pytest.raises(UriTooLong):
        await house.get("/p/a.jpg?w=" + "1" * 9000)


@pytest.mark.parametrize("path", ["/p/a%2fb", "/p/../a", "/p/%00", "/p/a%", "/p/a\\b"])
async def test_a_path_that_could_mean_two_things_is_refused(house: House, path: str) -> None:
    with pytest.raises(BadRequest):
        await house.get(path)
    assert house.origin.fetches() == 0


async def test_an_unknown_prefix_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        await house.get("/q/a.jpg")


async def test_a_signature_is_checked_before_the_origin_is_asked(building: Building) -> None:
    key = Key("main", secret=b"x" * 32)
    building.access = Access(Policy("required", "edge", (key,)))
    house = building.build()
    with pytest.raises(Unauthorized):
        await house.get("/p/a.jpg?w=200")
    with pytest.raises(Forbidden):
        await house.get("/p/a.jpg?w=200&sig=AAAA")
    assert house.origin.fetches() == 0
    assert (await house.get(sign("/p/a.jpg?w=200", key))).status == 200


async def test_permissions_end_with_the_signature_and_it_is_not_in_the_key(building: Building) -> None:
    key = Key("main", secret=b"x" * 32)
    building.access = Access(Policy("required", "edge", (key,)))
    house = building.build()
    first = await house.get(sign("/p/a.jpg?w=200", key, house.now[0] + 120))
    second = await house.get(sign("/p/a.jpg?w=200", key, house.now[0] + 50, kid=True))
    assert first.headers.get("cache-control") == "public, max-age=120"
    assert second.headers.get("cache-control") == "public, max-age=50"
    assert first.headers.get("etag") == second.headers.get("etag")


async def test_only_what_asks_for_processing_needs_a_signature(building: Building) -> None:
    building.access = Access(Policy("processed", "edge", (Key("main", secret=b"x" * 32),)))
    house = building.build()
    assert (await house.get("/p/a.jpg")).status == 200
    with pytest.raises(Unauthorized):
        await house.get("/p/a.jpg?w=200")


async def test_header_values_make_no_more_renditions_than_the_ladder_has(house: House) -> None:
    for width in range(0, 5000, 7):
        await house.get("/p/a.jpg?w=auto", {"Sec-CH-Width": str(width), "Accept": "image/avif, image/webp"})
    assert len(house.pool.jobs) <= 5  # 160 240 320, and 400: the source's own width


async def test_vary_names_what_could_have_changed_the_answer(house: House) -> None:
    assert (await house.get("/p/a.jpg?w=200&format=jpeg&quality=80")).headers.get("vary") is None
    assert (await house.get("/p/a.jpg?w=200&format=png")).headers.get("vary") is None
    assert (await house.get("/p/a.jpg?w=200")).headers.get("vary") == "Accept, Save-Data"
    tag = (await house.get("/p/a.jpg?w=200")).headers.get("etag") or ""
    assert (await house.get("/p/a.jpg?w=200", {"If-None-Match": tag})).headers.get("vary") == "Accept, Save-Data"


async def test_downstream_private_keeps_hinted_answers_out_of_shared_caches(building: Building) -> None:
    building.delivery = replace(Delivery(), downstream="private")
    house = building.build()
    hinted = (await house.get("/p/a.jpg?w=auto")).headers
    assert hinted.get("cache-control") == "private, max-age=3600"
    assert hinted.get("cdn-cache-control") == "no-store"
    assert (await house.get("/p/a.jpg?w=9&format=gif")).headers.get("cache-control") == "public, max-age=3600"


async def test_a_queryless_url_may_mean_the_original_itself(building: Building) -> None:
    building.delivery = replace(Delivery(), queryless="original")
    house = building.build()
    reply = await house.get("/p/a.jpg")
    assert (reply.body, reply.headers.get("content-type"), house.pool.jobs) == (PHOTO, "image/jpeg", [])
    assert (await house.get("/p/a.jpg?w=100")).body != PHOTO


async def test_the_file_name_fits_the_format(house: House) -> None:
    house.origin.put("dir/Gruß 1.jpeg", PHOTO)
    told = (await house.get("/p/dir/Gru%C3%9F%201.jpeg?w=9&format=webp")).headers.get("content-disposition")
    assert told == "inline; filename=\"Gru_ 1.webp\"; filename*=UTF-8''Gru%C3%9F%201.webp"


async def test_no_header_of_the_client_reaches_the_origin(house: House) -> None:
    await house.get("/p/a.jpg?w=9", {"Authorization": "secret", "Cookie": "a=b", "X-Forwarded-Host": "evil"})
    assert house.origin.asked[0].headers == Fields()


async def test_what_no_worker_could_hold_is_refused_and_not_tried(building: Building) -> None:
    building.memory = 60 << 20
    house = building.build()
    with pytest.raises(Unprocessable, match="MiB of memory"):
        await house.get("/p/a.jpg?w=4000&h=3000&scale=both&format=webp")
    assert house.pool.jobs == []
    assert (await house.get("/p/a.jpg?w=20&format=jpg")).status == 200
