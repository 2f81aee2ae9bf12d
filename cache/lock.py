"""One production of a key at a time among the processes of one machine. Implements cache.flight.Lock.

Theory of operation. A key is a byte of a file that is never written: the one at its 62-bit digest. Whoever holds the
POSIX lock on that byte makes the entry; the others ask again and again, soon at first, then every 25 ms (the kernel
would queue them fairly, but only in threads that block). When a holder dies the kernel frees what it held.

The lock outlives the context: `settle` is awaited behind the caller's back, and the byte freed when that is done, so
that whoever gets it next finds the entry. Who waits longer than `patience` goes alone, without the lock, and so does
everybody when the file cannot be locked (read-only, full): two productions of one key are a waste, never a fault.

Locks of this kind do not exclude within a process, and closing any descriptor of the file frees all that the process
holds. So the file is opened once and by one `FileLock` for each process, which counts the holders of each byte: while
the release of a production waits for `settle`, the next production of the same key may hold the byte already.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

_FIRST_PAUSE: Final = 0.001  # seconds; what is found in the cache after all takes no longer
_LONGEST_PAUSE: Final = 0.025  # a quarter of the shortest production worth locking for

log = logging.getLogger("cache")


@dataclass(frozen=True, slots=True)
class LockStats:
    """`taken`: times it was held. `waited`: of these, after another process. `alone`: times somebody's patience was
    over. `failures`: times the file could not be locked. `held`: bytes that are held now."""

    taken: int = 0
    waited: int = 0
    alone: int = 0
    failures: int = 0
    held: int = 0


class FileLock:
    """`patience` in seconds. Nothing raises for the file system's sake."""

    def __init__(
        self, path: str | os.PathLike[str], settle: Callable[[], Awaitable[object]], patience: float = 30.0
    ) -> None:
        self.path = Path(path)
        self._settle = settle
        self._patience = patience
        self._fd = -1
        self._holders: Counter[int] = Counter()
        self._releases: set[asyncio.Task[None]] = set()
        self._taken = self._waited = self._alone = self._failures = 0
        self._closed = False

    @contextlib.asynccontextmanager
    async def held(self, key: str) -> AsyncIterator[bool]:
        """Whether this process holds the lock of the key, or goes without."""
        at = _byte_of(key)
        holding = await self._acquire(at)
        try:
            yield holding
        finally:
            if holding:
                release = asyncio.get_running_loop().create_task(self._release(at), name=f"cache lock {key}")
                self._releases.add(release)
                release.add_done_callback(self._releases.discard)

    async def close(self) -> None:
        """Free whatever is held. Who comes later goes alone. Again is nothing."""
        self._closed = True
        releases = tuple(self._releases)
        for release in releases:
            release.cancel()
        await asyncio.gather(*releases, return_exceptions=True)
        self._holders.clear()
        self._drop_file()

    @property
    def stats(self) -> LockStats:
        return LockStats(self._taken, self._waited, self._alone, self._failures, len(self._holders))

    def __repr__(self) -> str:
        return (
            f"FileLock({len(self._holders)} held, {self._taken} taken, {self._waited} waited, {self._alone} alone, "
            f"{self._failures} failures)"
        )

    async def _acquire(self, at: int) -> bool:
        loop = asyncio.get_running_loop()
        until, pause, tries = loop.time() + self._patience, _FIRST_PAUSE, 0
        while not self._closed:
            try:
                if self._try(at):
                    self._waited += tries > 0
                    return True
            except OSError as error:
                self._fail(error)
                return False
            left = until - loop.time()
            if left <= 0:
                self._alone += 1
                return False
            await asyncio.sleep(min(left, pause * random.uniform(0.5, 1.0)))  # noqa: S311 # so that not all ask at once
            pause, tries = min(_LONGEST_PAUSE, pause * 1.5), tries + 1
        return False

    def _try(self, at: int) -> bool:
        """Whether the byte is ours now."""
        if not self._holders:
            self._follow_file()
        if self._fd < 0:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, at)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the system likes
            return False
        self._holders[at] += 1
        self._taken += 1
        return True

    def _follow_file(self) -> None:
        """While we hold nothing: if somebody has taken the file away, the others meet at another."""
        if self._fd < 0:
            return
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(self._fd), self.path.stat()):
                return
        self._drop_file()

    async def _release(self, at: int) -> None:
        try:
            await self._settle()
        except Exception:
            log.exception("The cache could not be settled before a lock was freed")
        finally:
            self._free(at)

    def _free(self, at: int) -> None:
        self._holders[at] -= 1
        if self._holders[at] > 0:
            return
        del self._holders[at]
        if self._fd >= 0:
            try:
                fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, at)
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> None:
        if not self._failures:
            log.warning("Without locks in %s: work may be done twice: %r", self.path, error)
        self._failures += 1

    def _drop_file(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _byte_of(key: str) -> int:
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 2
