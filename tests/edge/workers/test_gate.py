"""Slots are waited for in turn, refused in time, and given back whatever happens."""

import asyncio

import pytest

from edge.errors import BadRequest, Unavailable
from edge.workers.gate import Gate


async def hold(gate: Gate, cost: float, until: asyncio.Event) -> str:
    async with gate.slot(cost):
        await until.wait()
    return "done"


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_than_the_slots_are_inside() -> None:
    gate, end = Gate(2, queue_wait=5.0), asyncio.Event()
    tasks = [asyncio.create_task(hold(gate, 10, end)) for _ in range(5)]
    await settle()
    assert (gate.running, gate.waiting) == (2, 3)
    end.set()
    assert await asyncio.gather(*tasks) == ["done"] * 5
    assert (gate.running, gate.waiting) == (0, 0)


async def test_too_long_a_predicted_wait_is_refused_at_once() -> None:
    gate, end = Gate(1, queue_wait=5.0), asyncio.Event()
    task = asyncio.create_task(hold(gate, 9000, end))
    await settle()
    with pytest.raises(Unavailable) as refused:
        await hold(gate, 10, end)
    assert refused.value.headers == {"Retry-After": "4"}
    end.set()
    await task


async def test_one_who_leaves_the_queue_holds_up_nobody() -> None:
    gate, end = Gate(1, queue_wait=5.0), asyncio.Event()
    running, leaver, last = (asyncio.create_task(hold(gate, 10, end)) for _ in range(3))
    await settle()
    leaver.cancel()
    await settle()
    assert (gate.running, gate.waiting) == (1, 1)
    end.set()
    assert list(await asyncio.gather(running, last)) == ["done", "done"]


async def test_one_who_leaves_in_the_moment_of_its_turn_passes_it_on() -> None:
    gate, first, rest = Gate(1, queue_wait=5.0), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(hold(gate, 10, first))
    await settle()
    leaver, last = (asyncio.create_task(hold(gate, 10, rest)) for _ in range(2))
    await settle()
    first.set()
    await asyncio.sleep(0)
    leaver.cancel()
    rest.set()
    assert list(await asyncio.gather(running, last)) == ["done", "done"]
    assert (gate.running, gate.waiting) == (0, 0)


async def test_work_that_fails_or_is_cancelled_gives_its_slot_back() -> None:
    gate = Gate(1, queue_wait=5.0)
    with pytest.raises(BadRequest):
        async with gate.slot(10):
            raise BadRequest("no")
    task = asyncio.create_task(hold(gate, 10, asyncio.Event()))
    await settle()
    task.cancel()
    await settle()
    assert repr(gate) == "Gate(Admission(0 of 1 running, 0 waiting, ratio 1.00))"


async def test_whoever_waits_far_longer_than_predicted_is_sent_away() -> None:
    gate, end = Gate(1, queue_wait=0.005), asyncio.Event()
    running = asyncio.create_task(hold(gate, 1, end))
    await settle()
    with pytest.raises(Unavailable):
        await hold(gate, 1, end)
    assert (gate.running, gate.waiting) == (1, 0)
    end.set()
    await running


async def test_measured_time_corrects_the_predictions() -> None:
    ticks = iter(range(1000))
    gate = Gate(1, queue_wait=5.0, clock=lambda: float(next(ticks)))
    for _ in range(50):
        async with gate.slot(500):
            pass
    assert gate.ratio == pytest.approx(2.0, rel=0.05)
