"""When the origin, the original or the cache is not as it was."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import BadGateway, Forbidden, GatewayTimeout, NotFound, TooLarge, Unprocessable, UnsupportedPicture
from edge.exchange import Fields
from edge.negotiate.delivery import Delivery
from edge.origins.fake import FakeOrigin, FakeReply
from edge.origins.files import Files
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House


async def test_a_failing_origin_is_covered_by_what_is_stored(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.origin.failure = GatewayTimeout("The origin did not answer in time")
    house.later(3600 + 3600)
    reply = await house.get("/p/a.jpg?w=200")
    assert (reply.status, reply.headers.get("age"), reply.story.fwd) == (200, "7200", "stale")
    assert (reply.story.detail, reply.story.ttl, reply.story.stored) == ("stale-if-error", -3600, False)
    again = await house.get("/p/a.jpg?w=200")
    assert (again.story.tier, again.story.detail, house.origin.fetches()) == ("mem", "stale-if-error", 2)


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
    house.origin.failure = BadGateway("The origin cannot be reached", disconnected=True)
    house.later(11)
    for _ in range(2):
        with pytest.raises(GatewayTimeout):
            await house.get("/p/a.jpg?w=200")
    assert house.origin.fetches() == 2


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


async def restless(place: Path) -> None:
    """Write to the file, in place, again and again."""
    while True:
        with place.open("r+b") as file:
            file.seek(0, 2)
            file.write(b"x")
        await asyncio.sleep(0.01)


async def test_a_file_that_never_rests_is_given_up(building: Building, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PHOTO + bytes(1 << 20))
    building.near, building.recheck = Files("fake", tmp_path, 1 << 30), 1.0
    house = building.build()
    house.pool.delay = 0.1
    writing = asyncio.create_task(restless(tmp_path / "a.jpg"))
    with pytest.raises(BadGateway, match=r"keeps changing|changed while it was read"):
        await house.get("/p/a.jpg?w=200")
    writing.cancel()
    await building.near.close()
    assert house.cache.stats().memory.entries == 0


async def test_a_file_that_another_takes_the_name_of_meanwhile_is_served_as_it_was(
    building: Building, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(PHOTO + bytes(1 << 20))
    (tmp_path / "b.jpg").write_bytes(OTHER + bytes(1 << 20))
    building.near, building.recheck = Files("fake", tmp_path, 1 << 30), 1.0
    house = building.build()
    house.pool.delay = 0.1
    asking = asyncio.create_task(house.get("/p/a.jpg?w=200"))
    await asyncio.sleep(0.05)
    (tmp_path / "b.jpg").rename(tmp_path / "a.jpg")
    assert (await asking).status == 200
    await building.near.close()
    assert len(house.pool.jobs) == 1


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


async def test_a_workers_verdict_on_a_header_is_not_kept_for_long(building: Building) -> None:
    building.origin.put("a.svg", b"<svg/>")
    house = building.build()
    house.pool.failures.append(Unprocessable("The picture's work took longer than 30 s"))
    for _ in range(2):
        with pytest.raises(Unprocessable) as told:
            await house.get("/p/a.svg?w=200")
    assert "cache-control" not in told.value.headers
    house.later(11)
    assert (await house.get("/p/a.svg?w=200")).status == 200
    assert len(house.pool.probes) == 2


async def test_a_refusal_is_remembered_for_no_longer_than_the_negative_window(building: Building) -> None:
    building.origin.put("a.txt", b"words " * 99, {"Cache-Control": "max-age=31536000"})
    house = building.build()
    with pytest.raises(UnsupportedPicture) as told:
        await house.get("/p/a.txt?w=200")
    assert told.value.headers["cache-control"] == "public, max-age=10"


async def test_a_remembered_error_holds_on_to_no_request(house: House) -> None:
    house.pool.failures.append(Unprocessable("The picture is truncated"))
    lengths = set()
    for _ in range(20):
        with pytest.raises(Unprocessable) as told:
            await house.get("/p/a.jpg?w=200")
        lengths.add(len(told.traceback))
    assert max(lengths) < 20


async def test_missing_originals_never_push_out_those_that_exist(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.originals.records._ABSENT", 10)
    await house.get("/p/a.jpg?w=200")
    for number in range(50):
        with pytest.raises(NotFound):
            await house.get(f"/p/missing{number}.jpg")
    await house.get("/p/a.jpg?w=201")
    assert house.origin.fetches("a.jpg") == 1
    assert "10 absent" in repr(house.records)


class Redirecting(FakeReply):
    """A reply that was reached over a hop with words of its own."""

    hops = (Fields([("cache-control", "private, no-store")]),)


async def test_the_words_of_a_redirect_count(building: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "public, max-age=1000"})
    monkeypatch.setattr("edge.origins.fake.FakeReply", Redirecting)
    house = building.build()
    for _ in range(2):
        reply = await house.get("/p/a.jpg?w=200")
    assert (house.origin.fetches(), reply.headers.get("cache-control")) == (2, "no-store")


async def test_many_stale_hits_are_one_question(house: House) -> None:
    await house.get("/p/a.jpg?w=200")
    house.later(3600 + 30)
    house.origin.delay = 0.02
    await house.many(100, "/p/a.jpg?w=200")
    await house.originals.close()
    assert house.origin.fetches() == 2


async def test_many_refusals_at_once_are_one_question(building: Building) -> None:
    house = building.build()
    house.origin.status, house.origin.delay = 403, 0.01
    for wave in (1, 2):
        outcomes = await asyncio.gather(*[house.get("/p/a.jpg") for _ in range(50)], return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {Forbidden}
        assert house.origin.fetches() == wave


async def test_a_deleted_original_does_not_come_back_with_a_restart(building: Building) -> None:
    house = building.build()
    await house.get("/p/a.jpg?w=200")
    house.origin.remove("a.jpg")
    house.later(3600 + 61)
    with pytest.raises(NotFound):
        await house.get("/p/a.jpg?w=200")
    await house.originals.close()
    again = building.build()
    again.cache._memory, again.origin.failure = house.cache._memory, BadGateway("The origin cannot be reached")
    again.later(3600 + 62)
    with pytest.raises(BadGateway):
        await again.get("/p/a.jpg?w=200")


async def test_an_original_as_it_is_that_changed_starts_the_request_again(building: Building) -> None:
    building.recheck, building.delivery = 1.0, replace(Delivery(), queryless="original")
    house = building.build()
    await house.get("/p/a.jpg")
    house.origin.put("a.jpg", OTHER)
    assert (await house.get("/p/a.jpg")).body == OTHER


async def test_a_spool_folder_that_vanished_costs_nobody_an_answer(building: Building, tmp_path: Path) -> None:
    building.origin.put("a.jpg", PHOTO + bytes(2 << 20))
    house = building.build()
    house.originals._asker.spool_folder = str(tmp_path / "gone")
    assert (await house.get("/p/a.jpg?w=200")).status == 200


async def test_a_long_query_is_not_remembered(house: House) -> None:
    for number in range(5):
        await house.get("/p/a.jpg?w=200&" + f"junk{number}=" + "x" * 4000)
    assert "0 remembered" in repr(house.pipeline._decider)
