"""The seam below memory: what a disk tier must do, and what every tier tells of itself."""

from collections.abc import Sequence
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

    async def forget_tags(self, tags: Sequence[str]) -> int:
        """Every entry that carries one of these; how many that were, as far as the disk would say."""
        ...

    async def clear(self) -> None: ...

    async def close(self) -> None: ...

    @property
    def stats(self) -> DiskStats: ...


@dataclass(frozen=True, slots=True)
class Row:
    """A small record under a name, one of several `variant`s. `record` is the caller's, opaque. `expired_at` (Unix
    seconds) is set by `expire` alone and cleared by the next put."""

    name: str
    variant: str
    record: bytes
    stored_at: float
    tags: tuple[str, ...] = ()
    expired_at: float | None = None


@dataclass(frozen=True, slots=True)
class IndexStats:
    """`dropped`: puts that were never written; `rebuilds`: times the index was damaged and began anew."""

    names: int = 0
    puts: int = 0
    dropped: int = 0
    failures: int = 0
    rebuilds: int = 0
    healthy: bool = True


class Index(Protocol):
    """Small records by name, in the order of their names, with many tags each. Calls take effect in the order they
    were made. Nothing raises for the disk's sake: what fails is found by nobody. But what `remove`, `expire` and
    `clear` were told is done when they return, though the disk be full: rather the whole index begins anew."""

    async def find(self, name: str) -> tuple[Row, ...]:
        """All variants, the youngest first."""
        ...

    def put(self, row: Row) -> None:
        """Behind: written soon, or dropped and counted when too many wait. Replaces name and variant."""
        ...

    async def names(
        self, *, prefix: str = "", tag: str | None = None, after: str = "", limit: int = 1000
    ) -> tuple[str, ...]:
        """Distinct names in code point order that begin with `prefix`, carry `tag` on a variant, and come after
        `after`. As proportional to what is found as an index allows."""
        ...

    async def remove(self, names: Sequence[str]) -> int:
        """All variants of these; how many of the names were there."""
        ...

    async def remove_variant(self, name: str, variant: str) -> None: ...

    async def expire(self, names: Sequence[str], at: float) -> int:
        """Mark all variants of these; how many of the names were there."""
        ...

    async def clear(self) -> int:
        """Everything; how many names that were."""
        ...

    async def generation(self, *, rise: bool = False) -> int:
        """The purge generation: a number that `rise` makes larger, that no restart makes smaller, and that several
        processes share."""
        ...

    async def flush(self) -> None:
        """Wait until all puts so far are written or dropped."""
        ...

    async def close(self) -> None: ...

    @property
    def stats(self) -> IndexStats: ...
