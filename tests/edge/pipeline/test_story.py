"""How an answer tells that it came about (RFC 9211)."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.negotiate.delivery import Delivery
from edge.origins.files import Files
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House


def told(story: object, *names: str) -> tuple[object, ...]:
    return tuple(getattr(story, name) for name in names)


async def test_a_cold_picture(house: House) -> None:
    story = (await house.get("/p/a.jpg?w=100")).story
    assert told(story, "tier", "fwd", "origin_status", "stored", "collapsed", "ttl", "detail") == (
        "",
        "uri-miss",
        200,
        True,
        False,
        3600,
        "",
    )
    assert {"fetch", "queue", "encode"} <= story.seconds.keys()


async def test_a_rendition_that_is_missing_while_its_original_is_there(house: House) -> None:
    await house.get("/p/a.jpg?w=100")
    story = (await house.get("/p/a.jpg?w=200")).story
    assert told(story, "tier", "fwd", "origin_status", "stored") == ("", "uri-miss", 0, True)
    assert "fetch" not in story.seconds


async def test_a_rendition_that_is_there_while_its_original_is_asked_for(house: House) -> None:
    await house.get("/p/a.jpg?w=100")
    house.later(7200)
    story = (await house.get("/p/a.jpg?w=100")).story
    assert told(story, "tier", "fwd", "origin_status", "stored", "ttl") == ("", "stale", 304, False, 3600)


async def test_a_changed_original(house: House) -> None:
    await house.get("/p/a.jpg?w=100")
    house.origin.put("a.jpg", OTHER)
    house.later(7200)
    assert told((await house.get("/p/a.jpg?w=100")).story, "fwd", "origin_status") == ("stale", 200)


async def test_both_levels_collapse(house: House) -> None:
    house.origin.delay = 0.01
    cold = [reply.story.collapsed for reply in await house.many(5, "/p/a.jpg?w=100")]
    house.pool.delay = 0.01
    warm = [reply.story.collapsed for reply in await house.many(5, "/p/a.jpg?w=200")]
    assert [sum(cold), sum(warm)] == [4, 4]


async def test_an_answer_to_a_condition_is_a_hit_when_nothing_was_asked(house: House) -> None:
    tag = {"If-None-Match": (await house.get("/p/a.jpg?w=100")).headers.get("etag") or ""}
    assert told((await house.get("/p/a.jpg?w=100", tag)).story, "tier", "fwd") == ("validator", "")
    house.later(7200)
    assert told((await house.get("/p/a.jpg?w=100", tag)).story, "tier", "fwd") == ("", "stale")


async def test_the_original_as_it_is(building: Building) -> None:
    building.delivery = replace(Delivery(), queryless="original")
    house = building.build()
    stories = [(await house.get("/p/a.jpg")).story for _ in range(2)]
    assert [told(story, "tier", "fwd", "stored") for story in stories] == [("", "uri-miss", True), ("mem", "", False)]


async def test_an_original_whose_bytes_were_lost(building: Building) -> None:
    building.delivery = replace(Delivery(), queryless="original")
    house = building.build()
    await house.get("/p/a.jpg")
    house.cache._memory.clear()
    for url in ("/p/a.jpg", "/p/a.jpg?w=100"):
        assert told((await house.get(url)).story, "tier", "fwd", "origin_status") == ("", "uri-miss", 200)
        house.cache._memory.clear()


async def test_a_look_at_a_folder_that_found_it_unchanged_is_no_forward(building: Building) -> None:
    building.recheck = 1.0
    house = building.build()
    await house.get("/p/a.jpg?w=100")
    house.later(5)
    story = (await house.get("/p/a.jpg?w=100")).story
    assert told(story, "tier", "fwd", "origin_status") == ("mem", "", 0)
    assert house.origin.fetches() == 2


async def test_looks_at_a_folder_are_shared_and_not_written(building: Building) -> None:
    building.recheck = 1.0
    house = building.build()
    written: list[str] = []
    building.index.put = lambda row: written.append(row.name)  # type: ignore[method-assign]
    await house.get("/p/a.jpg?w=100")
    house.later(5)
    house.origin.delay = 0.01
    stories = [reply.story for reply in await house.many(5, "/p/a.jpg?w=100")]
    assert {told(story, "tier", "fwd", "collapsed") for story in stories} == {("mem", "", False)}
    assert (house.origin.fetches(), len(written)) == (2, 1)


async def test_a_file_is_a_hit_on_disk(building: Building, tmp_path: Path) -> None:
    building.delivery, building.recheck = replace(Delivery(), queryless="original"), 1.0
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    building.near = Files("fake", tmp_path, 1 << 30)
    house = building.build()
    stories = [(await house.get("/p/a.jpg")).story for _ in range(2)]
    await building.near.close()
    assert [told(story, "tier", "fwd") for story in stories] == [("", "uri-miss"), ("disk", "")]


async def test_what_may_not_be_stored_has_no_time_to_live(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "no-store"})
    story = (await building.build().get("/p/a.jpg?w=100")).story
    assert told(story, "fwd", "stored", "ttl") == ("uri-miss", False, None)


@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.5])
async def test_what_is_stale_has_lived_too_long(house: House, seconds: float) -> None:
    await house.get("/p/a.jpg?w=100")
    house.later(3600 + seconds)
    assert ((await house.get("/p/a.jpg?w=100")).story.ttl or 0) < 0
