"""Memory over disk: get, promote, put behind, forget by key, by tag, or all.

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

`forget_tags` and `clear` win in the same way. Which tags an entry carries is known only when it has been read, so a
read remembers the tags that were forgotten while it was under way.

`drop_tags` and `drop_all` are for a process whose disk another process purges: they leave alone what is on disk, but
see to it that nothing of this process's comes to be there. So a write in progress, which cannot be stopped, is undone;
who awaits `written` after a drop knows that nothing from before it will reach the disk any more.

File bodies: `put_behind` takes a descriptor of its own, and each `Hit` brings one that its receiver closes.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from cache.behind import WriteBehind
from cache.entry import Entry, FileSlice
from cache.memory import Memory
from cache.tier import Disk, DiskStats, TierStats

QUEUE_BYTES: Final = 64 << 20


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
    """`tags`: those that were forgotten while it was under way."""

    stale: bool = False
    tags: set[str] = field(default_factory=set)

    def overtaken(self, entry: Entry | None) -> bool:
        return self.stale or (entry is not None and not self.tags.isdisjoint(entry.tags))


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
        self._reads: dict[str, set[_Read]] = {}
        self._forgetting: Counter[str] = Counter()  # keys; how many forgets of each wait for the disk
        self._forgetting_tags: Counter[str] = Counter()
        self._clearing = 0
        self._queue = None if disk is None else WriteBehind(disk, queue_bytes, self._hide, self._unhide)
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
        if self._disk is None or self._closed or self._clearing or self._forgetting[key]:
            return None
        with self._reading(key) as read:
            entry = await self._disk.get(key)
        if read.overtaken(entry):
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
        if self._queue is not None:
            self._queue.put(key, entry)

    async def forget(self, key: str) -> None:
        """When this returns no tier answers for the key, and nothing that was under way brings it back."""
        self._outdate(key)
        self._memory.forget(key)
        if self._disk is None:
            return
        self._hide(key)
        try:
            await self._disk.forget(key)
        finally:
            self._unhide(key)

    async def forget_tags(self, tags: Sequence[str]) -> int:
        """When this returns no tier has an entry that carries one of these, and nothing that was under way brings one
        back. At least so many entries that were."""
        tags = tuple(dict.fromkeys(tags))
        here = self._outdate_tags(tags)
        if self._disk is None:
            return here
        self._forgetting_tags.update(tags)
        try:
            return max(here, await self._disk.forget_tags(tags))
        finally:
            self._forgetting_tags -= Counter(tags)

    def drop_tags(self, tags: Sequence[str]) -> int:
        """From memory, from the queue, and from what is being read or written: in this process. How many entries that
        were. What is on disk already is not touched."""
        wanted = frozenset(tags)
        if self._queue is not None:
            self._queue.undo(lambda entry: not wanted.isdisjoint(entry.tags))
        return self._outdate_tags(tags)

    async def clear(self) -> None:
        """When this returns every tier is empty, but for what was put meanwhile."""
        self._outdate_all()
        if self._disk is None:
            return
        self._clearing += 1
        try:
            await self._disk.clear()
        finally:
            self._clearing -= 1

    def drop_all(self) -> None:
        """As `drop_tags`, of everything."""
        if self._queue is not None:
            self._queue.undo(lambda _: True)
        self._outdate_all()

    async def written(self) -> None:
        """Wait until all that was put so far is on disk, or dropped."""
        if self._queue is not None:
            await self._queue.written()

    async def flush(self) -> None:
        """Wait until the queue is empty: also of what is put meanwhile."""
        if self._queue is not None:
            await self._queue.flush()

    async def close(self, grace: float = 5.0) -> None:
        """Write what is queued, for at most `grace` seconds; drop the rest; close the disk. Again is nothing."""
        if self._closed:
            return
        self._closed = True
        if self._disk is None or self._queue is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.flush(), grace)
        self._queue.dropped += len(self._queue)
        self._queue.clear()
        await self._disk.close()
        await self.flush()

    def stats(self) -> Stats:
        disk = None if self._disk is None else self._disk.stats
        if self._queue is None:
            return Stats(self._memory.stats, disk, 0, 0, 0)
        return Stats(self._memory.stats, disk, self._queue.bytes, len(self._queue), self._queue.dropped)

    def __repr__(self) -> str:
        return f"Tiered({self._memory!r}, {self._disk!r}, {self._queue!r})"

    def _queued(self, key: str) -> Hit | None:
        own = None if self._queue is None else self._queue.get(key)
        return None if own is None else Hit(own, "disk" if isinstance(own.body, FileSlice) else "mem")

    def _outdate(self, key: str) -> None:
        for read in self._reads.get(key, ()):
            read.stale = True
        if self._queue is not None:
            self._queue.drop(key)

    def _outdate_tags(self, tags: Sequence[str]) -> int:
        for reads in self._reads.values():
            for read in reads:
                read.tags.update(tags)
        gone = set(self._memory.forget_tags(tags))
        for key in () if self._queue is None else self._queue.tagged(tags):
            self._outdate(key)
            gone.add(key)
        return len(gone)

    def _outdate_all(self) -> None:
        for key in tuple(self._reads):
            self._outdate(key)
        self._memory.clear()
        if self._queue is not None:
            self._queue.clear()

    def _hide(self, key: str) -> None:
        """From now on the disk is not asked for this key, and what it is just being asked for is stale."""
        self._forgetting[key] += 1
        for read in self._reads.get(key, ()):
            read.stale = True

    def _unhide(self, key: str) -> None:
        self._forgetting[key] -= 1
        if not self._forgetting[key]:
            del self._forgetting[key]

    @contextlib.contextmanager
    def _reading(self, key: str) -> Iterator[_Read]:
        read = _Read(tags=set(self._forgetting_tags))
        self._reads.setdefault(key, set()).add(read)
        try:
            yield read
        finally:
            self._reads[key].discard(read)
            if not self._reads[key]:
                del self._reads[key]
