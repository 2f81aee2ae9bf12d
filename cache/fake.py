"""A disk tier in memory, for tests: as orderly as the real one, and as unreliable as told."""

import asyncio
from dataclasses import replace

from cache.entry import Entry, decode, encode
from cache.tier import DiskStats


class FakeDisk:
    """Implements cache.tier.Disk. `failing`: every put is refused and every get misses, as with a full or dead disk.
    `gate`: while it is clear, reads and writes wait at it, each kind in its order, as they do in the real tier's
    threads; a read has seen its bytes before it waits."""

    def __init__(self) -> None:
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed = False
        self._envelopes: dict[str, bytes] = {}
        self._lane = asyncio.Lock()
        self._stats = DiskStats()

    async def get(self, key: str) -> Entry | None:
        entry = decode(key, self._envelopes.get(key, b""))
        await self.gate.wait()
        if entry is None or self.failing:
            self._stats = replace(self._stats, misses=self._stats.misses + 1)
            return None
        self._stats = replace(self._stats, hits=self._stats.hits + 1)
        return entry

    async def put(self, key: str, entry: Entry) -> bool:
        envelope = encode(key, entry)
        async with self._lane:
            await self.gate.wait()
            if self.failing:
                self._stats = replace(self._stats, failures=self._stats.failures + 1, healthy=False)
                return False
            self._envelopes[key] = envelope
            self._stats = replace(self._stats, puts=self._stats.puts + 1, healthy=True)
            return True

    async def forget(self, key: str) -> None:
        async with self._lane:
            await self.gate.wait()
            self._envelopes.pop(key, None)

    async def close(self) -> None:
        async with self._lane:
            self.closed = True

    @property
    def stats(self) -> DiskStats:
        held = sum(map(len, self._envelopes.values()))
        return replace(self._stats, bytes=held, entries=len(self._envelopes))

    def __contains__(self, key: str) -> bool:
        return key in self._envelopes

    def __repr__(self) -> str:
        return f"FakeDisk({len(self._envelopes)} entries{', failing' if self.failing else ''})"
