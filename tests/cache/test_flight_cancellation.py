"""Single-flight: who leaves, and what becomes of the flight."""

import asyncio

import pytest

from cache.flight import Abandoned, Flight, Landed
from tests.cache.test_flight import Maker, started


async def leave(*tasks: "asyncio.Future[Landed[object]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def join(flight: Flight, maker: Maker) -> "asyncio.Future[Landed[object]]":
    return asyncio.ensure_future(flight.join("k", maker))


async def test_the_first_may_leave_and_the_others_are_served() -> None:
    flight, maker = Flight(), Maker()
    first, second = join(flight, maker), join(flight, maker)
    await started()
    await leave(first)
    maker.gate.set()
    assert await second == Landed("made", True)
    assert maker.runs == 1


async def test_the_last_to_leave_cancels_the_production() -> None:
    flight, cancelled = Flight(), asyncio.Event()

    async def make() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    joiners = [asyncio.ensure_future(flight.join("k", make)) for _ in range(5)]
    await started()
    await asyncio.wait_for(asyncio.gather(*(asyncio.ensure_future(leave_one(joiner)) for joiner in joiners)), 5)
    await started()
    assert cancelled.is_set()
    assert (len(flight), flight.stats.abandoned) == (0, 1)


async def leave_one(joiner: "asyncio.Future[Landed[None]]") -> None:
    joiner.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joiner


async def test_who_comes_after_the_last_has_left_gets_a_new_flight() -> None:
    flight, dying, fresh = Flight(), asyncio.Event(), Maker()

    async def make() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await dying.wait()  # takes its time to go down

    last = asyncio.ensure_future(flight.join("k", make))
    await started()
    await leave_one(last)
    fresh.gate.set()
    assert await flight.join("k", fresh) == Landed("made", False)
    dying.set()


async def test_the_end_of_a_cancelled_flight_does_not_take_the_new_one_down() -> None:
    flight, dying, fresh = Flight(), asyncio.Event(), Maker()

    async def make() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await dying.wait()

    last = asyncio.ensure_future(flight.join("k", make))
    await started()
    await leave_one(last)
    joined = join(flight, fresh)
    await started()
    dying.set()
    await started()
    assert len(flight) == 1
    fresh.gate.set()
    assert await joined == Landed("made", False)


async def test_a_failure_that_nobody_waits_for_is_nobody_s_trouble() -> None:
    flight, troubles = Flight(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))

    async def make() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while going down")

    joined = asyncio.ensure_future(flight.join("k", make))
    await started()
    await leave_one(joined)
    await started()
    assert (troubles, flight.stats.failed) == ([], 1)


async def test_a_production_that_is_cancelled_from_outside_does_not_cancel_those_who_wait() -> None:
    flight = Flight()

    async def make() -> None:
        raise asyncio.CancelledError

    with pytest.raises(Abandoned, match="The work on k was cancelled"):
        await flight.join("k", make)


async def test_who_leaves_an_unshared_production_ends_it() -> None:
    flight, maker = Flight(), Maker()
    joined = asyncio.ensure_future(flight.join("k", maker, shareable=False))
    await started()
    joined.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joined
