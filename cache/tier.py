"""The seam below memory: what a disk tier must do, and what every tier tells of itself."""

from dataclasses import dataclass
from typing import Protocol

from cache.entry import Entry


@dataclass(frozen=True, slots=True)
class TierStats:
    """What a tier did since it was opened, and what it holds."""

    hits: int = 0
    misses: int = 0
    puts: int = 0
    evictions: int = 0
    bytes: int = 0
    entries: int = 0
    capacity: int = 0


@dataclass(frozen=True, slots=True)
class DiskStats(TierStats):
    """`failures`: operations that the disk refused. `repaired`: rows that were not what had been written, and went.
    `rebuilds`: times the whole tier was damaged and began anew. `healthy`: neither reads nor writes are off."""

    failures: int = 0
    repaired: int = 0
    rebuilds: int = 0
    healthy: bool = True


class Disk(Protocol):
    """A slow tier. Calls take effect in the order they were made, `get` excepted; a put or a forget that has begun is
    carried through though its caller leaves. Nothing raises for the disk's sake: what fails is a miss or a False.

    A file body that `get` returns is the caller's to close. `put` takes a descriptor of its own before it first waits,
    so the caller may close its own as soon as it likes."""

    async def get(self, key: str) -> Entry | None: ...

    async def put(self, key: str, entry: Entry) -> bool: ...

    async def forget(self, key: str) -> None: ...

    async def close(self) -> None: ...

    @property
    def stats(self) -> DiskStats: ...
