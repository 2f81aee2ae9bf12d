"""The disk tier: `Shelf`s behind two threads, for asyncio.

Ownership of descriptors. `put` duplicates the descriptor of a file body before it first waits; the caller's own stays
the caller's. A file body that `get` returns belongs to whoever awaited it; if that one has left, it is closed here.

What was forgotten stays forgotten. `forget` hides the key at once, `forget_tags` whatever is found to carry the tag;
the writing thread deletes it, and when the disk will not have that (full, read-only) it stays hidden and is deleted on
the first occasion. If none comes before the end, or too much waits for it, the whole generation is abandoned, which a
full disk allows: an empty cache is better than a purged picture. That is also what `clear` does, so that it takes no
longer for a million entries than for one. What none of them can is survive a kill on a disk that could not be written;
keys that are never used twice for different bodies make that harmless.

Several processes may share the folder (each of its own machine: never a network file system, which SQLite's locks do
not survive). Every tier holds a shared lock on the file `lock`; the one that finds itself alone sweeps everything.
"""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

from cache.entry import Entry, FileSlice, envelope_head
from cache.fault import Unsound
from cache.generation import Folders
from cache.lane import Lane
from cache.outstanding import Outstanding
from cache.shelf import Shelf
from cache.tier import DiskStats

_READ_PATIENCE = (
    1.0  # seconds for another's lock: a get is on the way to a reply, and making the picture anew is quicker
)
_WRITE_PATIENCE = 5.0  # nobody waits for a put

T = TypeVar("T")


