"""Originals that an origin chooses by the client's languages."""

import asyncio
from collections.abc import Mapping

import pytest

from edge.errors import NotFound
from edge.exchange import Fields
from edge.negotiate.delivery import Delivery
from edge.originals.selection import Selection
from edge.origins.base import Ask
from edge.origins.fake import FakeOrigin, FakeReply
from edge.origins.replies import HeldReply
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House

GERMAN, ENGLISH = {"Accept-Language": "de"}, {"Accept-Language": "en"}


class Babel(FakeOrigin):
    """German for those who ask for it, else English."""

    vary = "Accept-Language"
    cache_control = "max-age=60"

    async def fetch(self, ask: Ask) -> FakeReply:
        self.asked.append(ask)
        await asyncio.sleep(self.delay)
        german = (ask.headers.get("accept-language") or "").lower().startswith("de")
        body = PHOTO if german else OTHER
        fields = Fields([("vary", self.vary), ("cache-control", self.cache_control), ("etag", f'"{german}"')])
        if ask.headers.get("if-none-match") == f'"{german}"':
            return FakeReply(HeldReply(304, fields))
        return FakeReply(HeldReply(200, fields, body))


@pytest.fixture
def babel(building: Building) -> Building:
    building.origin = Babel()
    building.delivery = Delivery(queryless="original")
    return building


async def bodies(house: House, *asked: Mapping[str, str]) -> list[object]:
    return [(await house.get("/p/a.jpg", headers)).body for headers in asked]


async def test_languages_live_side_by_side(babel: Building) -> None:
    house = babel.build()
    assert await bodies(house, GERMAN, ENGLISH, {}, GERMAN, ENGLISH, {}) == [PHOTO, OTHER, OTHER] * 2
    assert house.origin.fetches() == 3


async def test_spellings_of_one_wish_are_one(babel: Building) -> None:
    house = babel.build()
    await bodies(house, {"Accept-Language": "de, en;q=0.5"}, {"Accept-Language": " DE ,en;q=0.5"})
    assert house.origin.fetches() == 1


async def test_the_answer_says_what_chose_it(babel: Building) -> None:
    house = babel.build()
    first = await house.get("/p/a.jpg?w=100", GERMAN)
    assert first.headers.get("vary") == "Accept, Save-Data, Accept-Language"
    tag = first.headers.get("etag") or ""
    again = await house.get("/p/a.jpg?w=100", {**GERMAN, "If-None-Match": tag})
    assert (again.status, again.headers.get("vary")) == (304, first.headers.get("vary"))
    assert (await house.get("/p/a.jpg?w=100", {**ENGLISH, "If-None-Match": tag})).status == 200


async def test_the_first_of_a_kind_is_a_vary_miss(babel: Building) -> None:
    house = babel.build()
    stories = [(await house.get("/p/a.jpg", headers)).story for headers in (GERMAN, ENGLISH, GERMAN)]
    assert [story.fwd for story in stories] == ["uri-miss", "vary-miss", ""]


async def test_equal_bytes_share_a_rendition(babel: Building) -> None:
    house = babel.build()
    for headers in (ENGLISH, {}, {"Accept-Language": "fr"}):
        await house.get("/p/a.jpg?w=100", headers)
    assert (house.origin.fetches(), len(house.pool.jobs)) == (3, 1)


async def test_each_is_validated_by_itself(babel: Building) -> None:
    house = babel.build()
    await bodies(house, GERMAN, ENGLISH)
    house.later(3600)
    assert await bodies(house, GERMAN, ENGLISH) == [PHOTO, OTHER]
    assert [answer for _, answer in house.observer.answers] == ["200", "200", "304", "304"]


async def test_who_waits_for_another_language_asks_for_their_own(babel: Building) -> None:
    house = babel.build()
    house.origin.delay = 0.01
    asked = [GERMAN] * 20 + [ENGLISH] * 20
    replies = await asyncio.gather(*[house.get("/p/a.jpg", headers) for headers in asked])
    assert [reply.body for reply in replies] == [PHOTO] * 20 + [OTHER] * 20
    assert house.origin.fetches() == 2


async def test_many_languages_of_what_does_not_vary_are_one_question(babel: Building) -> None:
    babel.origin.vary = "Accept, Origin, Cookie, User-Agent"  # type: ignore[attr-defined]
    house = babel.build()
    house.origin.delay = 0.01
    asked = [{"Accept-Language": f"x-{number}", "Cookie": str(number)} for number in range(20)]
    replies = await asyncio.gather(*[house.get("/p/a.jpg", headers) for headers in asked])
    assert house.origin.fetches() == 1
    assert {reply.headers.get("vary") for reply in replies} == {None}


@pytest.mark.parametrize("vary", ["*", "Accept-Language, *", ", *"])
async def test_what_varies_on_everything_is_for_one_client(babel: Building, vary: str) -> None:
    babel.origin.vary = vary  # type: ignore[attr-defined]
    house = babel.build()
    replies = [await house.get("/p/a.jpg?w=100", GERMAN) for _ in range(2)]
    assert [reply.headers.get("cache-control") for reply in replies] == ["private, no-store"] * 2
    assert (house.origin.fetches(), len(house.pool.jobs), house.cache.stats().memory.entries) == (2, 2, 0)


@pytest.mark.parametrize("languages", ["x" * 257, "de\u00e9", "a\x00b", 'de"', ""])
async def test_what_is_no_list_of_languages_is_not_told(babel: Building, languages: str) -> None:
    house = babel.build()
    await house.get("/p/a.jpg", {"Accept-Language": languages})
    assert "accept-language" not in house.origin.asked[0].headers


async def test_variants_are_bounded(babel: Building) -> None:
    house = babel.build()
    for number in range(80):
        house.later(0.01)
        await house.get("/p/a.jpg", {"Accept-Language": f"x-{number}"})
    assert len(house.records.peek("fake\0a.jpg")) == 64


async def test_a_purge_takes_every_variant(babel: Building) -> None:
    house = babel.build()
    await bodies(house, GERMAN, ENGLISH)
    assert await house.purger.purge([Selection("name", "fake\0a.jpg")]) == 1
    assert house.cache.stats().memory.entries == 0


async def test_lost_bytes_are_fetched_again_for_each_language(babel: Building) -> None:
    house = babel.build()
    await bodies(house, GERMAN, ENGLISH)
    house.cache._memory.clear()
    house.origin.delay = 0.01
    replies = await asyncio.gather(*[house.get("/p/a.jpg", headers) for headers in (GERMAN, ENGLISH, GERMAN)])
    assert [reply.body for reply in replies] == [PHOTO, OTHER, PHOTO]
    assert house.origin.fetches() == 4


async def test_a_refusal_says_what_chose_it(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Vary": "Accept-Language"})
    building.origin.status = 404
    with pytest.raises(NotFound) as told:
        await building.build().get("/p/a.jpg", GERMAN)
    assert told.value.headers["vary"] == "Accept-Language"


async def test_a_folder_hears_nothing_of_the_client(building: Building) -> None:
    building.recheck = 1.0
    house = building.build()
    await house.get("/p/a.jpg", GERMAN)
    assert "accept-language" not in house.origin.asked[0].headers
