"""Single-flight: one production of a key, awaited by all who want it.

The maker runs in a task of its own, so that nobody's leaving (a client hung up, a deadline passed) is anybody else's
loss: a waiter that is cancelled just leaves, and only when the last one has left is the task cancelled. From that
moment the key is free: whoever comes next starts anew instead of boarding a flight that is going down. An exception is
raised to all who were waiting and is kept for nobody.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class Lock(Protocol):
    """The seam for several processes: held around `make`, in the flight's task. It must outlive the write, so that
    whoever gets it next finds the entry: `make` looks in the cache once more when it holds the lock."""

    def held(self, key: str) -> AbstractAsyncContextManager[object]: ...


class Abandoned(Exception):
    """The production was cancelled from outside while someone was still waiting for it."""


@dataclass(frozen=True, slots=True)
class Landed(Generic[T]):
    """`collapsed`: another's production answered (RFC 9211 §2.6)."""

    value: T
    collapsed: bool


@dataclass(frozen=True, slots=True)
class FlightStats:
    started: int
    collapsed: int
    failed: int
    abandoned: int


@dataclass(slots=True, eq=False)
class _Seats:
    task: "asyncio.Task[Any]"
    taken: int = 0


class Flight:
    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = lock
        self._flights: dict[str, _Seats] = {}
        self._tasks: set[asyncio.Task[Any]] = set()  # the loop holds tasks weakly; one being cancelled is in no flight
        self._started = self._collapsed = self._failed = self._abandoned = 0

    async def join(self, key: str, make: Callable[[], Awaitable[T]], shareable: bool = True) -> Landed[T]:
        """What `make` of the first caller gives. Not shareable: the caller's own, run in its own task."""
        if not shareable:
            self._started += 1
            return Landed(await make(), False)
        flight = self._flights.get(key)
        collapsed = flight is not None and not flight.task.done()
        if flight is None or not collapsed:
            flight = self._depart(key, make)
        self._collapsed += collapsed
        flight.taken += 1
        try:
            await asyncio.wait((flight.task,))  # unlike shield, it has no opinion on a failure that nobody awaits
        finally:
            flight.taken -= 1
            self._leave(key, flight)
        if flight.task.cancelled():
            raise Abandoned(f"The work on {key} was cancelled")
        return Landed(flight.task.result(), collapsed)

    @property
    def stats(self) -> FlightStats:
        return FlightStats(self._started, self._collapsed, self._failed, self._abandoned)

    def __len__(self) -> int:
        """Productions that can be joined."""
        return len(self._flights)

    def __repr__(self) -> str:
        waiting = sum(flight.taken for flight in self._flights.values())
        return f"Flight({len(self)} in flight, {waiting} waiting, {self._collapsed} of {self._started} collapsed)"

    def _depart(self, key: str, make: Callable[[], Awaitable[T]]) -> _Seats:
        task = asyncio.get_running_loop().create_task(self._fly(key, make), name=f"flight {key}")
        flight = self._flights[key] = _Seats(task)
        self._started += 1
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._landed(key, flight))
        return flight

    async def _fly(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        async with self._lock.held(key) if self._lock else contextlib.nullcontext():
            return await make()

    def _leave(self, key: str, flight: _Seats) -> None:
        if flight.taken or flight.task.done():
            return
        flight.task.cancel()
        self._free(key, flight)

    def _landed(self, key: str, flight: _Seats) -> None:
        self._tasks.discard(flight.task)
        self._free(key, flight)
        if flight.task.cancelled():
            self._abandoned += 1
        elif flight.task.exception() is not None:  # asked here so that asyncio does not report it as never retrieved
            self._failed += 1

    def _free(self, key: str, flight: _Seats) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
