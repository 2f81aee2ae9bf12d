"""A public listener in this process, a relay that does what a test says, and raw bytes over a socket."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.exchange import Fields, ImageRequest, RawRequest, Reply, Story
from edge.http.listen import Listener
from edge.http.pictures import Pictures

_SILENCE = 0.25  # seconds
Answering = Callable[[RawRequest], Awaitable[Reply]]


@dataclass
class Relay:
    """Serves paths below /raw/, and remembers what it was asked."""

    answer: Answering
    asked: list[RawRequest] = field(default_factory=list)

    def serves(self, host: str, path: str) -> bool:
        return path.startswith("/raw/") and host != "elsewhere.example"

    async def respond(self, request: RawRequest) -> Reply:
        self.asked.append(request)
        return await self.answer(request)


@dataclass
class Watched:
    told: list[tuple[Story, int, int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def answered(self, story: Story, status: int, length: int, seconds: float) -> None:
        self.told.append((story, status, length))

    def failed(self, kind: str) -> None:
        self.failures.append(kind)


@dataclass
class Stream:
    """A StreamBody of these chunks; `failure` comes after them, `gate` before the last of them."""

    parts: Sequence[bytes]
    length: int | None = None
    failure: Exception | None = None
    gate: asyncio.Event | None = None
    closed: int = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        for number, part in enumerate(self.parts, start=1):
            if self.gate is not None and number == len(self.parts):
                await self.gate.wait()
            yield part
        if self.failure is not None:
            raise self.failure

    async def aclose(self) -> None:
        self.closed += 1


@dataclass
class File:
    """A FileBody that can be told to have changed."""

    path: Path
    offset: int = 0
    changed: bool = False

    def __post_init__(self) -> None:
        self._file = self.path.open("rb")
        self.length = self.path.stat().st_size - self.offset

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def whole(self) -> bool:
        return not self.changed


def replying(
    body: Any = b"",
    status: int = 200,
    *lines: tuple[str, str],
    story: Story | None = None,
    failure: Exception | None = None,
) -> Answering:
    async def answer(request: RawRequest) -> Reply:
        if failure is not None:
            raise failure
        return Reply(status, Fields(lines), body, story or Story())

    return answer


async def no_picture(request: ImageRequest) -> Reply:
    return Reply(200, Fields([("content-type", "image/png")]), b"picture")


@dataclass
class Door:
    port: int
    watched: Watched

    async def talk(self, *sent: bytes, patience: float = 5.0) -> bytes:
        """Send it part by part, each but the first when something was answered; what came until the server closed, or
        had answered and then was silent for a moment."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answered = b""
        try:
            for part in sent:
                writer.write(part)
                await writer.drain()
                answered += await asyncio.wait_for(reader.read(1 << 16), patience)
            while not reader.at_eof():
                answered += await asyncio.wait_for(reader.read(1 << 16), _SILENCE)
        except TimeoutError:
            assert answered, "no answer at all"
        finally:
            writer.close()
        return answered

    async def get(self, path: str = "/raw/a", method: str = "GET", *lines: str, body: bytes = b"") -> "Got":
        length = [f"Content-Length: {len(body)}"] if body else []
        head = "\r\n".join(
            [f"{method} {path} HTTP/1.1", "Host: a.example", "Connection: close", *length, *lines, "", ""]
        )
        return Got.of(await self.talk(head.encode("latin-1") + body))


def answers(octets: bytes) -> int:
    """How many final answers these are."""
    return len(re.findall(rb"(?m)^HTTP/1\.[01] [2-9]", octets))


@dataclass
class Got:
    status: int
    lines: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def of(cls, octets: bytes) -> "Got":
        head, _, body = octets.partition(b"\r\n\r\n")
        first, *rest = head.split(b"\r\n")
        lines = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in rest)]
        return cls(int(first.split(b" ")[1]), lines, body)

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.lines if key == name.encode()]

    def one(self, name: str) -> bytes | None:
        found = self.all(name)
        assert len(found) <= 1
        return found[0] if found else None


@asynccontextmanager
async def listening(answer: Answering | None = None, **options: Any) -> AsyncIterator[Door]:
    watched = Watched()
    pictures = Pictures(no_picture, watched, relay=Relay(answer) if answer else None, **options)
    listener = Listener(pictures.handle, "127.0.0.1", 0, None, 1.0)
    await listener.start()
    try:
        yield Door(listener.port, watched)
    finally:
        await listener.drain()
