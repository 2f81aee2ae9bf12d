"""The index: small records by name, in one SQLite file behind two threads, for asyncio.

Calls take effect in their order. A put waits in memory until the writing thread takes it, many in one transaction; a
`find` looks there first and then asks the reading thread, so that it never queues behind a purge. Everything else goes
to the writing thread, behind the puts that came before; so does a find of a name that is just being purged.

What was forgotten stays forgotten. When the database cannot be written (full, read-only, locked by another for longer
than we wait, damaged), the whole index begins anew: its file is unlinked, which a full disk allows, and the next
generation of it created (cache/generation.py). `names` does the same, for a purge that was told of nothing would leave
everything. When even that fails, nothing that is stored is found any more, and it is tried again with every write. So
an answer may be missing, which costs a question to an origin; what was purged never comes back. What it cannot do is
survive a kill before a file that could not be unlinked was.

The purge generation begins at the microseconds since 1970 when the file is created, and rises by one. Purges are
never a million a second, so a number that was given out is always smaller than the time; an index that begins anew
begins above all of them. Where the clock was set back meanwhile, what this process has seen is the floor.
"""

import asyncio
import contextlib
import logging
import math
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from cache.generation import Files, Generations, Nowhere
from cache.lane import Lane, Superseded
from cache.ledger import Ledger
from cache.marks import batched
from cache.tier import IndexStats, Row

QUEUE_BYTES: Final = 32 << 20
_OVERHEAD: Final = 1000  # bytes of objects around a row that waits; tracemalloc says 700 with three tags
_PUTS: Final = 256  # in one transaction: so few that the pages they change stay in memory, and some 20 ms
_NAMES: Final = 256  # removed in one transaction
_READ_PATIENCE: Final = 1.0  # seconds for another's lock: asking the origin is quicker
_WRITE_PATIENCE: Final = 5.0

_ALL: Final = object()
_RISING: Final = object()

T = TypeVar("T")

log = logging.getLogger("cache")


