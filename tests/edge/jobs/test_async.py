"""Jobs awaited: the loop goes on meanwhile, and what is told is the same."""

import asyncio

import pytest

from edge import jobs
from tests import pictures
from tests.edge.jobs.given import half, two_by_four

PHOTO = pictures.photo(60, 40)


async def test_each_call_may_be_awaited() -> None:
    result = await jobs.arun(two_by_four(), {0: PHOTO, 1: PHOTO})
    assert [each.io_id for each in result.outputs] == [10, 11, 12, 13]
    assert (await jobs.aquerystring(PHOTO, "w=30&format=png")).width == 30
    assert (await jobs.ainfo(PHOTO)).height == 40
    assert (await jobs.apredict(half(), PHOTO)).outputs == ((1, 30, 20),)


async def test_many_may_be_awaited_at_once() -> None:
    made = await asyncio.gather(*(jobs.aquerystring(PHOTO, f"w={width}&format=png") for width in range(5, 25)))
    assert [each.width for each in made] == list(range(5, 25))


async def test_errors_are_the_same() -> None:
    with pytest.raises(jobs.JobError) as caught:
        await jobs.aquerystring(b"nothing", "w=30")
    assert caught.value.kind == "NoEnabledDecoderFound"


async def test_the_loop_goes_on_meanwhile() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await jobs.aquerystring(pictures.photo(1200, 800), "w=600&format=png")
    counting.cancel()
    assert turns > 10


async def test_the_blocking_ones_work_within_a_loop_too() -> None:
    assert jobs.querystring(PHOTO, "w=30").width == 30


def test_another_loop_may_come_after_the_first() -> None:
    for _ in range(2):
        assert asyncio.run(jobs.ainfo(PHOTO)).width == 60


async def test_who_stops_waiting_harms_nobody() -> None:
    waiting = asyncio.create_task(jobs.arun(half(), PHOTO))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await jobs.arun(half(), PHOTO)).outputs[0].width == 30
