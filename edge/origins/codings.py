"""Content codings of an origin's answer (RFC 9110 §8.4.1), undone under a byte cap. Pure.

An origin is asked for identity, yet some answer with gzip all the same. Blocks come out small, so that a bomb is cut
after the cap and never lies in memory as a whole (S3).
"""

import zlib
from collections.abc import Iterator

from edge.errors import BadGateway
from edge.exchange import Fields
from edge.origins.base import Refused

BLOCK = 64 << 10
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's window arguments for the three wrappers
CUT_SHORT = "The origin's answer broke off before its end"
_BROKEN = "The origin's answer is compressed and broken"


def coding_of(headers: Fields) -> str:
    """ "" for identity, "gzip" or "deflate". Raises Refused for a coding that is not undone here."""
    named = [part.strip().lower() for part in (headers.get("content-encoding") or "").split(",")]
    codings = [coding for coding in named if coding not in ("", "identity")]
    known = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
    if len(codings) > 1 or any(coding not in known for coding in codings):
        raise Refused(
            "The origin's answer has a content coding that the edge did not ask for",
            error="http_response_content_coding",
        )
    return known[codings[0]] if codings else ""


class Inflater:
    """Feed it what came, take what is inflated. Several gzip members in a row are one body (RFC 1952 §2.2)."""

    __slots__ = ("_ended", "_gzip", "_head", "_stream")

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._head = b""
        self._stream = zlib.decompressobj(_GZIP) if self._gzip else None
        self._ended = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Blocks of at most BLOCK bytes."""
        if self._stream is None:
            self._head += chunk
            if len(self._head) < 2:
                return
            chunk, self._head = self._head, b""
            self._stream = zlib.decompressobj(_ZLIB if _has_zlib_header(chunk) else _RAW)
        block = b""
        # A full block may leave output inside zlib although no input is left over.
        while (chunk or len(block) == BLOCK) and not self._ended:
            try:
                block = self._stream.decompress(chunk, BLOCK)
            except zlib.error as error:
                raise BadGateway(_BROKEN, error="http_response_content_coding") from error
            chunk = self._next_member() if self._stream.eof else self._stream.unconsumed_tail
            if block:
                yield block

    def _next_member(self) -> bytes:
        assert self._stream is not None
        rest = self._stream.unused_data
        if self._gzip and rest[:1] == b"\x1f":
            self._stream = zlib.decompressobj(_GZIP)
            return rest
        self._ended = not self._gzip or bool(rest)
        return b""

    def finish(self) -> None:
        """Raises BadGateway when the stream stopped before its end."""
        if self._stream is None or not self._stream.eof:
            raise BadGateway(CUT_SHORT, error="http_response_incomplete")


def _has_zlib_header(head: bytes) -> bool:
    """RFC 1950 §2.2; many senders of "deflate" leave the wrapper out."""
    return head[0] & 15 == 8 and (head[0] << 8 | head[1]) % 31 == 0