class SqliteIndex:
    """At most `most` names at `path`, None for memory alone; the longest not stored go first. `clock` gives Unix
    seconds. Implements cache.tier.Index."""

    def __init__(self, path: str | os.PathLike[str] | None, most: int, clock: Callable[[], float] = time.time) -> None:
        self.most = most
        self._clock = clock
        self._place: Generations = Nowhere() if path is None else Files(Path(path))
        self._title = "index in memory" if path is None else f"index {path}"
        self._writes = self._lane("writes", _WRITE_PATIENCE)
        self._reads = self._writes if path is None else self._lane("reads", _READ_PATIENCE)
        self._guard = threading.Lock()  # of all that follows, which both the loop and the writing thread change
        self._waiting: dict[str, dict[str, Row]] = {}  # name → variant → the last row that is not yet written
        self._batch: list[Row] | None = None  # to which a put may still be added
        self._weight = 0
        self._busy: Counter[object] = Counter()  # names that are being removed or expired, _ALL and _RISING
        self._dead = False  # what is stored must not be found, and could not be unlinked
        self._known = 0  # the largest generation seen
        self._names = self._puts = self._dropped = self._anew = 0
        self._closed = False
        self._writes.submit(partial(self._try, Ledger.count))

    async def find(self, name: str) -> tuple[Row, ...]:
        """All variants, the youngest first."""
        if self._closed:
            return ()
        if self._dead or self._busy[name] or self._busy[_ALL]:
            return _youngest_first(await self._ordered(partial(self._find, self._writes, name)))
        with self._guard:
            waiting = dict(self._waiting.get(name, ()))
        stored: list[Row] = []
        if not self._reads.off:
            stored = await asyncio.wrap_future(self._reads.submit(partial(self._find, self._reads, name)))
        return _youngest_first([*(row for row in stored if row.variant not in waiting), *waiting.values()])

    def put(self, row: Row) -> None:
        """Behind: written soon, or dropped and counted when too many wait. Replaces name and variant. What is no row
        is a mistake of the caller, and must not look like the disk's: TypeError, ValueError."""
        if math.isnan(row.stored_at):
            raise ValueError("Expected Unix seconds for stored_at but received NaN")
        if not isinstance(row.record, bytes) or not all(isinstance(text, str) for text in _texts(row)):
            raise TypeError(f"Expected bytes under text but received {row!r}")
        row = replace(row, stored_at=float(row.stored_at), expired_at=None)
        with self._guard:
            if self._closed or self._weight + _weigh(row) > QUEUE_BYTES:
                self._dropped += 1
                return
            self._weight += _weigh(row)
            variants = self._waiting.setdefault(row.name, {})
            variants.pop(row.variant, None)
            variants[row.variant] = row
            if self._batch is None:
                self._batch = []
                self._writes.submit(partial(self._write, self._batch))
            self._batch.append(row)

    async def names(
        self, *, prefix: str = "", tag: str | None = None, after: str = "", limit: int = 1000
    ) -> tuple[str, ...]:
        """Distinct names in code point order that begin with `prefix`, carry `tag` on a variant, and come after
        `after`."""
        if self._closed or limit <= 0:
            return ()

        def names(ledger: Ledger) -> list[str]:
            return ledger.names(prefix, tag, after, limit)

        return tuple(await self._ordered(lambda: self._surely(names, [])))

    async def remove(self, names: Sequence[str]) -> int:
        """All variants of these; how many of the names were there."""
        return await self._purge(names, Ledger.remove)

    async def remove_variant(self, name: str, variant: str) -> None:
        await self._purge((name,), lambda ledger, _: ledger.remove_variant(name, variant))

    async def expire(self, names: Sequence[str], at: float) -> int:
        """Mark all variants of these; how many of the names were there."""
        if math.isnan(at):
            raise ValueError("Expected Unix seconds for at but received NaN")
        return await self._purge(names, lambda ledger, some: ledger.expire(some, float(at)))

    async def clear(self) -> int:
        """Everything; how many names that were. As quick for a million as for one: the file goes."""
        if self._closed:
            return 0
        self._mark((_ALL,))
        return await self._ordered(self._clear)

    async def generation(self, *, rise: bool = False) -> int:
        """The purge generation."""
        if not self._closed:
            if rise:
                self._mark((_RISING,))
                await self._ordered(self._rise)
            elif self._busy[_RISING]:
                await self._ordered(partial(self._see, self._writes))
            else:
                await asyncio.wrap_future(self._reads.submit(partial(self._see, self._reads)))
        return self._known

    async def flush(self) -> None:
        """Wait until all puts so far are written or dropped."""
        if not self._closed:
            await self._ordered(lambda: None)

    async def close(self) -> None:
        """Write what waits, and leave the file as another can open it. Again is nothing."""
        if self._closed:
            return
        self._closed = True
        for lane in dict.fromkeys((self._writes, self._reads)):
            last = self._last_words if lane is self._writes else lambda: None
            await asyncio.shield(asyncio.wrap_future(lane.end(last)))
            lane.join()

    @property
    def stats(self) -> IndexStats:
        """Names are as of the last write."""
        lanes = {self._reads, self._writes}
        return IndexStats(
            names=self._names,
            puts=self._puts,
            dropped=self._dropped,
            failures=sum(lane.failures for lane in lanes),
            rebuilds=self._anew + sum(lane.rebuilds for lane in lanes),
            healthy=not self._dead and all(lane.healthy for lane in lanes),
        )

    def __repr__(self) -> str:
        waiting = sum(map(len, self._waiting.values()))
        return (
            f"SqliteIndex({self._names} of {self.most} names, {waiting} waiting, {self._dropped} dropped, "
            f"generation {self._known}, {self._reads}, {self._writes})"
        )

    def _lane(self, name: str, patience: float) -> Lane[Ledger]:
        opened = partial(Ledger, most=self.most, seed=self._seed, patience=patience)
        return Lane(name, self._title, self._place, opened, self._clock)

    async def _ordered(self, work: Callable[[], T]) -> T:
        """In the writing thread, behind all puts so far and before all that follow, though the caller leaves."""
        with self._guard:
            self._batch = None
            future = self._writes.submit(work)
        return await asyncio.shield(asyncio.wrap_future(future))

    async def _purge(self, names: Sequence[str], work: Callable[[Ledger, Sequence[str]], int]) -> int:
        """`work` gives for some of the names how many of them it met."""
        names = tuple(dict.fromkeys(names))
        if not all(isinstance(name, str) for name in names):
            raise TypeError("Expected text for each name")
        if self._closed or not names:
            return 0
        self._mark(names)
        return await self._ordered(partial(self._in_batches, names, work))

    def _mark(self, names: Sequence[object]) -> None:
        with self._guard:
            self._busy.update(names)

    # From here on: in the threads.

    def _find(self, lane: Lane[Ledger], name: str) -> list[Row]:
        found = lane.run(lambda ledger: ledger.find(name))
        return [] if self._dead or found is None else found

    def _write(self, batch: list[Row]) -> None:
        with self._guard:
            if self._batch is batch:
                self._batch = None
        for rows in batched(batch, _PUTS):
            written = self._revive() and self._try(lambda ledger, rows=rows: ledger.put(rows)) is not None  # type: ignore[misc]
            with self._guard:
                if written:
                    self._puts += len(rows)
                else:
                    self._dropped += len(rows)
                self._forget_waiting(rows)

    def _forget_waiting(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._weight -= _weigh(row)
            variants = self._waiting.get(row.name, {})
            if variants.get(row.variant) is row:
                del variants[row.variant]
                if not variants:
                    del self._waiting[row.name]

    def _in_batches(self, names: tuple[str, ...], work: Callable[[Ledger, Sequence[str]], int]) -> int:
        count = 0
        try:
            for some in batched(names, _NAMES):
                count += self._surely(lambda ledger, some=some: work(ledger, some), 0)  # type: ignore[misc]
        finally:
            self._unmark(names)
        return count

    def _unmark(self, names: Sequence[object]) -> None:
        with self._guard:
            for name in names:
                self._busy[name] -= 1
                if not self._busy[name]:
                    del self._busy[name]

    def _try(self, work: Callable[[Ledger], T], *, insist: bool = False) -> T | None:
        def counted(ledger: Ledger) -> T:
            outcome = work(ledger)
            self._names = ledger.count()
            return outcome

        return self._writes.run(counted, insist=insist)

    def _surely(self, work: Callable[[Ledger], T], nothing: T) -> T:
        """The outcome; or nothing, and then there is nothing any more."""
        if not self._revive():
            return nothing
        outcome = self._try(work, insist=True)
        if outcome is not None:
            return outcome
        if self._abandon():
            self._anew += 1
            log.warning("The %s could not be written and begins anew", self._title)
        return nothing

    def _clear(self) -> int:
        try:
            count = self._try(Ledger.count, insist=True) if self._revive() else 0
            self._see(self._writes)
            self._abandon()
            self._try(Ledger.count, insist=True)  # makes the next at once, with the generation that we know
        finally:
            self._unmark((_ALL,))
        return count or 0

    def _abandon(self) -> bool:
        """Whether there was something to abandon, and it is gone. If it cannot go, it is not found."""
        self._names = 0
        try:
            empty = _is_empty(self._place.newest())
            if not empty:
                self._writes.abandon_generation()
        except OSError:
            self._dead = True
            return False
        self._dead = False
        return not empty

    def _revive(self) -> bool:
        """Try once more what could not be abandoned; whether what is stored may be found."""
        if self._dead:
            self._abandon()
        return not self._dead

    def _last_words(self) -> None:
        if self._revive():
            self._writes.run(Ledger.sync)

    def _rise(self) -> None:
        def rise(ledger: Ledger) -> int:
            risen = ledger.rise(self._known)
            if not ledger.alive():  # it rose where nobody will look
                raise Superseded
            return risen

        try:
            self._learn(max(self._known + 1, self._surely(rise, self._seed())))
        finally:
            self._unmark((_RISING,))

    def _see(self, lane: Lane[Ledger]) -> None:
        seen = None if self._dead else lane.run(Ledger.generation, insist=True)
        self._learn(seen if seen is not None else self._known or self._seed())

    def _learn(self, generation: int) -> None:
        with self._guard:
            self._known = max(self._known, generation)

    def _seed(self) -> int:
        return max(self._known, int(self._clock() * 1e6))


def _texts(row: Row) -> tuple[str, ...]:
    return (row.name, row.variant, *row.tags)


def _weigh(row: Row) -> int:
    return _OVERHEAD + len(row.record) + sum(map(len, _texts(row)))


def _youngest_first(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Of those stored at the same time, the one that was put last."""
    return tuple(sorted(reversed(rows), key=lambda row: -row.stored_at))


def _is_empty(path: Path) -> bool:
    """A database in which nothing was ever committed."""
    with contextlib.suppress(OSError):
        return path.stat().st_size == 0
    return False
