"""The fake keeps the pool's contract, so that who is tested with it works with the pool."""

import asyncio

import pytest

from edge.errors import Unavailable, Unprocessable
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import Canvas, Decode, Encode, Overlay, Resize
from edge.plan.work import Source
from edge.workers.base import Workers
from edge.workers.fake import FakePool

PLAN = Plan.chain(Decode(), Resize(40, 30), Encode("webp"))
SOURCE = Source(data=b"x")


async def test_it_makes_up_a_picture_as_the_plan_describes_it_and_remembers_the_job() -> None:
    pool = FakePool()
    workers: Workers = pool
    made = await workers.run(PLAN, [SOURCE])
    assert (made.format, made.width, made.height) == ("webp", 40, 30)
    assert pool.jobs == [(PLAN, (SOURCE,))]
    assert (await workers.run(PLAN, [SOURCE])).body != made.body


async def test_it_makes_up_every_output_of_a_plan() -> None:
    pool = FakePool()
    workers: Workers = pool
    nodes = (
        Node(Decode(1)),
        Node(Resize(40, 30), (0,)),
        Node(Encode("webp"), (1,)),
        Node(Canvas(9, 8)),
        Node(Overlay(0, 0), (3, 1)),
        Node(Encode("png"), (4,)),
        Node(Encode(), (0,)),
    )
    done = await workers.run_all(Plan(nodes), [SOURCE, SOURCE], Limits(output_pixels=7))
    sizes = [(made.format, made.width, made.height) for made in done.outputs]
    assert sizes == [("webp", 40, 30), ("png", 9, 8), ("jpeg", 4000, 3000)]
    assert len({made.body for made in done.outputs}) == 3
    assert done.decodes == (0, 1)
    assert (pool.jobs, pool.limits) == ([(Plan(nodes), (SOURCE, SOURCE))], Limits(output_pixels=7))
    pool.failures = [Unprocessable("broken")]
    with pytest.raises(Unprocessable):
        await workers.run_all(Plan(nodes), [SOURCE, SOURCE])


async def test_it_probes_what_it_was_told() -> None:
    pool = FakePool()
    assert await pool.probe(SOURCE) == pool.facts
    assert repr(pool) == "FakePool(0 jobs, 1 probes, 0 running)"


async def test_it_fails_as_often_as_it_was_told() -> None:
    pool = FakePool()
    pool.failures = [Unprocessable("broken")]
    with pytest.raises(Unprocessable):
        await pool.run(PLAN, [SOURCE])
    assert (await pool.run(Plan.chain(Decode(), Encode()), [SOURCE])).format == "jpeg"


async def test_it_notices_who_leaves_before_the_end() -> None:
    pool = FakePool()
    pool.delay = 60
    task = asyncio.create_task(pool.run(PLAN, [SOURCE]))
    await asyncio.sleep(0)
    assert pool.running == 1
    task.cancel()
    await asyncio.wait([task])
    assert (pool.running, pool.cancelled) == (0, 1)


async def test_after_closing_nobody_is_served() -> None:
    pool = FakePool()
    await pool.start()
    await pool.close()
    with pytest.raises(Unavailable):
        await pool.run(PLAN, [SOURCE])
