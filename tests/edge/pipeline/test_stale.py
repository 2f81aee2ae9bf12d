"""What is served when an origin fails, and what is believed of what it says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from edge.errors import BadGateway, GatewayTimeout, NotFound, TooLarge
from edge.exchange import Fields
from edge.freshness.judge import Window
from edge.origins.base import Ask
from edge.origins.fake import FakeOrigin, FakeReply
from edge.origins.replies import HeldReply
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House

AWAY = BadGateway("The origin cannot be reached", disconnected=True)
NONSENSE = BadGateway("The origin answers nonsense")


async def stale(house: House, seconds: float = 10_000) -> None:
    """A picture that was fresh once."""
    await house.get("/p/a.jpg?w=100")
    house.later(seconds)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_failing_status_is_covered(house: House, status: int) -> None:
    await stale(house)
    house.origin.status = status
    story = (await house.get("/p/a.jpg?w=100")).story
    assert (story.tier, story.fwd, story.origin_status, story.detail) == ("", "stale", status, "stale-if-error")


@pytest.mark.parametrize("status", [204, 206, 302, 418, 429, 501, 505])
async def test_another_status_is_told_and_not_covered(house: House, status: int) -> None:
    await stale(house)
    house.origin.status = status
    for _ in range(2):
        with pytest.raises(BadGateway, match=f"^The origin answered {status}$"):
            await house.get("/p/a.jpg?w=100")


async def test_without_a_disconnect_nothing_is_served_that_nobody_allowed(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "max-age=60, stale-if-error=0"})
    house = building.build()
    await stale(house)
    house.origin.failure = NONSENSE
    with pytest.raises(BadGateway, match="nonsense"):
        await house.get("/p/a.jpg?w=100")


async def test_an_origin_that_is_away_is_covered_for_a_day_without_anybodys_word(building: Building) -> None:
    building.window = Window(stale_if_error=0)
    house = building.build()
    await stale(house)
    house.origin.failure = AWAY
    assert (await house.get("/p/a.jpg?w=100")).story.detail == "stale-if-error"
    house.later(86400)
    with pytest.raises(BadGateway):
        await house.get("/p/a.jpg?w=100")


async def test_lost_bytes_of_a_failing_origin_are_not_asked_for_again_at_once(house: House) -> None:
    await house.get("/p/a.jpg?w=100")
    house.cache._memory.clear()
    house.origin.failure = AWAY
    for _ in range(3):
        with pytest.raises(BadGateway):
            await house.get("/p/a.jpg?w=100")
    assert house.origin.fetches() == 2


@pytest.mark.parametrize("words", ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=60"])
async def test_where_stale_is_forbidden_an_origin_that_is_away_is_a_timeout(building: Building, words: str) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": f"max-age=60, {words}"})
    house = building.build()
    await stale(house)
    house.origin.failure = AWAY
    for _ in range(2):
        with pytest.raises(GatewayTimeout, match="without its word"):
            await house.get("/p/a.jpg?w=100")
    house.later(6)
    house.origin.failure = NONSENSE
    with pytest.raises(BadGateway, match="nonsense"):
        await house.get("/p/a.jpg?w=100")


async def test_a_failed_origin_is_left_alone_for_one_to_five_seconds(house: House) -> None:
    house.origin.failure = NONSENSE
    for seconds in (0.99, 4.01, 5.0):
        for _ in range(3):
            with pytest.raises(BadGateway):
                await house.get("/p/a.jpg?w=100")
        if seconds == 0.99:
            assert house.origin.fetches() == 1
        house.later(seconds)
    assert house.origin.fetches() in (2, 3)


async def test_hold_downs_differ_so_that_not_all_ask_again_at_once(house: House) -> None:
    house.origin.failure = NONSENSE
    for number in range(50):
        with pytest.raises(BadGateway):
            await house.get(f"/p/{number}.jpg")
    house.later(3)
    outcomes = await asyncio.gather(*[house.get(f"/p/{number}.jpg") for number in range(50)], return_exceptions=True)
    assert all(isinstance(outcome, BadGateway) for outcome in outcomes)
    assert 55 < house.origin.fetches() < 95


async def test_a_failed_revalidation_in_the_background_leaves_what_is_stored(house: House) -> None:
    await stale(house, 3630)
    house.origin.failure = AWAY
    for seconds in (1, 10_000):
        assert (await house.get("/p/a.jpg?w=100")).story.tier == "mem"
        await house.originals.close()
        house.later(seconds)
    assert house.origin.fetches() == 2
    assert (await house.get("/p/a.jpg?w=100")).story.detail == "stale-if-error"


async def test_stale_while_revalidate_is_a_hit(house: House) -> None:
    await stale(house, 3630)
    story = (await house.get("/p/a.jpg?w=100")).story
    assert (story.tier, story.fwd, story.ttl, story.detail) == ("mem", "", -30, "stale-while-revalidate")


async def test_a_missing_original_lives_as_long_as_it_says(building: Building) -> None:
    class Absent(FakeOrigin):
        async def fetch(self, ask: Ask) -> FakeReply:
            self.asked.append(ask)
            return FakeReply(HeldReply(410, Fields([("cache-control", "max-age=100")])))

    building.origin = Absent()
    house = building.build()
    for seconds in (99, 2, 0):
        with pytest.raises(NotFound):
            await house.get("/p/a.jpg?w=100")
        house.later(seconds)
    assert house.origin.fetches() == 2


async def test_what_is_missing_is_asked_for_without_conditions(house: House) -> None:
    house.origin.put("a.jpg", PHOTO, {"ETag": '"x"', "Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT"})
    house.origin.status = 404
    for _ in range(2):
        with pytest.raises(NotFound):
            await house.get("/p/a.jpg?w=100")
        house.later(100)
    assert [len(ask.headers) for ask in house.origin.asked] == [0, 0]


async def test_the_bytes_of_what_changed_are_let_go(house: House) -> None:
    await stale(house)
    house.origin.put("a.jpg", OTHER)
    await house.get("/p/a.jpg?w=100")
    await house.originals.close()
    assert house.cache.stats().memory.entries == 3  # both renditions and the new bytes


async def test_the_same_bytes_are_examined_once(house: House) -> None:
    house.origin.put("a.svg", b"<svg/>", {"ETag": '"1"'})
    await house.get("/p/a.svg?w=100")
    house.origin.put("a.svg", b"<svg/>", {"ETag": '"2"'})
    house.later(10_000)
    await house.get("/p/a.svg?w=100")
    assert (house.origin.fetches(), len(house.pool.probes)) == (2, 1)


async def test_an_error_of_the_origins_is_told_no_longer_than_once(house: House) -> None:
    house.origin.status = 503
    with pytest.raises(BadGateway) as told:
        await house.get("/p/a.jpg?w=100")
    assert "cache-control" not in told.value.headers


async def test_too_large_is_no_failure_of_the_origin(building: Building) -> None:
    building.origin = FakeOrigin({"a.jpg": (PHOTO, {})}, max_bytes=len(PHOTO))
    house = building.build()
    await stale(house)
    house.origin.put("a.jpg", PHOTO + b"x")
    with pytest.raises(TooLarge):
        await house.get("/p/a.jpg?w=100")


# Origins that lie.


class Lying(FakeOrigin):
    """Says 304 to everything but a plain question; the tag in it is of nothing that we have."""

    async def fetch(self, ask: Ask) -> FakeReply:
        if "if-none-match" in ask.headers:
            self.asked.append(ask)
            return FakeReply(HeldReply(304, Fields([("etag", '"another"')])))
        return await super().fetch(ask)


async def test_a_304_that_speaks_of_nothing_of_ours_is_asked_again_plainly(building: Building) -> None:
    building.origin = Lying({"a.jpg": (PHOTO, {})})
    house = building.build()
    await stale(house)
    house.origin.put("a.jpg", OTHER)
    reply = await house.get("/p/a.jpg?w=100&format=png")
    assert (house.origin.fetches(), reply.story.origin_status) == (3, 200)
    assert house.pool.jobs[-1][1][0].data == OTHER


async def test_a_304_to_a_plain_question_is_nonsense(house: House) -> None:
    house.origin.status = 304
    with pytest.raises(BadGateway, match="304"):
        await house.get("/p/a.jpg?w=100")


class Short(FakeReply):
    """Says that it is longer than it is."""

    def __init__(self, held: HeldReply, failure: object = None) -> None:
        super().__init__(held)
        self.length = (held.length or 0) + 1

    async def body(self) -> AsyncIterator[bytes]:
        async for chunk in super().body():
            yield chunk


async def test_a_body_that_is_shorter_than_it_says_is_never_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.origins.fake.FakeReply", Short)
    with pytest.raises(BadGateway, match="as long as it says"):
        await house.get("/p/a.jpg?w=100")
    assert (len(house.originals), house.cache.stats().memory.entries) == (0, 0)


async def test_what_may_no_longer_be_stored_takes_the_place_of_what_is_stale(house: House) -> None:
    await stale(house)
    house.origin.put("a.jpg", OTHER, {"Cache-Control": "private"})
    await house.get("/p/a.jpg?w=100")
    house.origin.failure = AWAY
    with pytest.raises(BadGateway):
        await house.get("/p/a.jpg?w=100")


async def test_who_may_not_share_does_not_wait_for_each_other_either(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "private"})
    house = building.build()
    await house.get("/p/a.jpg?w=100")
    house.origin.gate.clear()
    asking = [asyncio.create_task(house.get("/p/a.jpg?w=100")) for _ in range(5)]
    await asyncio.sleep(0.01)
    assert house.origin.fetches() == 6
    house.origin.gate.set()
    assert {(await one).story.collapsed for one in asking} == {False}


async def test_an_unshared_answer_that_may_be_shared_again_is_kept(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "no-store"})
    house = building.build()
    await house.get("/p/a.jpg?w=100")
    house.origin.put("a.jpg", PHOTO, {"Cache-Control": "max-age=60"})
    for _ in range(2):
        reply = await house.get("/p/a.jpg?w=100")
    assert (reply.story.tier, house.origin.fetches()) == ("mem", 2)
