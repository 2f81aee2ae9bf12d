"""One question to an origin that is under way, and its answer, shared by all who wait for it."""

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

from edge.errors import EdgeError
from edge.freshness.judge import Stored
from edge.freshness.vary import Selecting
from edge.originals.record import Record
from edge.originals.records import Asking
from edge.relay.spool import Seat, Spool


@dataclass(frozen=True, slots=True)
class Known:
    """The stored answer will do. `status` is what the origin said to that, 0 = nothing."""

    record: Record
    status: int = 0
    detail: str = ""

    @property
    def kept(self) -> bool:
        return True

    @property
    def stored(self) -> Stored:
        return self.record.stored

    @property
    def selecting(self) -> Selecting:
        return self.record.selecting


@dataclass(frozen=True, slots=True)
class Arrived:
    """A new answer; its body is coming in. `kept`: it will be stored when it is whole. `length` None = nobody knows."""

    stored: Stored
    selecting: Selecting
    kept: bool
    length: int | None
    bodiless: bool = False
    seconds: float = 0.0


Outcome = Known | Arrived


class Fetch:
    """The question lives in a task of its own, so that nobody's leaving is anybody else's loss: a reader who leaves is
    no reason to give it up, unless its answer is for nobody then. `lonely` says whether one that all have left may go
    on."""

    def __init__(self, folder: str | None, lonely: Callable[[], bool]) -> None:
        self.head: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.head.add_done_callback(_heard)
        self.spool = Spool(folder, self._deserted)
        self.task: asyncio.Task[None] | None = None
        self.asking: Asking | None = None
        self.joinable = True
        self.tags: tuple[str, ...] | None = None  # of its answer, once it is there
        self._lonely = lonely

    @property
    def overtaken(self) -> bool:
        """Did a purge come since it was asked? Then those who come now must not have its answer."""
        return self.asking is not None and self.asking.overtaken(self.tags)

    async def outcome(self, patience: float | None = None) -> Outcome | None:
        """What came of it, or None when that takes longer than `patience` seconds. Raises EdgeErrors."""
        await asyncio.wait((self.head,), timeout=patience)
        if not self.head.done():
            return None
        error = self.head.exception()
        if error is not None:
            raise copy(error)
        return self.head.result()

    def settle(self, outcome: Outcome) -> None:
        if not self.head.done():
            self.head.set_result(outcome)

    def fail(self, error: EdgeError) -> None:
        if self.head.done():
            self.spool.fail(error)
        else:
            self.head.set_exception(error)

    @property
    def kept(self) -> bool:
        """Is its answer worth going on for, though nobody reads it?"""
        if not self.head.done() or self.head.exception() is not None:
            return True
        outcome = self.head.result()
        return isinstance(outcome, Known) or outcome.bodiless or (outcome.kept and not self.spool.passing)

    def _deserted(self) -> None:
        if self.task is not None and not (self.kept and self._lonely()):
            self.task.cancel()


@dataclass(frozen=True, slots=True)
class Ride:
    """A reader's part in a fetch. `collapsed`: another's question was answered."""

    fetch: Fetch
    seat: Seat
    outcome: Outcome
    collapsed: bool


def _heard(head: "asyncio.Future[Outcome]") -> None:
    """Else asyncio would report an error that nobody waited for."""
    if not head.cancelled():
        head.exception()
