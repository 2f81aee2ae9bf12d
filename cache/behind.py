"""What has been put and is not yet on disk: a queue in order, bounded in bytes, drained by one task.

A put never waits: when the queue is full its write is dropped and counted, for a reply must never wait for a disk. A
write stays in the queue until it is done, so that the entry is found meanwhile. One that is dropped while it is in
progress cannot be stopped any more; it is undone: its key is forgotten as soon as it is written.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from cache.entry import Entry, FileSlice
from cache.memory import weigh
from cache.tier import Disk

FILE_WEIGHT: Final = 1 << 20  # a queued file body holds a descriptor, not memory: so 64 of them fill the queue

log = logging.getLogger("cache")


@dataclass(slots=True, eq=False)
class _Write:
    key: str
    entry: Entry
    weight: int
    number: int
    undo: bool = False


class WriteBehind:
    """`hide(key)` and `unhide(key)` are called around what is undone: nobody may read that key from disk then."""

    def __init__(self, disk: Disk, limit: int, hide: Callable[[str], object], unhide: Callable[[str], object]) -> None:
        self.bytes = 0
        self.dropped = 0
        self._disk = disk
        self._limit = limit
        self._hide = hide
        self._unhide = unhide
        self._queue: OrderedDict[str, _Write] = OrderedDict()
        self._writing: _Write | None = None
        self._drain: asyncio.Task[None] | None = None
        self._number = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    def put(self, key: str, entry: Entry) -> None:
        """A file body is duplicated; the caller closes its own."""
        self.drop(key)
        weight = min(FILE_WEIGHT, entry.length) if isinstance(entry.body, FileSlice) else weigh(key, entry)
        own = own_entry(entry) if self.bytes + weight <= self._limit else None
        if own is None:
            self.dropped += 1
            return
        self._number += 1
        self._queue[key] = _Write(key, own, weight, self._number)
        self.bytes += weight
        if self._drain is None:
            self._drain = asyncio.get_running_loop().create_task(self._write_all(), name="cache write-behind")

    def get(self, key: str) -> Entry | None:
        """Under a descriptor of its own, which the caller closes."""
        write = self._queue.get(key)
        return None if write is None else own_entry(write.entry)

    def drop(self, key: str) -> None:
        """Take it out. Closing the body is harmless to a write in progress, which has a descriptor of its own."""
        write = self._queue.pop(key, None)
        if write is not None:
            self.bytes -= write.weight
            write.entry.close()
            self._tell()

    def tagged(self, tags: Collection[str]) -> list[str]:
        """The keys of what is queued and carries one of these."""
        wanted = frozenset(tags)
        return [key for key, write in self._queue.items() if not wanted.isdisjoint(write.entry.tags)]

    def undo(self, wanted: Callable[[Entry], bool]) -> None:
        """What is being written this moment, and is like this, shall not stay written."""
        write = self._writing
        if write is not None and not write.undo and wanted(write.entry):
            write.undo = True
            self._hide(write.key)

    async def written(self) -> None:
        """Wait until all that was put so far is on disk, dropped or undone."""
        if self._oldest() > self._number:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((self._number, waiter))
        await waiter

    async def flush(self) -> None:
        """Wait until the queue is empty."""
        while self._drain is not None:
            await asyncio.wait((self._drain,))

    def clear(self) -> None:
        for key in tuple(self._queue):
            self.drop(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._queue)

    def __len__(self) -> int:
        return len(self._queue)

    def __repr__(self) -> str:
        return f"{len(self)} queued, {self.bytes} of {self._limit} bytes, {self.dropped} dropped"

    def _oldest(self) -> int:
        """The number of the oldest write that is not done; the next one's when all are."""
        first = next(iter(self._queue.values()), None)
        numbers = [write.number for write in (first, self._writing) if write is not None]
        return min(numbers, default=self._number + 1)

    def _tell(self) -> None:
        oldest = self._oldest()
        while self._waiters and self._waiters[0][0] < oldest:
            _, waiter = self._waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)

    async def _write_all(self) -> None:
        try:
            while self._queue:
                write = self._writing = next(iter(self._queue.values()))
                try:
                    await self._disk.put(write.key, write.entry)
                except Exception:
                    self.dropped += 1
                    log.exception("An entry of %d bytes could not be written to the disk cache", write.entry.length)
                if write.undo:
                    await self._disk.forget(write.key)
                self._finish(write)
        finally:
            self._drain = None
            if self._writing is not None:  # the task was cancelled
                self._finish(self._writing)

    def _finish(self, write: _Write) -> None:
        self._writing = None
        if write.undo:
            self._unhide(write.key)
        if self._queue.get(write.key) is write:
            self.drop(write.key)
        self._tell()


def own_entry(entry: Entry) -> Entry | None:
    """The entry with a descriptor of its own, if it has one; None when the process has no more to give."""
    if not isinstance(entry.body, FileSlice):
        return entry
    try:
        return replace(entry, body=entry.body.duplicate())
    except OSError:
        return None
