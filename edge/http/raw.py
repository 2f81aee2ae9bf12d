"""Requests that are passed on: their content as it comes, and what comes back before the answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus
from typing import Protocol

from aiohttp import HttpVersion11, web

from edge.errors import BadRequest
from edge.exchange import Fields, ImageRequest, RawRequest, Reply
from edge.http.exact import head_of
from edge.routing.loops import backward

GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_GLANCE = 1.0  # seconds without content before a look at whether there will be any
_BROKE_OFF = "The request's content broke off"


class Relaying(Protocol):
    """`serves`: is this a route that passes on? `path` is raw."""

    def serves(self, host: str, path: str) -> bool: ...

    async def respond(self, request: RawRequest) -> Reply: ...


async def pass_on(relay: Relaying, request: web.BaseRequest, came: ImageRequest) -> Reply:
    """The relay's reply, with a trace of the way it came."""
    passing = _Passing(request, came.headers)
    try:
        reply = await relay.respond(passing.asked(came))
    finally:
        passing.over = True
    way = backward(reply.headers)
    kept = reply.headers.without(*(name for name, _ in way))
    return replace(reply, headers=Fields((*kept, *way)))


class _Passing:
    def __init__(self, request: web.BaseRequest, fields: Fields) -> None:
        self._request = request
        self._expects = (fields.get("expect") or "").lower() == "100-continue"
        self.over = False

    def asked(self, came: ImageRequest) -> RawRequest:
        length = self._request.content_length
        has_content = self._request.body_exists and length != 0
        return RawRequest(
            came.method,
            came.path,
            came.query,
            came.host,
            came.headers,
            self._request.scheme,
            came.received,
            content=self._content() if has_content else None,
            content_length=length,
            interim=self._interim,
        )

    async def _content(self) -> AsyncIterator[bytes]:
        """Whoever expects to be asked for it is asked once somebody wants it (RFC 9110 §10.1.1)."""
        if self._expects and self._request.version >= HttpVersion11:
            self._write(GO_ON)
        content = self._request.content
        while not content.at_eof():
            chunk = await glance(self._request)
            if chunk:
                yield chunk

    def _interim(self, status: int, fields: Fields) -> None:
        """To clients that know of interim answers (RFC 9110 §15.2), and before the final one."""
        if not self.over and self._request.version >= HttpVersion11:
            self._write(head_of(f"HTTP/1.1 {status} {_reason(status)}", fields))

    def _write(self, octets: bytes) -> None:
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            transport.write(octets)


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def judge_framing(request: web.BaseRequest, fields: Fields) -> None:
    """What aiohttp lets pass: content in a further coding, and chunks in HTTP/1.0, which has none (RFC 9112 §6.1)."""
    if "transfer-encoding" in fields and not _is_framed(request, fields):
        raise BadRequest("Expected content of a known length, or in chunks and no further coding")


def ends_connection(request: web.BaseRequest, fields: Fields) -> bool:
    """After its answer nobody could tell what comes next on this connection: content that broke, that nobody asked
    for, or that may be read in two ways, or another protocol."""
    if _is_broken(request) or request.method == "CONNECT" or "upgrade" in fields:
        return True
    if "expect" in fields and not request.content.is_eof():
        return True
    return "transfer-encoding" in fields and not _is_framed(request, fields)


async def glance(request: web.BaseRequest) -> bytes:
    """What is there of the content; nothing where nothing came for a moment. Raises BadRequest when the rest will never
    come."""
    try:
        async with asyncio.timeout(_GLANCE):
            return await request.content.readany()
    except TimeoutError:
        if _is_broken(request):
            raise BadRequest(_BROKE_OFF) from None
        return b""
    except (web.RequestPayloadError, ConnectionError) as error:
        raise BadRequest(_BROKE_OFF) from error


def _is_broken(request: web.BaseRequest) -> bool:
    """aiohttp tells a content whose chunks are broken nothing: its complaint waits as the next message, which no
    content under way can have behind it."""
    return request.content.exception() is not None or bool(not request.content.is_eof() and request.protocol._messages)


def is_followed(request: web.BaseRequest) -> bool:
    """Has more come than this request's content? Whoever waits for the answer to a job sends nothing meanwhile (RFC
    9112 §9.3.2): it is the rest of a content that is longer than it says."""
    return request.body_exists and bool(request.protocol._messages)


def _is_framed(request: web.BaseRequest, fields: Fields) -> bool:
    return (fields.get("transfer-encoding") or "").lower() == "chunked" and request.version >= HttpVersion11
