"""Memory over disk: get, promote, put behind, forget.

Theory of operation. Everything is decided on the event loop, in plain synchronous steps between two awaits, so no lock
is needed; only the disk is awaited. Three places can hold a key's entry, newest first:

    memory      bytes only, bounded, may evict at any time
    the queue   what has been put and is not yet on disk; bounded in bytes, drained by one task
    disk        slow, fallible, survives a restart

`put_behind` never waits: the entry is in memory at once and in the queue for the disk. When the queue is full the disk
write is dropped and counted, for a reply must never wait for a disk. An entry stays in the queue until it is written,
so that it is found even when memory did not take it (a file body, a large one) or has evicted it meanwhile.

`forget` must win against everything that is under way when it is called:
  - a write in the queue is taken out; one in progress was begun before, and the disk tier works in order;
  - a read in progress may already hold the old bytes: it is marked stale, and brings nothing back, neither to its
    caller nor into memory. While a forget waits for the disk, the disk is not asked for that key at all.
A put marks reads stale in the same way: an older entry from disk never replaces a newer one in memory.

File bodies: `put_behind` takes a descriptor of its own, and each `Hit` brings one that its receiver closes.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from cache.entry import Entry, FileSlice
from cache.memory import Memory, weigh
from cache.tier import Disk, DiskStats, TierStats

QUEUE_BYTES: Final = 64 << 20
FILE_WEIGHT: Final = 1 << 20  # a queued file body holds a descriptor, not memory: so 64 of them fill the queue

log = logging.getLogger("cache")


@dataclass(frozen=True, slots=True)
class Hit:
    """`tier` is what Cache-Status calls detail. A file body is the receiver's to close."""

    entry: Entry
    tier: Literal["mem", "disk"]


@dataclass(frozen=True, slots=True)
class Stats:
    memory: TierStats
    disk: DiskStats | None
    queue_bytes: int
    queue_entries: int
    dropped: int  # writes that never reached the disk: no room in the queue, or no time at the end


@dataclass(slots=True, eq=False)
class _Read:
    stale: bool = False


@dataclass(frozen=True, slots=True)
class _Write:
    entry: Entry
    weight: int


class Tiered:
    """`clock` gives Unix seconds; it dates an entry whose `stored_at` is 0. Without a disk, memory is all."""

    def __init__(
        self,
        memory: Memory,
        disk: Disk | None = None,
        clock: Callable[[], float] = time.time,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._memory = memory
        self._disk = disk
        self._clock = clock
        self._queue_limit = queue_bytes
        self._queue: OrderedDict[str, _Write] = OrderedDict()
        self._queue_bytes = 0
        self._dropped = 0
        self._drain: asyncio.Task[None] | None = None
        self._reads: dict[str, set[_Read]] = {}
        self._forgetting: Counter[str] = Counter()
        self._closed = False

    @property
    def has_disk(self) -> bool:
        """Is there a tier that can keep a file body?"""
        return self._disk is not None

    def peek(self, key: str) -> Hit | None:
        """From memory alone, without waiting. A miss is not counted: `get` follows."""
        entry = self._memory.peek(key)
        return None if entry is None else Hit(entry, "mem")

    async def get(self, key: str) -> Hit | None:
        entry = self._memory.get(key)
        if entry is not None:
            return Hit(entry, "mem")
        if (queued := self._queued(key)) is not None:
            return queued
        if self._disk is None or self._closed or self._forgetting[key]:
            return None
        with self._reading(key) as read:
            entry = await self._disk.get(key)
        if read.stale:
            if entry is not None:
                entry.close()
            return self.peek(key) or self._queued(key)
        if entry is None:
            return None
        if isinstance(entry.body, bytes):
            self._memory.put(key, entry)
        return Hit(entry, "disk")

    def put_behind(self, key: str, entry: Entry) -> None:
        """In memory at once, on disk later or never. The caller keeps and closes the descriptor of a file body."""
        if self._closed:
            return
        if not entry.stored_at:
            entry = replace(entry, stored_at=self._clock())
        self._outdate(key)
        self._memory.put(key, entry)
        if self._disk is not None:
            self._enqueue(key, entry)

    async def forget(self, key: str) -> None:
        """When this returns no tier answers for the key, and nothing that was under way brings it back."""
        self._outdate(key)
        self._memory.forget(key)
        if self._disk is None:
            return
        self._forgetting[key] += 1
        try:
            await self._disk.forget(key)
        finally:
            self._forgetting[key] -= 1
            if not self._forgetting[key]:
                del self._forgetting[key]

    async def flush(self) -> None:
        """Wait until all that was put so far has been offered to the disk."""
        while self._drain is not None:
            await asyncio.wait((self._drain,))

    async def close(self, grace: float = 5.0) -> None:
        """Write what is queued, for at most `grace` seconds; drop the rest; close the disk. Again is nothing."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.flush(), grace)
        self._dropped += len(self._queue)
        for key in tuple(self._queue):
            self._dequeue(key)
        if self._disk is not None:
            await self._disk.close()
        await self.flush()

    def stats(self) -> Stats:
        disk = None if self._disk is None else self._disk.stats
        return Stats(self._memory.stats, disk, self._queue_bytes, len(self._queue), self._dropped)

    def __repr__(self) -> str:
        queue = f"{len(self._queue)} queued, {self._queue_bytes} of {self._queue_limit} bytes, {self._dropped} dropped"
        return f"Tiered({self._memory!r}, {self._disk!r}, {queue})"

    def _queued(self, key: str) -> Hit | None:
        write = self._queue.get(key)
        if write is None:
            return None
        own = _own(write.entry)
        return None if own is None else Hit(own, "disk" if isinstance(own.body, FileSlice) else "mem")

    def _outdate(self, key: str) -> None:
        for read in self._reads.get(key, ()):
            read.stale = True
        self._dequeue(key)

    @contextlib.contextmanager
    def _reading(self, key: str) -> Iterator[_Read]:
        read = _Read()
        self._reads.setdefault(key, set()).add(read)
        try:
            yield read
        finally:
            self._reads[key].discard(read)
            if not self._reads[key]:
                del self._reads[key]

    def _enqueue(self, key: str, entry: Entry) -> None:
        weight = min(FILE_WEIGHT, entry.length) if isinstance(entry.body, FileSlice) else weigh(key, entry)
        own = _own(entry) if self._queue_bytes + weight <= self._queue_limit else None
        if own is None:
            self._dropped += 1
            return
        self._queue[key] = _Write(own, weight)
        self._queue_bytes += weight
        if self._drain is None:
            self._drain = asyncio.get_running_loop().create_task(self._write_queue(), name="cache write-behind")

    def _dequeue(self, key: str) -> None:
        """Closing the body is harmless to a write in progress, which has a descriptor of its own."""
        write = self._queue.pop(key, None)
        if write is not None:
            self._queue_bytes -= write.weight
            write.entry.close()

    async def _write_queue(self) -> None:
        assert self._disk is not None
        try:
            while self._queue:
                key, write = next(iter(self._queue.items()))
                try:
                    await self._disk.put(key, write.entry)
                except Exception:
                    self._dropped += 1
                    log.exception("An entry of %d bytes could not be written to the disk cache", write.entry.length)
                if self._queue.get(key) is write:
                    self._dequeue(key)
        finally:
            self._drain = None


def _own(entry: Entry) -> Entry | None:
    """The entry with a descriptor of its own, if it has one; None when the process has no more to give."""
    if not isinstance(entry.body, FileSlice):
        return entry
    try:
        return replace(entry, body=entry.body.duplicate())
    except OSError:
        return None
