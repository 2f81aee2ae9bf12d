"""The content of a job's request: JSON, a picture, or parts of both, taken in as it comes.

Nothing is held whole but JSON and small pictures, and of these no more than there is room for: what is longer lies in a
file without a name, which is gone with its descriptor however the request ends.
"""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from aiohttp import HttpVersion11, web

from edge.dialects.imageflow.errors import JobError
from edge.errors import BadRequest, TooLarge, expected
from edge.exchange import Fields
from edge.http.documents import Document
from edge.http.multipart import Begun, Ended, Multipart, Piece, boundary_of
from edge.http.raw import GO_ON, glance
from edge.http.spooling import SMALL, Picture
from edge.originals.body import Kept
from edge.pipeline.jobs.sent import MOST_PARTS, Bounds, Room, Sent, Share, Taking

PATIENCE: Final = 30.0  # seconds in which LEAST must come, or the rest
LEAST: Final = 16 << 10  # bytes
_MOST_NAME: Final = 100  # characters
_NUMBER = re.compile(r"-?[0-9]{1,10}")
_JSON = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json", re.IGNORECASE)
_UNSAID: Final = ("", "application/x-www-form-urlencoded")  # what `curl -d` sends unless it is told
_NOT_JSON: Final = "Expected application/json or multipart/form-data for Content-Type but received "


async def take(
    request: web.BaseRequest, fields: Fields, taking: Taking, bounds: Bounds, room: Room, folder: str | None = None
) -> Sent:
    """All of the request's content. `taking`: what content of one piece is. Raises BadRequest, TooLarge, Unavailable,
    and JobErrors of 408 and 415."""
    if taking == "nothing" or not request.body_exists or request.content_length == 0:
        return Sent()
    share = Share(room)
    try:
        return await _take(request, fields, taking, _Means(bounds, share, folder))
    except BaseException:
        share.close()
        raise


@dataclass(frozen=True, slots=True)
class _Means:
    """What one request is taken in with."""

    bounds: Bounds
    share: Share
    folder: str | None

    def document(self) -> Document:
        return Document(self.bounds, self.share, self.folder)

    def picture(self, io_id: int) -> Picture:
        return Picture(f"of io_id {io_id}", self.bounds.part, self.folder, self.share)


async def _take(request: web.BaseRequest, fields: Fields, taking: Taking, means: _Means) -> Sent:
    media_type = (fields.get("content-type") or "").partition(";")[0].strip().lower()
    _judge(request, fields, means.bounds)
    pieces = _Bounded(_pieces(request, fields), means).pieces()
    if media_type == "multipart/form-data":
        return await _Parts(means).take(pieces, boundary_of(fields.get("content-type") or ""))
    if taking == "picture" or media_type.startswith("image/"):
        return Sent(parts={0: await _one(pieces, means.picture(0))}, share=means.share)
    if media_type not in _UNSAID and not _JSON.fullmatch(media_type):
        raise JobError("InvalidArgument", f"{_NOT_JSON}{media_type[:80]!r}", status=415)
    return await _document(pieces, means)


def _judge(request: web.BaseRequest, fields: Fields, bounds: Bounds) -> None:
    """What is known before any of it has come."""
    coding = (fields.get("content-encoding") or "identity").strip().lower()
    if coding != "identity":
        raise JobError("InvalidArgument", expected("content as it is", "Content-Encoding", coding), status=415)
    if (request.content_length or 0) > bounds.all:
        raise _too_much(bounds.all)


def _too_much(limit: int) -> TooLarge:
    return TooLarge(f"The request's content has more than {limit} bytes")


async def _pieces(request: web.BaseRequest, fields: Fields) -> AsyncIterator[bytes]:
    """Whoever expects to be asked for it is asked now (RFC 9110 §10.1.1)."""
    transport = request.transport
    expects = (fields.get("expect") or "").lower() == "100-continue" and request.version >= HttpVersion11
    if expects and transport is not None and not transport.is_closing():
        transport.write(GO_ON)
    since, came = time.monotonic(), 0
    while not request.content.at_eof():
        piece = await glance(request)
        came += len(piece)
        if time.monotonic() - since >= PATIENCE:
            if came < LEAST:
                sentence = f"Too little of the request's content came in {PATIENCE:.0f} seconds"
                raise JobError("InvalidArgument", sentence, status=408)
            since, came = time.monotonic(), 0
        if piece:
            yield piece


class _Bounded:
    """As much as may come; and of long contents one piece in each turn of the event loop, so that forty of them make
    nobody else wait for forty pieces."""

    def __init__(self, pieces: AsyncIterator[bytes], means: _Means) -> None:
        self._pieces = pieces
        self._means = means

    async def pieces(self) -> AsyncIterator[bytes]:
        came, most = 0, self._means.bounds.all
        async for piece in self._pieces:
            came += len(piece)
            if came > most:
                raise _too_much(most)
            if came > SMALL:
                await self._means.share.turn()
            yield piece


async def _document(pieces: AsyncIterator[bytes], means: _Means) -> Sent:
    document = means.document()
    try:
        async for piece in pieces:
            await document.write(piece)
        await document.end()
    except BaseException:
        document.close()
        raise
    return Sent(document.octets, written=document.written, share=means.share)


async def _one(pieces: AsyncIterator[bytes], picture: Picture) -> Kept:
    try:
        async for piece in pieces:
            await picture.write(piece)
        return await picture.end()
    except BaseException:
        picture.close()
        raise


class _Parts:
    """Parts, as they come in: `job` is JSON, the others are pictures named by their io_id."""

    def __init__(self, means: _Means) -> None:
        self._means = means
        self._names: set[str] = set()
        self._name = ""
        self._document: Document | None = None
        self._done: dict[int, Kept] = {}
        self._now: Document | Picture | None = None

    async def take(self, pieces: AsyncIterator[bytes], boundary: str) -> Sent:
        reader = Multipart(boundary)
        try:
            async for octets in pieces:
                for event in reader.feed(octets):
                    await self._take(event)
            reader.close()
        except BaseException:
            for each in (self._now, self._document):
                if each is not None:
                    each.close()
            Sent(parts=self._done).close()
            raise
        if self._document is None:
            return Sent(parts=self._done, share=self._means.share)
        return Sent(self._document.octets, self._done, self._document.written, self._means.share)

    async def _take(self, event: Begun | Piece | Ended) -> None:
        if isinstance(event, Begun):
            self._now = self._begin(event.name)
        elif isinstance(event, Piece) and self._now is not None:
            await self._now.write(event.octets)
        elif isinstance(self._now, Picture):
            self._done[int(self._name)] = await self._now.end()
        elif self._now is not None:
            await self._now.end()

    def _begin(self, name: str) -> Document | Picture:
        if len(self._names) >= MOST_PARTS:
            raise TooLarge(f"The content has more than {MOST_PARTS} parts")
        if len(name) > _MOST_NAME:
            raise BadRequest(f"Expected names of parts of at most {_MOST_NAME} characters")
        if name in self._names:
            raise JobError("DuplicateIoId", f"Two parts are named {name!r}")
        self._names.add(name)
        self._name = name
        if name == "job":
            self._document = self._means.document()
            return self._document
        if not _NUMBER.fullmatch(name) or not -(2**31) <= int(name) < 2**31 or str(int(name)) != name:
            raise BadRequest(expected("job, or the io_id of an input", "the name of a part", name))
        return self._means.picture(int(name))
