"""The asyncio side of admission: waits for a slot, and gives it back whatever happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge.errors import Unavailable
from edge.workers.admission import Admission, Admit, Refuse, Ticket

PATIENCE = 2  # times queue_wait: a prediction may be wrong by so much before a waiter is sent away


class Gate:
    """`async with gate.slot(cost_ms):` or Unavailable."""

    def __init__(self, slots: int, queue_wait: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._admission = Admission(slots, queue_wait)
        self._clock = clock
        self._turns: dict[Ticket, asyncio.Event] = {}

    @asynccontextmanager
    async def slot(self, cost_ms: float) -> AsyncIterator[None]:
        """A worker's time of about so many milliseconds. Only work that ends well teaches the predictions."""
        ticket = await self._enter(cost_ms)
        try:
            yield
        except BaseException:
            self._call(self._admission.leave(ticket, self._clock()))
            raise
        self._call(self._admission.done(ticket, self._clock()))

    async def _enter(self, cost_ms: float) -> Ticket:
        verdict = self._admission.decide(cost_ms, self._clock())
        if isinstance(verdict, Refuse):
            raise Unavailable("The edge has more to do than it can do in time", verdict.retry_after)
        if not isinstance(verdict, Admit):
            await self._turn(verdict.ticket)
        return verdict.ticket

    async def _turn(self, ticket: Ticket) -> None:
        turn = self._turns[ticket] = asyncio.Event()
        try:
            async with asyncio.timeout(PATIENCE * self._admission.queue_wait):
                await turn.wait()
        except BaseException as error:
            self._call(self._admission.leave(ticket, self._clock()))  # its turn may have come in this very moment
            if isinstance(error, TimeoutError):
                raise Unavailable("The edge has more to do than it can do in time") from None
            raise
        finally:
            del self._turns[ticket]

    def _call(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            self._turns[ticket].set()

    @property
    def running(self) -> int:
        return self._admission.running

    @property
    def waiting(self) -> int:
        return self._admission.waiting

    @property
    def ratio(self) -> float:
        return self._admission.ratio

    def __repr__(self) -> str:
        return f"Gate({self._admission!r})"
