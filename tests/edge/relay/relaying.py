"""An edge of raw routes for tests: an origin that answers as it is told to, and a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cache.fake import FakeDisk, FakeIndex
from cache.flight import Lock
from cache.memory import Memory
from cache.tiered import Tiered
from edge.errors import EdgeError
from edge.exchange import Fields, RawRequest, Reply, StreamBody
from edge.freshness.dates import print_date
from edge.freshness.judge import Window
from edge.freshness.validators import weak_match
from edge.originals.purge import NoPeers, Purger
from edge.originals.record import name_of
from edge.originals.records import Records
from edge.origins.base import Ask, Origin
from edge.relay.relay import RawRoute, Relay
from edge.routing.access import Access
from edge.routing.prefixes import RouteMap

START = 1_700_000_000.0
STRICT = Window(default=0, negative=0, stale_while_revalidate=0, stale_if_error=0)


@dataclass
class Said:
    """What an origin answers. `gates`: an event before each chunk. `length`: as declared, -1 = the truth."""

    body: bytes | Sequence[bytes] = b"body"
    fields: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    length: int | None = -1
    gates: Sequence[asyncio.Event] = ()
    failure: EdgeError | None = None
    interims: Sequence[tuple[int, Fields]] = ()

    @property
    def chunks(self) -> Sequence[bytes]:
        return (self.body,) if isinstance(self.body, bytes) else self.body


class SpokenReply:
    def __init__(self, origin: "SpokenOrigin", said: Said, status: int, fields: Fields) -> None:
        self.status = status
        self.headers = fields
        self.fd = -1
        whole = sum(map(len, said.chunks))
        self.length = (0 if status in (204, 304) else whole) if said.length == -1 else said.length
        self._origin = origin
        self._said = said

    async def body(self) -> AsyncIterator[bytes]:
        if self.status in (204, 304):
            return
        for number, chunk in enumerate(self._said.chunks):
            if number < len(self._said.gates):
                await self._said.gates[number].wait()
            self._origin.sent += len(chunk)
            yield chunk
        if self._said.failure is not None:
            raise self._said.failure

    async def close(self) -> None:
        self._origin.open -= 1


class SpokenOrigin:
    """Answers what `answers` holds for the key (a Said, or a function of the Ask), with a Date and conditionals
    evaluated. `failure` is raised while it is set; a fetch waits for `gate`."""

    def __init__(self, clock: Callable[[], float], name: str = "spoken") -> None:
        self.name = name
        self.answers: dict[str, Said | Callable[[Ask], Said]] = {}
        self.asked: list[Ask] = []
        self.contents: list[bytes] = []
        self.failure: EdgeError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.sent = 0
        self.open = 0
        self._clock = clock

    async def fetch(self, ask: Ask) -> SpokenReply:
        self.asked.append(ask)
        self.contents.append(
            ask.content if isinstance(ask.content, bytes) else b"".join([chunk async for chunk in ask.content])
        )
        said = self.answers.get(ask.key, Said(b"none", status=404))
        said = said if isinstance(said, Said) else said(ask)
        for interim in said.interims:
            if ask.interim:
                ask.interim(*interim)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        fields = Fields(said.fields.items())
        if "date" not in fields:
            fields = fields.having("date", print_date(int(self._clock())))
        self.open += 1
        same = said.status == 200 and weak_match(ask.headers.get("if-none-match"), fields.get("etag") or "\0")
        return SpokenReply(self, said, 304 if same else said.status, fields)

    async def close(self) -> None:
        return


class Watching:
    """An observer."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def origin_answered(self, origin: str, outcome: str, seconds: float) -> None:
        self.told.append((origin, outcome))


class World:
    """`route` and `relay` are keywords for RawRoute and Relay."""

    def __init__(
        self,
        window: Window = STRICT,
        route: Mapping[str, Any] | None = None,
        lock: Lock | None = None,
        beside: "World | None" = None,
        access: Access | None = None,
        origin: Origin | None = None,
        **relay: Any,
    ) -> None:
        self.now = START
        self.index: FakeIndex = beside.index if beside else FakeIndex()
        self.disk: FakeDisk = beside.disk if beside else FakeDisk()
        self.records = Records(self.index, self.clock)
        self.cache = Tiered(Memory(1 << 24), self.disk, clock=self.clock)
        self.origin: SpokenOrigin = beside.origin if beside else SpokenOrigin(self.clock)
        self.purger = Purger(self.records, self.index, self.cache, NoPeers(), self.clock)
        self.watching = Watching()
        self.route = RawRoute("/", origin or self.origin, access or Access(), window, **(route or {}))
        self.relay = Relay(
            RouteMap([self.route]),
            self.records,
            self.cache,
            self.purger.purge,
            self.watching,
            clock=self.clock,
            lock=lock,
            **relay,
        )

    def clock(self) -> float:
        return self.now

    def says(self, key: str, body: bytes | Sequence[bytes] = b"body", status: int = 200, **fields: str) -> Said:
        """`cache_control="max-age=9"` is a field."""
        said = Said(body, {name.replace("_", "-"): value for name, value in fields.items()}, status)
        self.origin.answers[key] = said
        return said

    async def ask(self, target: str, method: str = "GET", content: bytes | None = None, **fields: str) -> Reply:
        path, _, query = target.partition("?")
        lines = Fields((name.replace("_", "-"), value) for name, value in fields.items())
        given = None if content is None else _once(content)
        length = None if content is None else len(content)
        request = RawRequest(method, path, query, "edge.example", lines, content=given, content_length=length)
        return await self.relay.respond(request)

    async def get(self, target: str, method: str = "GET", **fields: str) -> "Told":
        """Asked, and read to its end."""
        return await read(await self.ask(target, method, None, **fields))

    def name(self, key: str, query: str = "") -> str:
        return name_of(self.origin.name, key, query)

    @property
    def asked(self) -> int:
        return len(self.origin.asked)

    async def settle(self) -> None:
        """Let all that can go on without anyone's help do so."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def close(self) -> None:
        await self.relay.close()
        await self.cache.close()


@dataclass(frozen=True)
class Told:
    status: int
    fields: Fields
    body: bytes
    story: Any

    @property
    def way(self) -> str:
        """hit:mem, stale, uri-miss …"""
        return f"hit:{self.story.tier}" if self.story.tier else self.story.fwd


async def read(reply: Reply) -> Told:
    return Told(reply.status, reply.headers, await drained(reply), reply.story)


async def drained(reply: Reply) -> bytes:
    body = reply.body
    if isinstance(body, bytes):
        return body
    if isinstance(body, StreamBody):
        try:
            return b"".join([chunk async for chunk in body.chunks()])
        finally:
            await body.aclose()
    try:
        return body.read()  # type: ignore[attr-defined,no-any-return] # a FileSlice
    finally:
        body.close()


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


__all__ = ["START", "STRICT", "Said", "SpokenOrigin", "Told", "World", "drained", "read", "replace"]
