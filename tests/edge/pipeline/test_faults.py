"""When the origin, the original or the cache is not as it was."""

import asyncio

import pytest

from edge.errors import BadGateway, GatewayTimeout, TooLarge
from edge.origins.base import Ask
from edge.origins.fake import FakeOrigin, FakeReply
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House


async def test_a_failing_origin_is_covered_by_what_is_stored(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.origin.failure = GatewayTimeout("The origin did not answer in time")
    house.later(3600 + 3600)
    reply = await house.get("/p/a.jpg?w=200")
    assert (reply.status, reply.headers.get("age"), reply.story.tier) == (200, "7200", "mem")


async def test_without_anything_stored_the_failure_is_told_and_not_asked_for_again_at_once(house: House) -> None:
    house.origin.failure = BadGateway("The origin cannot be reached")
    for _ in range(3):
        with pytest.raises(BadGateway):
            await house.get("/p/a.jpg?w=200")
    assert house.origin.fetches() == 1


async def test_after_the_stale_window_the_failure_is_told(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.origin.failure = BadGateway("The origin cannot be reached")
    house.later(3600 + 86400 + 1)
    with pytest.raises(BadGateway):
        await house.get("/p/a.jpg?w=200")


async def test_must_revalidate_is_never_served_stale(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "max-age=10, must-revalidate"})
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    house.origin.failure = BadGateway("The origin cannot be reached")
    house.later(11)
    with pytest.raises(BadGateway):
        await house.get("/p/a.jpg?w=200")


async def test_a_5xx_is_a_bad_gateway_that_reveals_only_the_status(house: House) -> None:
    house.origin.status = 503
    with pytest.raises(BadGateway, match=r"^The origin answered 503$"):
        await house.get("/p/a.jpg?w=200")


async def test_a_body_that_breaks_off_is_never_kept(house: House) -> None:
    house.origin.body_failure = BadGateway("The origin's answer broke off")
    with pytest.raises(BadGateway):
        await house.get("/p/a.jpg?w=200")
    assert len(house.originals) == 0
    assert house.cache.stats().memory.entries == 0


async def test_a_body_over_the_limit_is_refused_and_remembered(building: Building) -> None:
    building.origin = FakeOrigin({"a.jpg": (PHOTO, {})}, max_bytes=100)
    house = building.build()
    for _ in range(2):
        with pytest.raises(TooLarge):
            await house.get("/p/a.jpg?w=200")
    assert house.origin.fetches() == 1


async def test_a_record_that_outlived_its_body_fetches_it_again(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.cache._memory.clear()
    assert (await house.get("/p/a.jpg?w=300")).status == 200
    assert house.origin.fetches() == 2


async def test_new_pixels_never_come_under_an_old_key(house: House) -> None:
    old = await house.get("/p/a.jpg?w=200&format=png")
    house.cache._memory.clear()
    house.origin.put("a.jpg", OTHER)
    new = await house.get("/p/a.jpg?w=200&format=png")
    assert new.headers.get("etag") != old.headers.get("etag")
    assert house.pool.jobs[-1][1][0].data == OTHER


class Restless(FakeOrigin):
    """Its original is another one at every fetch."""

    async def fetch(self, ask: Ask) -> FakeReply:
        self.put("a.jpg", PHOTO + bytes(2 << 20) + bytes([len(self.asked)]))
        return await super().fetch(ask)


async def test_a_large_original_that_never_rests_is_given_up(building: Building) -> None:
    building.origin, building.recheck = Restless(), 1.0
    house = building.build()
    with pytest.raises(BadGateway, match="keeps changing"):
        await house.get("/p/a.jpg?w=200")
    assert house.cache.stats().memory.entries == 0


async def test_a_small_original_that_changed_meanwhile_starts_the_request_again(building: Building) -> None:
    building.recheck = 1.0
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    house.origin.put("a.jpg", OTHER)
    await house.get("/p/a.jpg?w=300")
    assert house.pool.jobs[-1][1][0].data == OTHER


async def test_a_nearby_original_is_looked_at_at_most_once_a_second(building: Building) -> None:
    building.recheck = 1.0
    house = building.build()
    await house.many(50, "/p/a.jpg?w=200")
    house.later(0.9)
    await house.many(50, "/p/a.jpg?w=200")
    assert house.origin.fetches() == 1
    house.origin.put("a.jpg", OTHER)
    house.later(0.2)
    await house.get("/p/a.jpg?w=200&format=png")
    assert house.pool.jobs[-1][1][0].data == OTHER


async def test_records_survive_a_restart(building: Building) -> None:
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    again = building.build()
    again.cache._memory = house.cache._memory
    reply = await again.get("/p/a.jpg?w=200")
    assert (reply.story.tier, again.origin.fetches(), again.pool.jobs) == ("mem", 1, [])


async def test_a_large_original_reaches_the_worker_by_descriptor(building: Building) -> None:
    large = PHOTO + bytes(3 << 20)
    building.origin.put("a.jpg", large)
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    source = house.pool.jobs[0][1][0]
    assert (source.data, source.length) == (None, len(large))
    assert house.origin.fetches() == 1


async def test_a_failure_is_shared_by_those_who_wait_and_then_forgotten(house: House) -> None:
    house.origin.failure = BadGateway("The origin cannot be reached")
    house.origin.delay = 0.01
    outcomes = await asyncio.gather(*[house.get("/p/a.jpg?w=2") for _ in range(9)], return_exceptions=True)
    assert all(isinstance(outcome, BadGateway) for outcome in outcomes)
    assert house.origin.fetches() == 1
