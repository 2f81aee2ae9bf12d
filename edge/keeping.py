"""What the edge keeps, put together: tiers, index, records, the purger, and the lock between serving processes."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cache.disk import DiskTier
from cache.flight import Lock
from cache.index import SqliteIndex
from cache.lock import FileLock
from cache.memory import Memory
from cache.tiered import Tiered
from edge.originals.purge import Peers, Purger
from edge.originals.records import Records
from edge.settings.models import Cache

_PER_NAME = 16 << 10  # bytes of disk for one name: fewer originals than that are never forgotten before their bytes
_FEWEST = 100_000  # names


@dataclass(frozen=True, slots=True)
class Keeping:
    """`spool_folder` is beside the cache, so that a large original under way never fills a small /tmp. `lock` is None
    where one process is all."""

    cache: Tiered
    index: SqliteIndex
    records: Records
    purger: Purger
    spool_folder: str | None
    lock: Lock | None


def keep(
    said: Cache, stack: contextlib.AsyncExitStack, clock: Callable[[], float], peers: Peers, processes: int
) -> Keeping:
    """Opened; `stack` closes it. Whoever has peers hears them before it starts the records."""
    disk = said.disk
    cache = Tiered(Memory(said.memory), DiskTier(disk.path, disk.size) if disk else None, clock=clock)
    most = max(_FEWEST, disk.size // _PER_NAME if disk else 0)
    index = SqliteIndex(Path(disk.path) / "index.db" if disk else None, most, clock)
    lock = None
    if processes > 1 and disk is not None:

        async def settle() -> None:
            await index.flush()
            await cache.written()

        lock = FileLock(Path(disk.path) / "flights", settle)
        stack.push_async_callback(lock.close)  # the last to end: what is queued is written before others may look
    stack.push_async_callback(cache.close)
    stack.push_async_callback(index.close)
    records = Records(index, clock)
    stack.push_async_callback(records.close)
    purger = Purger(records, index, cache, peers, clock)
    return Keeping(cache, index, records, purger, _spool_folder(disk.path) if disk else None, lock)


def _spool_folder(path: str) -> str | None:
    try:
        folder = Path(path) / "spool"
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder)
