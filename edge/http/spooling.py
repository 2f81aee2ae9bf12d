"""A picture that a client sends, as it comes in: in memory while it is short, else in a file without a name, which is
gone with its descriptor. It is digested on the way, since its digest is its name in quarantine."""

import asyncio
import hashlib
from typing import Final

from edge.errors import TooLarge, Unavailable
from edge.originals.body import Kept, Spool, digest_of
from edge.pipeline.jobs.sent import Share

SMALL: Final = 256 << 10  # bytes of a picture that stays in memory
_STRIDE: Final = 1 << 20


class Picture:
    """A picture, as it comes in. Either `end` it or `close` it."""

    def __init__(self, name: str, limit: int, folder: str | None, share: Share) -> None:
        """`name`: which one it is, in errors. `share` holds it while it is short."""
        self._name = name
        self._limit = limit
        self._folder = folder
        self._share = share
        self._length = 0
        self._waiting = bytearray()
        self._digest = hashlib.sha256()
        self._spool: Spool | None = None

    async def write(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._limit:
            raise TooLarge(f"The picture {self._name} has more than {self._limit} bytes")
        self._waiting += piece
        if len(self._waiting) > (_STRIDE if self._spool else SMALL):
            await self._spill()

    async def end(self) -> Kept:
        if self._spool is None:
            self._share.take(len(self._waiting))
            body = bytes(self._waiting)
            return Kept(await digest_of(body), len(body), body, body)
        await self._spill()
        spool, self._spool = self._spool, None
        return Kept(self._digest.hexdigest(), spool.length, b"", spool)

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    async def _spill(self) -> None:
        self._share.spool(len(self._waiting))
        self._spool = self._spool or Spool(self._folder)
        data = bytes(self._waiting)
        self._waiting.clear()
        await asyncio.to_thread(self._both, self._spool, data)

    def _both(self, spool: Spool, data: bytes) -> None:
        self._digest.update(data)
        try:
            spool.write(data)
        except OSError as error:
            raise Unavailable("The edge has no room for a picture of this size") from error
