"""A body that comes in once and that many read while it does.

Theory of operation. What may be kept is kept whole: in memory while it is short, else in a file without a name. So a
reader may begin at any time, from the first byte, and a slow one holds up nobody. What may not be kept, or grows longer
than that, passes: only a short stretch of it is held, and the origin is read no faster than the slowest reader takes
it. The kept beginning of a body that turned out to be too long can be read to its end, but nobody may begin with it
any more. A disk without room is such an end too: the readers get all the same bytes.
"""

import asyncio
import hashlib
import os
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from copy import copy
from typing import IO, Final, TypeVar

from cache.entry import CHUNK, FileSlice
from edge.errors import EdgeError

INLINE: Final = 1 << 20  # bytes in memory; more go to a file
WINDOW: Final = 256 << 10  # bytes that pass and are not yet taken
_NEAR: Final = 64 << 10  # a digest of more is taken in a thread

T = TypeVar("T")


class Deserted(Exception):
    """Nobody reads what cannot be kept."""


class Seat:
    """One reader, from the first byte. It is an edge.exchange.StreamBody; give it back by `aclose`."""

    __slots__ = ("_spool", "at", "length")

    def __init__(self, spool: "Spool") -> None:
        self.at = 0
        self.length: int | None = None
        self._spool = spool

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises what the origin's body raised, once all that came before has been read."""
        while chunk := await self._spool.read(self.at):
            self.at += len(chunk)
            self._spool.advanced()
            yield chunk

    def leave(self) -> None:
        self._spool.left(self)

    async def aclose(self) -> None:
        self.leave()

    def __repr__(self) -> str:
        return f"Seat(at {self.at})"


class Spool:
    """One writer: `feed` until `finish` or `fail`; before the first byte, `most` says how many bytes may be kept.
    `deserted` is called whenever the last reader leaves."""

    def __init__(self, folder: str | None, deserted: Callable[[], None], inline: int = INLINE) -> None:
        self.most = 0
        self.length = 0  # of what came
        self._kept = 0  # of what can be read at any time
        self._folder = folder
        self._deserted = deserted
        self._inline = inline
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self._passing = False
        self._window: deque[tuple[int, bytes]] = deque()
        self._held = 0  # bytes in the window; of what passes, those that somebody has yet to take
        self._seats: set[Seat] = set()
        self._ended = False
        self._error: EdgeError | None = None
        self._moved = asyncio.Event()  # bytes came, or were taken

    # Readers.

    def seat(self) -> Seat | None:
        """A reader from the first byte; None when that is gone."""
        if self._passing or (self._file is not None and self._file.closed):
            return None
        seat = Seat(self)
        self._seats.add(seat)
        return seat

    def left(self, seat: Seat) -> None:
        if seat not in self._seats:
            return
        self._seats.discard(seat)
        self.advanced()
        self._close_if_done()
        if not self._seats:
            self._deserted()

    @property
    def seats(self) -> int:
        return len(self._seats)

    def advanced(self) -> None:
        """A reader took something."""
        if not self._passing or not self._window:
            return
        low = min((seat.at for seat in self._seats), default=self.length)
        while self._window and self._window[0][0] + len(self._window[0][1]) <= low:
            self._held -= len(self._window.popleft()[1])
        self._wake()

    async def read(self, at: int) -> bytes:
        """Some bytes from there on; none at the end."""
        while True:
            if self._window and self._window[0][0] <= at < self.length:
                return next(data[at - start :] for start, data in self._window if at < start + len(data))
            if at < self._kept:
                return await self._read_kept(at)
            if self._error is not None:
                raise copy(self._error)
            if self._ended:
                return b""
            await self._moved.wait()

    async def _read_kept(self, at: int) -> bytes:
        count = min(CHUNK, self._kept - at)
        if self._file is None:
            return bytes(self._memory[at : at + count])
        return await _unhurried(os.pread, self._file.fileno(), count, at)

    # The writer.

    async def feed(self, data: bytes) -> None:
        """Raises Deserted when it cannot be kept and nobody reads it."""
        if not self._passing and self.length + len(data) <= self.most and await self._keep(data):
            self._recall(data)
        else:
            await self._pass(data)
        self._wake()

    async def _keep(self, data: bytes) -> bool:
        """False when there is no room."""
        if self._file is None and self.length + len(data) <= self._inline:
            await self._digested(data)
            self._memory += data
            return True
        try:
            await _unhurried(self._write, data)
        except OSError:
            return False
        self._memory.clear()
        return True

    async def _digested(self, data: bytes) -> None:
        if len(data) > _NEAR:
            await _unhurried(self._digest.update, data)
        else:
            self._digest.update(data)

    def _write(self, data: bytes) -> None:
        """In a thread. `_file` is there once it holds all that memory did."""
        file = self._file or _unnamed(self._folder)
        try:
            if self._file is None:
                _write_at(file.fileno(), self._memory, 0)
            _write_at(file.fileno(), data, self.length)
        except OSError:
            if self._file is None:
                file.close()
            raise
        self._file = file
        self._digest.update(data)

    def _recall(self, data: bytes) -> None:
        """The latest bytes of what is kept: who keeps pace reads no file."""
        self._hold(data)
        self._kept = self.length
        while self._held > WINDOW:
            self._held -= len(self._window.popleft()[1])

    async def _pass(self, data: bytes) -> None:
        if not self._passing:
            self._passing = True
            self._window.clear()
            self._held = 0
        while self._held >= WINDOW and self._seats:
            await self._moved.wait()
        if not self._seats:
            raise Deserted
        self._hold(data)

    def _hold(self, data: bytes) -> None:
        self._window.append((self.length, data))
        self._held += len(data)
        self.length += len(data)

    def finish(self) -> None:
        self._ended = True
        self._wake()
        self._close_if_done()

    def fail(self, error: EdgeError) -> None:
        """The rest will never come."""
        if not self._ended:
            self._error = error
            self.finish()

    # What is left of it.

    @property
    def passing(self) -> bool:
        """Has it become one that cannot be kept?"""
        return self._passing

    @property
    def identity(self) -> str:
        """SHA-256 of what was kept."""
        return self._digest.hexdigest()

    def body(self) -> bytes | FileSlice:
        """All that was kept, before `finish`. A file is opened anew: descriptors that were duplicated share an
        offset."""
        if self._file is None:
            return bytes(self._memory)
        return FileSlice(os.open(f"/dev/fd/{self._file.fileno()}", os.O_RDONLY | os.O_CLOEXEC), 0, self.length)

    def _close_if_done(self) -> None:
        if self._ended and not self._seats and self._file is not None:
            self._file.close()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def __repr__(self) -> str:
        way = "passing" if self._passing else "in a file" if self._file else "in memory"
        return f"Spool({self.length} bytes, {way}, {len(self._seats)} readers)"


async def _unhurried(work: Callable[..., T], *given: object) -> T:
    """In a thread. Who is cancelled waits until it is done: else the file would be closed under it."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *given))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        with suppress(OSError):
            await working
        raise


def _unnamed(folder: str | None) -> IO[bytes]:
    """The folder may vanish under the running edge: then the system's will do."""
    for place in dict.fromkeys((folder, None)):
        with suppress(OSError):
            return tempfile.TemporaryFile(dir=place, buffering=0)
    raise OSError("There is no folder for a file")


def _write_at(fd: int, data: bytes | bytearray, at: int) -> None:
    left = memoryview(data)
    while left:
        written = os.pwrite(fd, left, at)
        left, at = left[written:], at + written
