"""Replies whose body is at hand, and the header fields that never travel on."""

import re
from collections.abc import AsyncIterator, Iterable

from edge.errors import TooLarge, expected
from edge.exchange import NO_FIELDS, Fields
from edge.freshness.hops import end_to_end

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Orders to a server in front of the edge: an origin must not make that one send its local files (HTTP_CACHING §15).
_ORDERS = (
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-lighttpd-send-file",
    "x-sendfile",
)


def received(lines: Iterable[tuple[str, str]]) -> Fields:
    """What an origin sent, fit to be handed up. A control character, which no field may hold, is a space from here on
    (RFC 9110 §5.5)."""
    return end_to_end(Fields([(name, _CONTROL.sub(" ", value)) for name, value in lines])).without(*_ORDERS)


def too_large(most: int) -> TooLarge:
    return TooLarge(expected(f"at most {most} bytes", "an original", "more"))


class HeldReply:
    """A reply whose whole body is in memory."""

    __slots__ = ("_body", "fd", "headers", "length", "status")

    def __init__(self, status: int, headers: Fields = NO_FIELDS, body: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.fd = -1
        self.length: int | None = len(body)
        self._body = body

    async def body(self) -> AsyncIterator[bytes]:
        if self._body:
            yield self._body

    async def close(self) -> None:
        return

    def __repr__(self) -> str:
        return f"HeldReply({self.status}, {self.length} bytes)"


def no_such_original() -> HeldReply:
    """Whatever the reason: a client learns nothing about the folder."""
    return HeldReply(404)


def method_not_allowed() -> HeldReply:
    return HeldReply(405, Fields([("Allow", "GET, HEAD")]))
