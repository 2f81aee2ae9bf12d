"""What aiohttp's client is taught besides: to hand up interim answers, to tell a broken connection from an end, to
write octets as they came.

Theory of operation. aiohttp reads interim (1xx) answers and throws them away, so the connection's own reader looks at
each message first. It takes the end of a connection for the end of a body that has no length, even if the connection
broke: such a body would be stored though it is cut short. And it encodes header fields as UTF-8 and drops what is not:
an entity tag that lost an octet could match another. Its writer has no hook, so its name in the client's module is
bound to ours. And it loses an answer that is whole when more than the answer's length came in the same packet: so what
comes is cut at the answer's end here. And it would take what comes after an answer for the answer to the next question:
a connection that goes on is used no more.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp import client_proto, client_reqrep
from aiohttp.helpers import set_exception
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.http_writer import StreamWriter
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from multidict import CIMultiDict

from edge.exchange import Fields
from edge.origins.replies import received

Interim = Callable[[int, Fields], None]
INTERIM: ContextVar[Interim | None] = ContextVar("interim", default=None)  # who is told, in the task that asks
_END_OF_HEAD: Final = b"\r\n\r\n"
_MOST: Final = 100  # interim answers; whoever sends more will never come to the point


class Unheard(aiohttp.ServerDisconnectedError):
    """A connection that had served before ended before any byte of an answer: most likely its origin had left it when
    the question came."""


class Reader(client_proto.ResponseHandler):
    """One connection."""

    def __init__(self, *of: Any, **options: Any) -> None:
        super().__init__(*of, **options)
        self._left: int | None = None  # bytes of the body that are still to come; None: not known, or not yet
        self._body: StreamReader | None = None
        self._in_head = True
        self._tail_of_head = b""
        self._last = b""  # of a body in chunks
        self._asked = 0  # questions so far
        self._heard = False  # any byte of the answer

    def set_response_params(self, **params: Any) -> None:
        self._left, self._body, self._in_head, self._tail_of_head = None, None, True, b""
        self._last = b""
        self._asked, self._heard = self._asked + 1, False
        super().set_response_params(**params)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """A message's head was read."""
        if not self._in_head:  # of a second answer
            self._leave()
            return
        message, payload = data
        if message.code >= 200:
            self._in_head, self._body = False, payload
            length = message.headers.get("Content-Length")
            if payload is EMPTY_PAYLOAD:
                self._left = 0
            elif length is not None and not message.chunked:
                self._left = int(length)  # the parser refuses what is no number
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        if not data:  # the parser had paused, and goes on with what it has
            self._parse(data)
            return
        self._heard = True
        while data and self._in_head:
            came = self._tail_of_head + data
            end = came.find(_END_OF_HEAD)
            cut = len(data) if end < 0 else end + len(_END_OF_HEAD) - len(self._tail_of_head)
            self._tail_of_head = came[-3:] if end < 0 else b""
            self._parse(data[:cut])
            data = data[cut:]
        if self._left is None:
            if data:
                self._continue(data)
            return
        ours, beyond = data[: self._left], data[self._left :]
        self._left -= len(ours)
        if ours:
            self._parse(ours)
        if beyond:
            self._leave()

    def _continue(self, data: bytes) -> None:
        """A body in chunks, which ends with an empty line, or one that ends with its connection."""
        self._parse(data)
        self._last = (self._last + data[-4:])[-4:]
        if self._body is not None and self._body.is_eof() and self._last != _END_OF_HEAD:
            self._leave()

    def _leave(self) -> None:
        """More came than an answer."""
        self._should_close = True
        self.close()

    def _parse(self, data: bytes) -> None:
        """What does not parse is told to whoever reads the body: aiohttp tells only those who wait for a head."""
        super().data_received(data)
        failure = self.exception()
        if failure is not None:
            self._fail_body("the body is not what HTTP makes of it", failure)

    def _fail_body(self, why: str, cause: BaseException) -> None:
        body = self._payload
        if isinstance(body, StreamReader) and not body.is_eof():
            set_exception(body, aiohttp.ClientPayloadError(why), cause)

    async def read(self) -> Any:
        """The final answer, or the leave to go on sending."""
        told = INTERIM.get()
        for _ in range(_MOST):
            try:
                message, payload = await super().read()
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if self._asked > 1 and not self._heard:
                    raise Unheard from error
                raise
            if message.code >= 200 or message.code == 100:
                return message, payload
            if message.code < 100 or message.code == 101:
                raise BadHttpMessage("no status, or a protocol that nobody asked for")
            if told is not None:
                told(message.code, received(message.headers.items()))
        raise BadHttpMessage("too many interim answers")

    def connection_lost(self, exc: BaseException | None) -> None:
        if exc is not None:
            self._fail_body("the connection broke", exc)
        super().connection_lost(exc)


class Connector(aiohttp.TCPConnector):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._factory = partial(Reader, loop=asyncio.get_running_loop())  # type: ignore[assignment] # it is invariant


class Writer(StreamWriter):
    async def write_headers(self, status_line: str, headers: "CIMultiDict[str]") -> None:
        await super().write_headers(status_line, headers)  # refuses control characters
        lines = [f"{name}: {value}" for name, value in headers.items()]
        text = "\r\n".join([status_line, *lines, "", ""])
        if not text.isascii():
            self._headers_buf = text.encode("utf-8", "surrogateescape")


client_reqrep.StreamWriter = Writer  # type: ignore[attr-defined] # not theirs to export
