"""Servers of the tests: scripted ones that speak raw bytes, and what tests ask of an origin."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from edge.origins import client
from edge.origins.base import Ask, Origin
from edge.origins.client import Terms, Timeout
from edge.origins.guard import guarded_socket_factory
from edge.origins.http import Http

Script = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """What it was asked, request heads as text; and how many connections it took."""

    port: int = 0
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


Serve = Callable[[Script], Awaitable[Server]]
Reach = Callable[..., Http]


def answer(status: int, body: bytes = b"", *lines: str) -> bytes:
    head = [f"HTTP/1.1 {status} X", *lines]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def to(location: str, status: int = 302, *lines: str) -> bytes:
    return answer(status, b"moved", f"Location: {location}", *lines)


def always(reply: bytes) -> Script:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    return script


def by_turn(*replies: bytes | None) -> Script:
    """One reply for each request, the last one for all after it; None closes the connection instead."""
    waiting = list(replies)

    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if reply is None:
            writer.close()
        else:
            writer.write(reply)

    return script


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server that hands each request head to a script."""
    async with AsyncExitStack() as stack:

        async def start(script: Script) -> Server:
            server, writers = Server(), set[asyncio.StreamWriter]()

            async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                server.connections += 1
                writers.add(writer)
                try:
                    while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                        server.heads.append(head)
                        await script(head, writer)
                        await writer.drain()
                except (asyncio.IncompleteReadError, ConnectionError):
                    pass
                finally:
                    writer.close()

            listener = await asyncio.start_server(connected, "127.0.0.1", 0)
            server.port = listener.sockets[0].getsockname()[1]

            async def stop() -> None:
                listener.close()
                for writer in writers:
                    writer.transport.abort()
                for _ in range(3):
                    await asyncio.sleep(0)

            stack.push_async_callback(stop)
            return server

        yield start


@pytest_asyncio.fixture
async def reach() -> AsyncIterator[Reach]:
    """Make an origin that may reach this machine, unless told otherwise; closed at the end."""
    made: list[Http] = []

    def make(url: str, *, clock: Callable[[], float] = time.monotonic, **terms: Any) -> Http:
        usual: dict[str, Any] = {"allow_private": True, "ports": None, "timeout": Timeout(2, 2, 4)}
        made.append(Http("shop", url, Terms(**{**usual, **terms}), clock))
        return made[-1]

    yield make
    for origin in made:
        await origin.close()


async def fetched(origin: Origin, ask: Ask | str) -> tuple[int, bytes]:
    reply = await origin.fetch(Ask(ask) if isinstance(ask, str) else ask)
    try:
        return reply.status, b"".join([chunk async for chunk in reply.body()])
    finally:
        await reply.close()


def count_sockets(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every socket that a guarded factory really makes."""
    made: list[object] = []

    def factory(allow_private: bool) -> Any:
        make = guarded_socket_factory(allow_private)

        def counted(info: Any) -> socket.socket:
            opened = make(info)
            made.append(info)
            return opened

        return counted

    monkeypatch.setattr(client, "guarded_socket_factory", factory)
    return made
