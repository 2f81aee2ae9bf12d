"""A thread beside the event loop: its own executor, its own connection to a database, its own breaker.

The disk tier and the index have two each, one that reads and one that writes, so that a get never queues behind a put
of 60 MiB; measured, two threads serve as well as any number (with four the interpreter lock costs more than it gives).
They know each other no better than two processes that share the folder: all they share is the file system.

An outage (full, read-only, locked, EIO) turns the lane off for HOLD seconds and is logged once, until it is over; one
that comes and goes, as on a disk that is full but for what a purge frees, every HOLD seconds at most.
Damage starts the next generation, and the work is tried again there; damage again within HOLD is treated as an outage,
so that a disk that garbles everything does not make us rebuild in a loop.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from cache.fault import Unsound, is_outage
from cache.generation import Generations

HOLD: Final = 30.0  # seconds a lane stays off; long enough to spare a full disk, short enough to notice room

log = logging.getLogger("cache")


class Opened(Protocol):
    def alive(self) -> bool:
        """Whether what is open is still what stands at its path."""
        ...

    def close(self) -> None: ...


T = TypeVar("T")
S = TypeVar("S", bound=Opened)


class Superseded(Exception):
    """A newer generation has begun."""


class Lane(Generic[S]):
    """`title` says what it serves and where, for the log. `stirred` is called in the lane's thread when it comes back
    from an outage or has begun a new generation."""

    def __init__(
        self,
        name: str,
        title: str,
        generations: Generations,
        open_shelf: Callable[[Path], S],
        clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.failures = 0
        self.rebuilds = 0
        self.stirred: Callable[[], object] = lambda: None
        self._title = title
        self._generations = generations
        self._open_shelf = open_shelf
        self._clock = clock
        self._folder: Path | None = None
        self._shelf: S | None = None
        self._off_until: float | None = None
        self._told_at: float | None = None
        self._rebuilt_at: float | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"cache-{name}")

    @property
    def off(self) -> bool:
        """A clock that was set back does not prolong it."""
        return self._off_until is not None and 0 < self._off_until - self._clock() <= HOLD

    @property
    def healthy(self) -> bool:
        return self._off_until is None

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """In the lane's thread, after all that was submitted before. `work` calls `run`."""
        return self._thread.submit(work)

    def run(self, work: Callable[[S], T], *, insist: bool = False) -> T | None:
        """In the lane's thread: the outcome, or None when the disk would not. To insist is to try though it is off."""
        for _ in range(3):  # once more for a generation that was replaced, and for one that was damaged
            if self.off and not insist:
                return None
            try:
                outcome = work(self._opened())
            except (EOFError, Unsound):  # the caller's file, or one row of ours: not the shelf's fault
                raise
            except Exception as error:
                if not self._again(error):
                    return None
            else:
                self._worked()
                return outcome
        return None

    def end(self, last: Callable[[], object] = lambda: None) -> "Future[None]":
        """Submit the lane's last work. Whoever waited for it calls `join`."""
        return self._thread.submit(self._end, last)

    def join(self) -> None:
        """Only after `end` is done: then the thread has nothing left but to leave."""
        self._thread.shutdown(wait=True)

    def abandon_generation(self) -> None:
        """In the lane's thread: what is stored must not be found again, though the database cannot be written."""
        self._drop_shelf()
        self._generations.condemn(self._generations.newest())
        self._worked()  # or so it seems: what kept it off may have gone with the generation

    def __repr__(self) -> str:
        state = "off" if not self.healthy else "idle" if self._shelf is None else "on"
        return f"Lane({self.name}, {state}, {self.failures} failures, {self.rebuilds} rebuilds)"

    def _opened(self) -> S:
        if self._shelf is None or not self._shelf.alive():
            self._drop_shelf()
            self._folder = self._generations.newest()
            self._shelf = self._open_shelf(self._folder)
            if self._generations.newest() != self._folder:  # condemned while we opened it, perhaps made again by that
                raise Superseded
        return self._shelf

    def _drop_shelf(self) -> None:
        shelf, self._shelf = self._shelf, None
        if shelf is not None:
            shelf.close()

    def _again(self, error: Exception) -> bool:
        """After a failure: whether the same work may succeed if tried at once."""
        replaced = self._replaced()
        self._drop_shelf()  # with it goes a transaction that could not be ended
        if replaced:
            return True
        self.failures += 1
        if not is_outage(error) and self._rebuild(error):
            return True
        self._turn_off(error)
        return False

    def _replaced(self) -> bool:
        """Whether the generation in use was taken away meanwhile: any error is owed to that."""
        if self._folder is None:
            return False
        try:
            if self._generations.newest() != self._folder:
                return True
        except OSError:
            return False
        if self._shelf is None:
            return not self._generations.present(self._folder)
        return not self._shelf.alive()

    def _rebuild(self, error: Exception) -> bool:
        if self._folder is None or (self._rebuilt_at is not None and 0 <= self._clock() - self._rebuilt_at < HOLD):
            return False
        try:
            first = self._generations.condemn(self._folder)
        except OSError:
            return False
        self._rebuilt_at = self._clock()
        if first:
            self.rebuilds += 1
            log.warning("The %s is damaged and begins anew: %r", self._title, error)
            self.stirred()
        return True

    def _turn_off(self, error: Exception) -> None:
        now = self._clock()
        if self.healthy and not (self._told_at is not None and 0 <= now - self._told_at < HOLD):
            log.warning("The %s is off for %s, tried again every %d s: %r", self._title, self.name, HOLD, error)
            self._told_at = now
        self._off_until = now + HOLD

    def _worked(self) -> None:
        if not self.healthy:
            self._off_until = None
            log.info("The %s is on again for %s", self._title, self.name)
            self.stirred()

    def _end(self, last: Callable[[], object]) -> None:
        try:
            last()
        finally:
            self._drop_shelf()
