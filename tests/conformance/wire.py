"""HTTP/1.1 by hand: a test sees every byte that goes over the wire, and may send any."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Headers = Mapping[str, str | Sequence[str] | None]
_PATIENCE = 20.0  # seconds of real time for one exchange; nothing here takes so long unless it is broken


def lines_of(headers: Headers | None) -> list[tuple[str, str]]:
    """One line for each value; None = no line at all."""
    lines: list[tuple[str, str]] = []
    for name, value in (headers or {}).items():
        values = [value] if isinstance(value, str) else value or ()
        lines += [(name, one) for one in values]
    return lines


@dataclass
class Message:
    """Header names are in lower case, every line is kept."""

    start: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.lines if key == name.lower()]

    def get(self, name: str) -> str | None:
        """Its lines as one list value, or None."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))


@dataclass
class Asked(Message):
    """A request that reached the origin."""

    @property
    def method(self) -> str:
        return self.start.split(" ")[0]

    @property
    def target(self) -> str:
        return self.start.split(" ")[1]


@dataclass
class Seen(Message):
    """What the client got. `whole` is False when the connection ended too soon; `asked` are the requests that reached
    the origin for this path meanwhile."""

    interim: list[Message] = field(default_factory=list)
    whole: bool = True
    asked: list[Asked] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1])

    @property
    def hit(self) -> bool:
        """The origin was not asked."""
        return not self.asked

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def age(self) -> int | None:
        value = self.get("age")
        return None if value is None else int(value)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def read_head(reader: asyncio.StreamReader) -> Message | None:
    """None when the other side closed before a first byte."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    start, *rest = head[:-4].decode("latin-1").split("\r\n")
    lines = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    return Message(start, lines)


async def read_chunked(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        chunk = await reader.readexactly(size + 2)
        if not size:
            return body
        body += chunk[:-2]


async def read_body(reader: asyncio.StreamReader, head: Message, *, to_end: bool) -> bytes:
    """`to_end`: without a length, everything until the connection closes (an answer), else nothing (a request)."""
    if (head.get("transfer-encoding") or "").lower() == "chunked":
        return await read_chunked(reader)
    length = head.get("content-length")
    if length is not None:
        return await reader.readexactly(int(length))
    return await reader.read() if to_end else b""


def written(method: str, target: str, lines: Iterable[tuple[str, str]], content: bytes | None) -> bytes:
    fields = [*lines]
    if content is not None and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in fields):
        fields.append(("Content-Length", str(len(content))))
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode("latin-1") + b"\r\n" + (content or b"")


async def exchange(port: int, request: bytes) -> Seen:
    """Send these bytes on a connection of its own and read one answer."""
    method = request.split(b" ", 1)[0].decode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    try:
        writer.write(request)
        async with asyncio.timeout(_PATIENCE):
            return await _answer(reader, method)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, method: str) -> Seen:
    interim: list[Message] = []
    while True:
        head = await read_head(reader)
        if head is None:
            raise ConnectionError("the edge closed without an answer")
        status = int(head.start.split(" ")[1])
        if status >= 200:
            break
        interim.append(head)
    seen = Seen(head.start, head.lines, interim=interim)
    if method == "HEAD" or status in (204, 304):
        return seen
    try:
        seen.body = await read_body(reader, head, to_end=True)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        seen.whole = False
        seen.body = getattr(error, "partial", b"")
    return seen
