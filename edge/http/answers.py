"""From a Reply or an error to bytes on the wire."""

import asyncio
import json
import os
from collections.abc import Mapping

from aiohttp import web
from multidict import CIMultiDict

from edge.errors import EdgeError
from edge.exchange import Fields, FileBody, Mutable, Reply, Story
from edge.http.ranges import Unsatisfiable, parse_range, wanted_range
from edge.observe.status import cache_status, server_timing

_CHUNK = 256 << 10
SERVER = "image-edge"


def problem(error: EdgeError, story: Story = Story()) -> Reply:  # noqa: B008 - frozen
    """RFC 9457, one sentence in `detail`; not to be stored unless the error itself says so."""
    body = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.sentence}
    fields = {
        "cache-control": "no-store",
        **{name.lower(): value for name, value in error.headers.items()},
        "content-type": "application/problem+json",
        "x-content-type-options": "nosniff",
    }
    return Reply(error.status, Fields(fields.items()), json.dumps(body, ensure_ascii=False).encode(), story)


def json_reply(content: Mapping[str, object], status: int = 200) -> Reply:
    fields = [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ]
    return Reply(status, Fields(fields), json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n")


def text_reply(content: str | bytes, media_type: str, fields: Mapping[str, str] | None = None) -> Reply:
    body = content.encode() if isinstance(content, str) else content
    lines = {"content-type": media_type, "x-content-type-options": "nosniff", **(fields or {})}
    return Reply(200, Fields(lines.items()), body)


def ranged(reply: Reply, request: Fields) -> tuple[Reply, int, int]:
    """The reply, 206 or 416 in place of 200 where a Range asks for it, and (offset, length) of what to send."""
    length = _length(reply)
    if "range" not in request or reply.status != 200 or "accept-ranges" not in reply.headers:
        return reply, 0, length
    wanted = wanted_range(request.get("range"), request.get("if-range"), reply.headers.get("etag"))
    try:
        found = parse_range(wanted, length) if wanted else None
    except Unsatisfiable:
        lines = [("content-range", f"bytes */{length}"), ("accept-ranges", "bytes"), ("cache-control", "no-store")]
        return Reply(416, Fields(lines), b"", reply.story), 0, 0  # one client's mistake is no answer for the next
    if found is None:
        return reply, 0, length
    first, last = found
    fields = reply.headers.having("content-range", f"bytes {first}-{last}/{length}")
    return Reply(206, fields, reply.body, reply.story), first, last - first + 1


async def send(request: web.BaseRequest, reply: Reply, asked: Fields, *, timing: bool = True) -> web.StreamResponse:
    """Send it, and close its file. A client that left meanwhile is no error; the connection ends."""
    try:
        return await _send(request, reply, asked, timing)
    except ConnectionResetError:
        request.protocol.close()
        return web.StreamResponse(status=499)
    finally:
        if not isinstance(reply.body, bytes):
            reply.body.close()


async def _send(request: web.BaseRequest, reply: Reply, asked: Fields, timing: bool) -> web.StreamResponse:
    offset, length = 0, _length(reply)
    if request.method == "GET":
        reply, offset, length = ranged(reply, asked)
    headers = _headers(reply, timing)
    if not isinstance(reply.body, bytes):
        return await _send_file(request, reply.status, headers, reply.body, offset, length)
    body = reply.body if length == len(reply.body) else reply.body[offset : offset + length]
    response = web.Response(status=reply.status, headers=headers, body=body)
    await response.prepare(request)
    await response.write_eof()
    return response


async def _send_file(
    request: web.BaseRequest, status: int, headers: CIMultiDict[str], body: FileBody, offset: int, length: int
) -> web.StreamResponse:
    stream = web.StreamResponse(status=status, headers=headers)
    stream.content_length = length
    await stream.prepare(request)
    at, end = body.offset + offset, body.offset + offset + length
    while request.method != "HEAD" and at < end:
        chunk = await asyncio.to_thread(os.pread, body.fileno(), min(_CHUNK, end - at), at)
        if not chunk:
            raise ConnectionError("the stored body is shorter than its header says")
        if at + len(chunk) == end and not _whole(body):
            raise ConnectionError("the file changed while it was sent")  # cut short: the client must not keep it
        await stream.write(chunk)
        at += len(chunk)
    await stream.write_eof()
    return stream


def _whole(body: FileBody) -> bool:
    return body.whole() if isinstance(body, Mutable) else True


def _headers(reply: Reply, timing: bool) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict(reply.headers)
    headers["Server"] = SERVER
    story = reply.story
    if story.tier or story.fwd:
        headers["Cache-Status"] = cache_status(story)
        if timing and story.seconds:
            headers["Server-Timing"] = server_timing(story)
    return headers


def _length(reply: Reply) -> int:
    return len(reply.body) if isinstance(reply.body, bytes) else reply.body.length
