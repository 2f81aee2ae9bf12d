"""Raw routes over an origin so near that each request looks at it: a folder. No copy is kept."""

import os

from edge.errors import NotFound
from edge.exchange import Body, Fields, Reply, Story
from edge.originals.body import Live
from edge.origins.base import Ask, OriginReply
from edge.relay.answers import bare, spared_by
from edge.relay.inquiry import Inquiry

_SMALL = 64 << 10  # bytes that cost less to copy than a descriptor costs


async def look(inquiry: Inquiry, now: float) -> Reply:
    """Raises what the origin raises, and NotFound."""
    method = inquiry.request.method
    reply = await inquiry.route.origin.fetch(Ask(inquiry.key, method=method, verbatim=True))
    story = Story(route=inquiry.route.prefix)
    try:
        if reply.status == 404:
            raise NotFound("There is no such file", _missing(inquiry))
        if reply.status != 200:
            return Reply(reply.status, reply.headers, b"", story)
        fields = _fields(inquiry, reply.headers, now)
        spared = spared_by(inquiry, fields, reply.status, now)
        if spared:
            return bare(spared, fields, story)
        return Reply(200, fields, await _body(reply), story)
    finally:
        await reply.close()


def _fields(inquiry: Inquiry, fields: Fields, now: float) -> Fields:
    """A file says nothing of freshness: the operator does."""
    told = inquiry.route.dressed(fields).having("accept-ranges", "bytes")
    if "cache-control" in told:
        return told
    window = inquiry.route.window
    lives = max(window.min, min(window.max, window.default))
    if inquiry.expires is not None:
        lives = max(0.0, min(lives, inquiry.expires - now))
    return told.having("cache-control", f"public, max-age={int(lives)}")


def _missing(inquiry: Inquiry) -> dict[str, str]:
    lives = int(inquiry.route.window.negative)
    return {"Cache-Control": f"public, max-age={lives}" if lives and inquiry.expires is None else "no-store"}


async def _body(reply: OriginReply) -> Body:
    if reply.fd >= 0 and (reply.length or 0) > _SMALL:
        return Live(os.dup(reply.fd), reply.length or 0)
    return b"".join([chunk async for chunk in reply.body()])