class DiskTier:
    """At most `size` bytes under `path`. Nothing is opened before the first thread has run; nothing raises for the
    disk's sake. Implements cache.tier.Disk."""

    def __init__(self, path: str | os.PathLike[str], size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = Path(path)
        self.size = size
        title, folders = f"disk cache {self.path}", Folders(self.path)
        self._reads = Lane("reads", title, folders, partial(Shelf, size=size, patience=_READ_PATIENCE), clock)
        self._writes = Lane("writes", title, folders, partial(Shelf, size=size, patience=_WRITE_PATIENCE), clock)
        self._reads.stirred = self._writes.stirred = self._tidy_later
        self._turn = count()
        self._forgotten = Outstanding()
        self._lock_fd = -1
        self._swept = False
        self._closed = False
        self._hits = self._misses = self._puts = self._evictions = self._repaired = self._volume = self._entries = 0
        self._tidy_later()

    async def get(self, key: str) -> Entry | None:
        """The entry, verified; None when there is none or the disk will not say. A get that a forget overtakes may
        bring either: whoever must know (Tiered) looks itself."""
        key.encode()  # a lone surrogate is the caller's mistake and must not look like the disk's
        entry = None
        if not (self._closed or self._reads.off or self._forgotten.hides(key)):
            entry = await _landed(self._reads.submit(partial(self._read, key)))
        if entry is not None and self._forgotten.hides(key, entry.tags):
            entry.close()
            entry = None
        if entry is None:
            self._misses += 1
        else:
            self._hits += 1
        return entry

    async def put(self, key: str, entry: Entry) -> bool:
        """Whether it is stored. A body larger than a quarter of `size` is not. Overwriting is best effort: when it
        fails the older entry may still answer, so whoever gives a key another body forgets it first."""
        key.encode()
        if self._closed or self._writes.off:
            return False
        body = entry.body
        own = Entry(body.duplicate(), entry.meta, entry.stored_at, entry.tags) if isinstance(body, FileSlice) else entry
        future = self._writes.submit(partial(self._write, key, own, next(self._turn)))
        future.add_done_callback(lambda _: own.close())
        return await asyncio.shield(asyncio.wrap_future(future))

    async def forget(self, key: str) -> None:
        """From now on it is a miss, here and after a restart."""
        key.encode()
        if self._closed:
            return
        turn = next(self._turn)
        self._forgotten.add(turn, keys=(key,))
        await self._do(lambda: self._settle_now(turn))

    async def forget_tags(self, tags: Sequence[str]) -> int:
        """From now on whatever carries one of these is a miss, here and after a restart. How many entries that were:
        0 also when the disk would not say."""
        if self._closed or not tags:
            return 0
        turn = next(self._turn)
        self._forgotten.add(turn, tags=tags)
        return await self._do(lambda: self._settle_now(turn))

    async def clear(self) -> None:
        """From now on everything is a miss, here and after a restart."""
        if self._closed:
            return
        turn = next(self._turn)
        self._forgotten.add(turn, everything=True)
        await self._do(lambda: self._begin_anew(turn + 1))

    async def _do(self, work: Callable[[], T]) -> T:
        """In the writing thread, though the caller leaves."""
        return await asyncio.shield(asyncio.wrap_future(self._writes.submit(work)))

    async def close(self) -> None:
        """Finish what was begun, then leave the folder as another can open it. Again is nothing."""
        if self._closed:
            return
        self._closed = True
        for lane, last in ((self._writes, self._last_words), (self._reads, lambda: None)):
            await asyncio.shield(asyncio.wrap_future(lane.end(last)))
            lane.join()

    @property
    def stats(self) -> DiskStats:
        """Bytes and entries are as of the last write."""
        lanes = (self._reads, self._writes)
        return DiskStats(
            hits=self._hits,
            misses=self._misses,
            puts=self._puts,
            evictions=self._evictions,
            bytes=self._volume,
            entries=self._entries,
            capacity=self.size,
            failures=sum(lane.failures for lane in lanes),
            repaired=self._repaired,
            rebuilds=sum(lane.rebuilds for lane in lanes),
            healthy=all(lane.healthy for lane in lanes),
        )

    def __repr__(self) -> str:
        return f"DiskTier({self._entries} entries, {self._volume} of {self.size} bytes, {self._reads}, {self._writes})"

    # From here on: in the threads.

    def _read(self, key: str) -> Entry | None:
        try:
            return self._reads.run(lambda shelf: shelf.get(key))
        except Unsound:
            self._repaired += 1
            return None

    def _write(self, key: str, entry: Entry, turn: int) -> bool:
        if self._forgotten.since(turn, key, entry.tags) or not self._begin_anew(turn):
            return False
        head = envelope_head(key, entry)

        def write(shelf: Shelf) -> bool:
            self._settle(shelf, before=turn)
            evicted = shelf.put(key, head, entry)
            self._count(shelf, evicted or 0)
            return evicted is not None

        stored = bool(self._writes.run(write))
        self._puts += stored
        return stored

    def _settle_now(self, turn: int) -> int:
        """Do what was forgotten up to this turn; how many entries that were."""

        def settle(shelf: Shelf) -> int:
            gone = self._settle(shelf, turn + 1)
            self._count(shelf)
            return gone

        return (self._begin_anew(turn + 1) and self._writes.run(settle)) or 0

    def _settle(self, shelf: Shelf, before: int) -> int:
        """Also what an outage left undone."""
        gone = 0
        for key, turn in self._forgotten.keys(before):
            gone += shelf.forget(key)
            self._forgotten.done_key(key, turn)
        if tags := self._forgotten.tags(before):
            gone += shelf.forget_tags(tuple(tags))
            self._forgotten.done_tags(tags)
        return gone

    def _begin_anew(self, before: int) -> bool:
        """Abandon the generation if all of it was forgotten; whether nothing of that kind is left to do."""
        turn = self._forgotten.everything
        if turn is None or turn >= before:
            return True
        try:
            self._writes.abandon_generation()
        except OSError:
            return False
        self._forgotten.done_everything(turn)
        self._tidy_later()
        return True

    def _count(self, shelf: Shelf, evicted: int = 0) -> None:
        self._evictions += evicted
        self._volume, self._entries = shelf.volume(), shelf.entries()

    def _tidy_later(self) -> None:
        """At the start, after an outage and after damage: sweep and settle, behind the writes that wait already."""
        if self._closed:
            return
        self._swept = False
        with contextlib.suppress(RuntimeError):  # the thread takes no more work: it was closed this moment
            self._writes.submit(partial(self._tidy, next(self._turn)))

    def _tidy(self, turn: int) -> None:
        if self._begin_anew(turn):
            self._writes.run(partial(self._sweep, turn))

    def _sweep(self, turn: int, shelf: Shelf) -> None:
        """What earlier generations left goes in parts, with whatever waits in between."""
        self._settle(shelf, before=turn)
        if shelf.sweep_older():
            self._tidy_later()
        elif not self._swept:
            shelf.sweep(self._alone(), lambda: self._closed)
            fcntl.flock(self._lock_fd, fcntl.LOCK_SH)
            self._swept = True
        self._count(shelf)

    def _alone(self) -> bool:
        """Whether no other tier, of this process or another, has the folder open. If so, none can until the sweep is
        over; else wait for the one that sweeps, as it would take our files for orphans."""
        if self._lock_fd < 0:
            self._lock_fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._lock_fd, fcntl.LOCK_SH)
            return False
        return True

    def _last_words(self) -> None:
        last = next(self._turn)
        if self._begin_anew(last):
            self._writes.run(lambda shelf: self._settle(shelf, before=last))
        if self._forgotten:
            with contextlib.suppress(OSError):
                self._writes.abandon_generation()
        if self._lock_fd >= 0:
            os.close(self._lock_fd)


async def _landed(future: "Future[Entry | None]") -> Entry | None:
    """The outcome of a read; whoever leaves instead leaves no descriptor open."""
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        future.add_done_callback(_close_unclaimed)
        raise


def _close_unclaimed(future: "Future[Entry | None]") -> None:
    if not future.cancelled() and future.exception() is None and (entry := future.result()) is not None:
        entry.close()
