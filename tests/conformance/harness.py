"""A real edge in this process, in front of a real origin, with a clock that only the test moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from itertools import count
from pathlib import Path

from edge.app import Edge
from edge.settings import load
from tests import pictures
from tests.conformance.origin import Answer, Origin, Script
from tests.conformance.wire import Headers, Seen, exchange, lines_of, written

START = 1_800_000_000.0  # 15 January 2027
_ZERO = "{default: 0s, min: 0s, negative: 0s, stale_while_revalidate: 0s, stale_if_error: 0s}"
_WINDOW = "{default: 1h, min: 0s, negative: 10s, stale_while_revalidate: 60s, stale_if_error: 1d}"

YAML = """
server: {{listen: "127.0.0.1:0", shutdown_grace: 1s}}
admin: {{listen: "127.0.0.1:0"}}
cache: {{memory: 64MiB, disk: {disk}}}
imaging: {{workers: 1}}
limits: {{source_bytes: 1MiB}}
signing: {{keys: {{main: {{secret: "0123456789abcdef0123456789abcdef"}}}}}}
origins:
  o: {{type: http, url: "http://127.0.0.1:{port}/", allow_private: true, retries: 0, breaker: off}}
  g: {{type: http, url: "http://127.0.0.1:{port}/", allow_private: true, retries: 0, breaker: off, cache_groups: true}}
routes:
  - {{prefix: /groups/, origin: g, dialect: raw, freshness: {zero}}}
  - {{prefix: /plain/, origin: o, dialect: raw, set_cookie: store, freshness: {zero}}}
  - {{prefix: /window/, origin: o, dialect: raw, freshness: {window}}}
  - {{prefix: /strip/, origin: o, dialect: raw, set_cookie: strip, freshness: {zero}}}
  - {{prefix: /bypass/, origin: o, dialect: raw, set_cookie: bypass, freshness: {zero}}}
  - {{prefix: /honour/, origin: o, dialect: raw, client_cache_control: honour, freshness: {zero}}}
  - {{prefix: /revalidate/, origin: o, dialect: raw, client_cache_control: revalidate, freshness: {zero}}}
  - {{prefix: /p/, origin: o, hints: off, queryless: original, formats: [], freshness: {zero}}}
  - {{prefix: /auto/, origin: o, hints: off, formats: [webp], freshness: {zero}}}
  - {{prefix: /signed/, origin: o, hints: off, formats: [], signature: {{mode: required}}}}
  - {{prefix: /pw/, origin: o, hints: off, formats: [], freshness: {window}}}
"""


class Clock:
    """Unix seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds


_serial = count(1)


class Cached:
    """One test's view of the edge: its own paths, so that tests share an edge and never an answer."""

    def __init__(self, edge: Edge, origin: Origin, clock: Clock, folder: str = "") -> None:
        self.edge, self.origin, self.clock = edge, origin, clock
        self.folder = folder or f"/t{next(_serial)}"

    def at(self, path: str) -> str:
        """The path at the origin, without a query."""
        return self.folder + path.partition("?")[0]

    def url(self, path: str, route: str = "plain") -> str:
        return f"/{route}{self.folder}{path}"

    def date(self, seconds: float = 0.0) -> str:
        """An HTTP date this far from now."""
        return formatdate(self.clock() + seconds, usegmt=True)

    def says(self, path: str, *answers: Script) -> None:
        self.origin.says(self.at(path), *answers)

    async def get(
        self,
        path: str = "/a",
        answer: Answer | Headers | None = None,
        asks: Headers | None = None,
        *,
        route: str = "plain",
        method: str = "GET",
        content: bytes | None = None,
    ) -> Seen:
        """Ask the edge. `answer` is what the origin will say from now on if it is asked, as an Answer or only the
        fields of a 200; without it the origin says the same as before."""
        if answer is not None:
            self.says(path, answer if isinstance(answer, Answer) else Answer(answer))
        lines = [("Host", f"127.0.0.1:{self.edge.public.port}"), ("Connection", "close"), *lines_of(asks)]
        asked = self.origin.asked(self.at(path))
        before = len(asked)
        seen = await exchange(self.edge.public.port, written(method, self.url(path, route), lines, content))
        seen.asked = asked[before:]
        return seen

    async def reuses(
        self,
        answer: Answer | Headers,
        later: float = 0.0,
        asks: Headers | None = None,
        then: Headers | None = None,
        *,
        route: str = "plain",
    ) -> bool:
        """Ask twice for something new, so much later, the second time with the fields of `then` if there are any. Was
        the second answer the first one?"""
        path = f"/r{next(_serial)}"
        first = await self.get(path, answer, asks, route=route)
        assert not first.hit
        self.clock.tick(later)
        second = await self.get(path, asks=asks if then is None else then, route=route)
        assert second.hit == (second.body == first.body and second.status == first.status) or not second.body
        return second.hit

    async def raw(self, request: bytes) -> Seen:
        """Any bytes at all, to the public listener."""
        return await exchange(self.edge.public.port, request)

    async def admin(self, method: str, path: str, content: object = None) -> Seen:
        assert self.edge.admin is not None
        body = None if content is None else json.dumps(content).encode()
        lines = [("Host", "admin"), ("Content-Type", "application/json"), ("Connection", "close")]
        return await exchange(self.edge.admin.port, written(method, path, lines, body))

    async def purge(self, **what: object) -> int:
        """How many the edge says were purged."""
        seen = await self.admin("POST", "/purge", what)
        assert seen.status == 200, seen.text
        return int(seen.json["purged"])

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait, in real time, for what happens in the background."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def standing(origin: Origin, clock: Clock, disk: Path | None) -> AsyncIterator[Edge]:
    """An edge in front of this origin; its disk tier in this folder."""
    folder = "null" if disk is None else f'{{path: "{disk}", size: 200MiB}}'
    settings = load(YAML.format(port=origin.port, disk=folder, zero=_ZERO, window=_WINDOW))
    async with Edge(settings, clock=clock) as edge:
        yield edge


JPEG = pictures.photo(64, 48)
OTHER_JPEG = pictures.plain(80, 60, (10, 200, 30), "jpeg")


def picture(headers: Headers | None = None, body: bytes = JPEG) -> Answer:
    """A small photograph with these fields."""
    return Answer({"Content-Type": "image/jpeg", **(headers or {})}, 200, body)
