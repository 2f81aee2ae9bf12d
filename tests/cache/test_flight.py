"""Single-flight: one production, many who wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from cache.flight import Flight, FlightStats, Landed


class Maker:
    """A production that counts its runs and ends when it is let."""

    def __init__(self, value: object = "made") -> None:
        self.runs = 0
        self.value = value
        self.gate = asyncio.Event()

    async def __call__(self) -> object:
        self.runs += 1
        await self.gate.wait()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


async def started() -> None:
    """Let every task run up to where it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_500_joiners_are_one_production() -> None:
    flight, maker = Flight(), Maker()
    joiners = [asyncio.ensure_future(flight.join("k", maker)) for _ in range(500)]
    await started()
    assert repr(flight) == "Flight(1 in flight, 500 waiting, 499 of 1 collapsed)"
    maker.gate.set()
    landed = await asyncio.gather(*joiners)
    assert maker.runs == 1
    assert [one.value for one in landed] == ["made"] * 500
    assert [one.collapsed for one in landed].count(False) == 1
    assert (len(flight), flight.stats) == (0, FlightStats(1, 499, 0, 0))


async def test_a_failure_reaches_all_who_wait_and_the_next_tries_again() -> None:
    flight, maker = Flight(), Maker(ValueError("no"))
    joiners = [asyncio.ensure_future(flight.join("k", maker)) for _ in range(3)]
    await started()
    maker.gate.set()
    outcomes = await asyncio.gather(*joiners, return_exceptions=True)
    assert outcomes == [maker.value] * 3
    maker.value = "made"
    assert await flight.join("k", maker) == Landed("made", False)
    assert (maker.runs, flight.stats.failed) == (2, 1)


async def test_what_has_landed_is_made_anew_for_the_next() -> None:
    flight, maker = Flight(), Maker()
    maker.gate.set()
    await flight.join("k", maker)
    assert await flight.join("k", maker) == Landed("made", False)
    assert maker.runs == 2


async def test_other_keys_do_not_wait_for_each_other() -> None:
    flight, slow, quick = Flight(), Maker(), Maker()
    waiting = asyncio.ensure_future(flight.join("slow", slow))
    quick.gate.set()
    assert await flight.join("quick", quick) == Landed("made", False)
    slow.gate.set()
    await waiting


async def test_what_may_not_be_shared_is_made_for_each() -> None:
    flight, maker = Flight(), Maker()
    joiners = [asyncio.ensure_future(flight.join("k", maker, shareable=False)) for _ in range(3)]
    await started()
    assert (maker.runs, len(flight)) == (3, 0)
    maker.gate.set()
    assert await asyncio.gather(*joiners) == [Landed("made", False)] * 3


async def test_the_lock_is_held_around_the_production_alone() -> None:
    story: list[str] = []

    class Locks:
        @asynccontextmanager
        async def held(self, key: str) -> AsyncIterator[None]:
            story.append(f"lock {key}")
            yield
            story.append(f"free {key}")

    async def make() -> None:
        story.append("make")

    await Flight(Locks()).join("k", make)
    assert story == ["lock k", "make", "free k"]


async def test_a_lock_that_fails_fails_the_flight() -> None:
    class Locks:
        def held(self, key: str) -> AbstractAsyncContextManager[None]:
            raise OSError("no locks")

    with pytest.raises(OSError, match="no locks"):
        await Flight(Locks()).join("k", Maker())
