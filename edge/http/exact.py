"""A response that goes out as its fields say.

aiohttp encodes fields as UTF-8 and drops octets that are none, and it names a media type where nobody did. An answer
that is passed on must arrive as it came: entity tags are compared octet by octet, and what an origin leaves unsaid is
not the edge's to say.
"""

from collections.abc import Iterable

from aiohttp import web
from aiohttp.http_writer import StreamWriter
from multidict import CIMultiDict


class Exact(web.StreamResponse):
    """Octets that are no UTF-8 stand in fields as U+DC80 to U+DCFF. The head goes out with the first of the body."""

    _send_headers_immediately = False

    def __init__(self, status: int, headers: CIMultiDict[str]) -> None:
        super().__init__(status=status, headers=headers)
        self._typed = "content-type" in headers

    async def _write_headers(self) -> None:
        if not self._typed:
            self.headers.popall("content-type", None)
        await super()._write_headers()  # refuses control characters
        request, writer = self._req, self._payload_writer
        assert request is not None
        assert isinstance(writer, StreamWriter)
        status = f"HTTP/{request.version[0]}.{request.version[1]} {self.status} {self.reason}"
        head = head_of(status, self.headers.items())
        if not head.isascii():
            writer._headers_buf = head


def head_of(status: str, lines: Iterable[tuple[str, str]]) -> bytes:
    """A message's head, octet for octet."""
    text = "\r\n".join([status, *[f"{name}: {value}" for name, value in lines], "", ""])
    return text.encode("utf-8", "surrogateescape")
