"""How long a purge takes in a full store, and that it depends on what is purged, not on what is kept."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cache.disk import DiskTier
from cache.entry import Entry
from cache.index import SqliteIndex
from cache.memory import Memory
from cache.tiered import Tiered
from edge.exchange import Fields
from edge.freshness.judge import Stored
from edge.originals.purge import NoPeers, Purger
from edge.originals.record import Record, tag_of
from edge.originals.records import Records
from edge.originals.selection import Selection
from tests.bench.table import Row, printed

_EACH = 5  # renditions of an original
_TAGGED = 20  # originals under one tag
_BODY = bytes(2048)


@dataclass(frozen=True, slots=True)
class Scale:
    """Renditions in the small and in the large store; purges of each kind."""

    small: int
    large: int
    rounds: int


FULL = Scale(10_000, 100_000, 15)
QUICK = Scale(500, 2_000, 5)


class Store:
    """A real disk tier and index, filled."""

    def __init__(self, root: Path, renditions: int) -> None:
        self.originals = renditions // _EACH
        self.index = SqliteIndex(root / "index.db", most=10_000_000)
        self.cache = Tiered(Memory(0), DiskTier(root, 8 << 30))
        self.records = Records(self.index, time.time)
        self.purger = Purger(self.records, self.index, self.cache, NoPeers(), time.time)

    async def fill(self) -> None:
        await self.records.start()
        for number in range(self.originals):
            name = f"o\0{number % 100:02}/{number}.jpg"
            tags = (f"t{number // _TAGGED}",)
            with self.records.asking(name) as asking:
                self.records.put(Record(name, "id", 1, Stored(200, Fields(), time.time()), tags=tags), asking)
            for width in range(_EACH):
                self.cache.put_behind(f"p:{number}:{width}", Entry(_BODY, tags=(tag_of(name),)))
            if number % 100 == 0:  # the queue is bounded; what it has no room for is dropped
                await self.cache.flush()
                await self.index.flush()
        await self.cache.flush()
        await self.index.flush()

    async def purge(self, selection: Selection) -> tuple[float, int]:
        """Milliseconds, and how many originals that were."""
        began = time.perf_counter()
        count = await self.purger.purge([selection])
        return (time.perf_counter() - began) * 1000, count

    async def close(self) -> None:
        await self.records.close()
        await self.index.close()
        await self.cache.close()


async def _measured(root: Path, renditions: int, rounds: int) -> dict[str, float]:
    store = Store(root, renditions)
    try:
        began = time.perf_counter()
        await store.fill()
        figures = {"filling": (time.perf_counter() - began) * 1000}
        ones = [await store.purge(Selection("name", f"o\0{number:02}/{number}.jpg")) for number in range(rounds)]
        tags = [await store.purge(Selection("tag", f"t{2 + number}")) for number in range(rounds)]
        folders = [await store.purge(Selection("prefix", f"o\0{50 + number:02}/")) for number in range(rounds)]
        figures["one original"] = _middle(ones)
        figures["one tag"] = _middle(tags)
        figures["one folder, per original"] = statistics.median(took / max(1, count) for took, count in folders)
        figures["all"] = (await store.purge(Selection("all")))[0]
        return figures
    finally:
        await store.close()


def _middle(purges: Sequence[tuple[float, int]]) -> float:
    return statistics.median(took for took, _ in purges)


def purging(scale: Scale) -> tuple[list[Row], str]:
    """The rows, and the table that they make."""
    stores = {}
    for renditions in (scale.small, scale.large):
        with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
            stores[renditions] = asyncio.run(_measured(Path(folder), renditions, scale.rounds))
    small, large = stores[scale.small], stores[scale.large]
    beside = f"in a store of {scale.small:,} renditions"
    samples = {
        "one original": f"{scale.rounds} purges of 1 original and {_EACH} renditions",
        "one tag": f"{scale.rounds} purges of {_TAGGED} originals and {_TAGGED * _EACH} renditions",
        "one folder, per original": f"{scale.rounds} purges",
        "all": "1 purge",
    }
    rows = [
        Row(f"purge of {name}, of {scale.large:,} renditions", large[name], small[name], "ms", beside, ratio, told)
        for name, told in samples.items()
        for ratio in [(small[name] / large[name],)]
    ]
    return rows, printed(rows, "no tool", [f"Filling the store took {large['filling'] / 1000:.0f} s."])
