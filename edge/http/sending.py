"""From a Reply to bytes on the wire.

Theory of operation. What is sent whole is framed by its length, what is still coming in by chunks, and for HTTP/1.0 by
the end of the connection. When the rest of a body never comes, the connection is cut, so that the client holds an
incomplete message and knows it (RFC 9112 §8): the last chunk is not written, the length is not reached, and where only
the end of the connection frames the body, that end is a reset. A body is closed however its sending ends. And it does
end: a body that passes holds a connection to its origin, so clients that read nothing would keep all of them.
"""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import HttpVersion11, web
from multidict import CIMultiDict

from edge.errors import EdgeError
from edge.exchange import AnyBody, Fields, FileBody, Mutable, Reply, StreamBody
from edge.http.exact import Exact
from edge.http.ranges import length_of, ranged
from edge.observe.status import cache_status, server_timing

log = logging.getLogger("edge.http")

SERVER = "image-edge"
_CHUNK = 256 << 10
_PATIENCE = 60.0  # seconds in which a client takes nothing of what waits for it
_RESET = struct.pack("ii", 1, 0)  # linger, for 0 seconds
_BARE = (204, 304)  # no body, and no length of one
_OF_THE_CONNECTION = ("connection", "keep-alive", "transfer-encoding", "upgrade")


@dataclass(frozen=True, slots=True)
class Manner:
    """How to send. `timing`: with Server-Timing. `exact`: the reply is somebody else's, its fields go out as they
    came. `last`: the connection ends with it."""

    timing: bool = True
    exact: bool = False
    last: bool = False


USUAL = Manner()


class Counted:
    """A stream that counts what was taken of it."""

    def __init__(self, body: StreamBody) -> None:
        self._body = body
        self.length = body.length
        self.taken = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._body.chunks():
            self.taken += len(chunk)
            yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()


async def send(request: web.BaseRequest, reply: Reply, asked: Fields, manner: Manner = USUAL) -> web.StreamResponse:
    """Send it, and close its body. A client that left meanwhile is no error; the connection ends."""
    body = reply.body
    try:
        return await _send(request, reply, asked, manner)
    except ConnectionResetError:
        request.protocol.close()
        return web.StreamResponse(status=499)
    finally:
        if not isinstance(body, bytes):
            await _close(body)


async def _close(body: FileBody | StreamBody) -> None:
    if isinstance(body, StreamBody):
        await body.aclose()
    else:
        body.close()


async def _send(request: web.BaseRequest, reply: Reply, asked: Fields, manner: Manner) -> web.StreamResponse:
    offset, length = 0, length_of(reply.body)
    if request.method == "GET":
        reply, offset, length = ranged(reply, asked)
    headers = _headers(reply, manner)
    if isinstance(reply.body, bytes) and not manner.exact:
        body = reply.body if length == len(reply.body) else reply.body[offset : offset + (length or 0)]
        return await _send_whole(request, web.Response(status=reply.status, headers=headers, body=body), manner)
    response = (
        Exact(reply.status, headers) if manner.exact else web.StreamResponse(status=reply.status, headers=headers)
    )
    _frame(request, response, reply.body, length)
    if manner.last:
        response.force_close()
    writer = await response.prepare(request)
    if not isinstance(reply.body, bytes) and writer is not None:
        writer.send_headers()  # nobody knows when the first of the body comes
    if request.method == "HEAD" or reply.status in _BARE:
        await response.write_eof()
        return response
    with _Watch(request):
        whole = await _pour(response, reply.body, offset, length)
    if not whole:
        response.force_close()
        _cut(request, framed=length is not None or request.version >= HttpVersion11)
        return response
    await response.write_eof()
    return response


async def _send_whole(request: web.BaseRequest, response: web.Response, manner: Manner) -> web.StreamResponse:
    """The usual answer, in one write."""
    if manner.last:
        response.force_close()
    await response.prepare(request)
    await response.write_eof()
    return response


def _frame(request: web.BaseRequest, response: web.StreamResponse, body: AnyBody, length: int | None) -> None:
    """A HEAD that was passed on has no body, but the length that GET would have, if its origin said that."""
    said = response.headers.popall("content-length", None)
    if request.method == "HEAD" and body == b"":
        if said:
            response.headers["Content-Length"] = said[0]
    elif length is not None and response.status not in _BARE:
        response.content_length = length
    elif length is None and request.version < HttpVersion11:
        response.force_close()


class _Watch:
    """While a body is sent, a client that takes nothing loses its connection."""

    def __init__(self, request: web.BaseRequest) -> None:
        self._transport = request.transport
        self._writer = request.writer
        self._seen = (0, 0)

    def __enter__(self) -> None:
        self._set()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _set(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self._look)

    def _look(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        waiting = transport.get_write_buffer_size()
        now = (self._writer.output_size, waiting)
        if waiting and now == self._seen:
            transport.abort()
            return
        self._seen = now
        self._set()


async def _pour(response: web.StreamResponse, body: AnyBody, offset: int, length: int | None) -> bool:
    """False: the rest will never come."""
    if isinstance(body, bytes):
        assert length is not None
        if length:
            await response.write(body[offset : offset + length])
        return True
    if isinstance(body, StreamBody):
        return await _pour_stream(response, body, offset, length)
    assert length is not None
    return await _pour_file(response, body, body.offset + offset, body.offset + offset + length)


async def _pour_file(response: web.StreamResponse, body: FileBody, at: int, end: int) -> bool:
    """The last block is held back when the file changed meanwhile: the client must not keep it."""
    while at < end:
        chunk = await asyncio.to_thread(os.pread, body.fileno(), min(_CHUNK, end - at), at)
        if not chunk or (at + len(chunk) == end and not _whole(body)):
            return False
        await response.write(chunk)
        at += len(chunk)
    return True


async def _pour_stream(response: web.StreamResponse, body: StreamBody, offset: int, length: int | None) -> bool:
    """A part ends as soon as it is complete; the whole is read to its end, which may tell that it is none."""
    part = length != body.length
    came = 0
    try:
        async for chunk in body.chunks():
            block = chunk[max(0, offset - came) :]
            came += len(chunk)
            if length is not None:
                block = block[: len(block) - max(0, came - offset - length)]
            if block:
                await response.write(block)
            if part and length is not None and came >= offset + length:
                return True
    except EdgeError:
        return False
    except OSError:
        raise  # the client left
    except Exception:
        log.exception("a body under way failed")
        return False
    return length is None or came >= offset + length


def _whole(body: FileBody) -> bool:
    return body.whole() if isinstance(body, Mutable) else True


def _cut(request: web.BaseRequest, *, framed: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if framed:
        transport.close()
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


def _headers(reply: Reply, manner: Manner) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict(reply.headers)
    if manner.exact:
        for name in _OF_THE_CONNECTION:
            headers.popall(name, None)
    headers.setdefault("Server", SERVER)
    story = reply.story
    if story.tier or story.fwd:
        headers.add("Cache-Status", cache_status(story))
        if manner.timing and story.seconds:
            headers.add("Server-Timing", server_timing(story))
    return headers
