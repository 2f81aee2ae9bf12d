"""A reply that is still coming in, cut where it grows beyond what an original may be."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp

from edge.errors import map_exceptions
from edge.exchange import Fields
from edge.origins import troubles
from edge.origins.base import Ask, Refused
from edge.origins.codings import Inflater, coding_of
from edge.origins.replies import received, too_large

_TRANSFER = ("chunked", "compress", "deflate", "gzip", "x-compress", "x-gzip")  # RFC 9112 §7
_CONDITIONS = ("if-none-match", "if-modified-since")


class HttpReply:
    """`headers` are end-to-end fields only. A body that is left unread costs its connection, never the pool. A body
    without a length ends with its connection (RFC 9112 §6.3); one that breaks is an error."""

    __slots__ = ("_coding", "_max_bytes", "_response", "fd", "headers", "hops", "length", "status")

    def __init__(
        self, response: aiohttp.ClientResponse, ask: Ask, max_bytes: int, hops: tuple[Fields, ...] = ()
    ) -> None:
        """Raises TooLarge when the origin says beforehand that it is, Refused for an answer that does not fit."""
        self.status = response.status
        self.headers = received(response.headers.items())
        _judge_transfer(Fields(response.headers.items()).get("transfer-encoding"))
        self.fd = -1
        self.hops = hops
        self._response = response
        self._max_bytes = None if ask.verbatim else max_bytes
        self._coding = ""
        if not ask.verbatim:
            self._judge(ask)
        declared = self.headers.get("content-length") or ""
        self.length: int | None = int(declared) if declared.isascii() and declared.isdigit() else None
        if self.status in (204, 304):
            self.length = 0
        if 200 <= self.status < 300 and ask.method != "HEAD":
            self._judge_size(self.length or 0)

    def _judge(self, ask: Ask) -> None:
        if self.status == 206 and "range" not in ask.headers:
            raise Refused("The origin answered with a part, but the whole was asked for")
        if self.status == 304 and not any(name in ask.headers for name in _CONDITIONS):
            raise Refused("The origin answered 304 to an ask without conditions")
        if self.status == 200 and ask.method != "HEAD":
            self._coding = coding_of(self.headers)
        if self._coding:
            self.headers = self.headers.without("content-encoding", "content-length")

    async def body(self) -> AsyncIterator[bytes]:
        inflater = Inflater(self._coding) if self._coding else None
        came = inflated = 0
        while chunk := await self._next():
            came += len(chunk)
            self._judge_size(came)
            for block in inflater.feed(chunk) if inflater else (chunk,):
                inflated += len(block)
                self._judge_size(inflated)
                yield block
                if inflater:
                    await asyncio.sleep(0)  # one chunk may inflate to a thousand: others must have their turn
        if inflater:
            inflater.finish()

    def _judge_size(self, size: int) -> None:
        if self._max_bytes is not None and size > self._max_bytes:
            self._response.release()
            raise too_large(self._max_bytes)

    async def _next(self) -> bytes:
        with map_exceptions(troubles.WHILE_READING):
            return await self._response.content.readany()

    async def close(self) -> None:
        self._response.release()

    def __repr__(self) -> str:
        return f"HttpReply({self.status}, {'unknown' if self.length is None else self.length} bytes)"


def _judge_transfer(field: str | None) -> None:
    """Content in a transfer coding that nobody asked for cannot be told apart from what it codes. A name that is no
    coding codes nothing: such content ends with its connection."""
    codings = [part.partition(";")[0].strip().lower() for part in (field or "chunked").split(",")]
    if codings != ["chunked"] and any(coding in _TRANSFER for coding in codings):
        raise Refused(
            "The origin's answer has a transfer coding that the edge did not ask for",
            error="http_response_transfer_coding",
        )
