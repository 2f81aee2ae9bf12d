"""The bytes of an original as they come in: digested as they are first read, in memory while they are few, else in a
file without a name."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from cache.entry import FileSlice
from edge.errors import Unavailable
from edge.origins.base import OriginReply

INLINE = 1 << 20  # beyond, a worker gets a descriptor: two copies over a socket cost more than a page-cache read
NEAR = 64 << 10  # of a local file beyond, a worker gets a descriptor at once: nothing is copied, nothing digested again
_STRIDE = 1 << 20


class Spool:
    """An unnamed file. Every reader opens it anew: descriptors that were duplicated share one offset, and two workers
    reading through one offset would each see half of the picture."""

    def __init__(self, folder: str | None) -> None:
        self.length = 0
        self._file = _unnamed(folder)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        self.length += len(data)

    def head(self, count: int) -> bytes:
        return os.pread(self._file.fileno(), count, 0)

    def open(self) -> FileSlice:
        return FileSlice(os.open(f"/dev/fd/{self._file.fileno()}", os.O_RDONLY | os.O_CLOEXEC), 0, self.length)

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):  # else there was no room for one
            self.close()

    def __repr__(self) -> str:
        return f"Spool({self.length} bytes)"


class Live(FileSlice):
    """A file that others may write to. `whole` says whether, since it was opened, none did."""

    __slots__ = ("_seen",)

    def __init__(self, fd: int, length: int) -> None:
        super().__init__(fd, 0, length)
        self._seen = self._state()

    def whole(self) -> bool:
        return self._state() == self._seen

    def _state(self) -> tuple[int, int]:
        state = os.fstat(self.fileno())  # not ctime: it changes too when the name goes to another file
        return state.st_size, state.st_mtime_ns


def _unnamed(folder: str | None) -> IO[bytes]:
    """Raises Unavailable. The cache's folder may vanish or fill under the running edge: then the system's will do."""
    for place in dict.fromkeys((folder, None)):
        with suppress(OSError):
            return tempfile.TemporaryFile(dir=place)
    raise Unavailable("The edge has no room for an original of this size")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a reply. `body` is None when the origin is the place to read it again (a large local file)."""

    identity: str
    length: int
    head: bytes
    body: bytes | Spool | None

    def begin(self, count: int) -> bytes:
        """The first bytes, as far as they are at hand."""
        if isinstance(self.body, bytes):
            return self.body[:count]
        return self.body.head(count) if self.body else self.head[:count]

    def open(self) -> bytes | FileSlice | None:
        return self.body.open() if isinstance(self.body, Spool) else self.body


async def keep(reply: OriginReply, folder: str | None) -> Kept:
    """Take the whole body. Raises what the reply's body raises."""
    if reply.fd >= 0 and (reply.length or 0) > NEAR:
        return await asyncio.to_thread(_digest_file, reply.fd, reply.length or 0)
    parts: list[bytes] = []
    length = 0
    chunks = aiter(reply.body())
    async for chunk in chunks:
        parts.append(chunk)
        length += len(chunk)
        if length > INLINE:
            return await _spool(chunks, b"".join(parts), folder)
    body = b"".join(parts)
    return Kept(await digest_of(body), length, body, body)


async def digest_of(body: bytes) -> str:
    """SHA-256; of what takes longer than a hop in a thread, in a thread."""
    digest = await asyncio.to_thread(hashlib.sha256, body) if len(body) > NEAR else hashlib.sha256(body)
    return digest.hexdigest()


async def _spool(chunks: AsyncIterator[bytes], begun: bytes, folder: str | None) -> Kept:
    digest, spool = hashlib.sha256(), Spool(folder)
    waiting = bytearray(begun)
    try:
        async for chunk in chunks:
            waiting += chunk
            if len(waiting) >= _STRIDE:
                await asyncio.to_thread(_both, digest, spool, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(_both, digest, spool, bytes(waiting))
    except BaseException:
        spool.close()
        raise
    return Kept(digest.hexdigest(), spool.length, b"", spool)


def _both(digest: "hashlib._Hash", spool: Spool, data: bytes) -> None:
    digest.update(data)
    try:
        spool.write(data)
    except OSError as error:
        raise Unavailable("The edge has no room for an original of this size") from error


def _digest_file(fd: int, length: int) -> Kept:
    digest, at = hashlib.sha256(), 0
    while at < length:
        piece = os.pread(fd, min(_STRIDE, length - at), at)
        if not piece:
            break
        digest.update(piece)
        at += len(piece)
    return Kept(digest.hexdigest(), at, os.pread(fd, _STRIDE, 0), None)
