"""A disk tier in memory, for tests: as orderly as the real one, and as unreliable as told."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from cache.entry import Entry, decode, encode
from cache.tier import DiskStats, IndexStats, Row


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

    async def forget_tags(self, tags: Sequence[str]) -> int:
        async with self._lane:
            await self.gate.wait()
            entries = {key: decode(key, envelope) for key, envelope in self._envelopes.items()}
            gone = [key for key, entry in entries.items() if entry and not set(tags).isdisjoint(entry.tags)]
            for key in gone:
                del self._envelopes[key]
            return len(gone)

    async def clear(self) -> None:
        async with self._lane:
            await self.gate.wait()
            self._envelopes.clear()

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


class FakeIndex:
    """Implements cache.tier.Index in a dictionary. `failing`: puts are dropped and nothing is found."""

    def __init__(self) -> None:
        self.failing = False
        self.closed = False
        self._rows: dict[tuple[str, str], Row] = {}
        self._generation = 0
        self._dropped = 0

    async def find(self, name: str) -> tuple[Row, ...]:
        found = [] if self.failing else [row for row in self._rows.values() if row.name == name]
        return tuple(sorted(found, key=lambda row: -row.stored_at))

    def put(self, row: Row) -> None:
        if self.failing:
            self._dropped += 1
            return
        self._rows[row.name, row.variant] = replace(row, expired_at=None)

    async def names(
        self, *, prefix: str = "", tag: str | None = None, after: str = "", limit: int = 1000
    ) -> tuple[str, ...]:
        found = {
            row.name
            for row in self._rows.values()
            if row.name.startswith(prefix) and row.name > after and (tag is None or tag in row.tags)
        }
        return tuple(sorted(found)[:limit])

    async def remove(self, names: Sequence[str]) -> int:
        there = self._there(names)
        self._rows = {key: row for key, row in self._rows.items() if row.name not in there}
        return len(there)

    async def remove_variant(self, name: str, variant: str) -> None:
        self._rows.pop((name, variant), None)

    async def expire(self, names: Sequence[str], at: float) -> int:
        there = self._there(names)
        for key, row in self._rows.items():
            if row.name in there:
                self._rows[key] = replace(row, expired_at=at)
        return len(there)

    async def clear(self) -> int:
        count = len({row.name for row in self._rows.values()})
        self._rows.clear()
        return count

    async def generation(self, *, rise: bool = False) -> int:
        self._generation += rise
        return self._generation

    async def flush(self) -> None:
        return

    async def close(self) -> None:
        self.closed = True

    @property
    def stats(self) -> IndexStats:
        return IndexStats(len({row.name for row in self._rows.values()}), dropped=self._dropped)

    def _there(self, names: Sequence[str]) -> set[str]:
        return set(names) & {row.name for row in self._rows.values()}

    def __repr__(self) -> str:
        return f"FakeIndex({len(self._rows)} rows)"
