"""An origin in memory, for tests: it counts, answers conditionals, and fails, stalls or changes when told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256

from edge.errors import EdgeError
from edge.exchange import Fields
from edge.origins.base import Ask
from edge.origins.conditional import not_modified, seconds_of
from edge.origins.replies import HeldReply, method_not_allowed, no_such_original, too_large


class FakeOrigin:
    """`originals` maps keys to (bytes, headers). `asked` holds every ask in its order.

    `failure` is raised by every fetch while it is set, `body_failure` by every body after its first half. A fetch
    waits until `gate` is set. `status` replaces 200 (for answers such as 503) while it is not 200.
    """

    def __init__(
        self,
        originals: Mapping[str, tuple[bytes, Mapping[str, str]]] | None = None,
        name: str = "fake",
        max_bytes: int = 1 << 30,
    ) -> None:
        self.name = name
        self.asked: list[Ask] = []
        self.closed = False
        self.status = 200
        self.delay = 0.0
        self.failure: EdgeError | None = None
        self.body_failure: EdgeError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._max_bytes = max_bytes
        self._originals: dict[str, tuple[bytes, Fields]] = {}
        for key, (body, headers) in (originals or {}).items():
            self.put(key, body, headers)

    def put(self, key: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """New or changed. Without an ETag of yours it gets a strong one; "ETag": "" means none at all."""
        fields = Fields((headers or {}).items())
        if "etag" not in fields:
            fields = fields.having("ETag", f'"{sha256(body).hexdigest()[:16]}"')
        self._originals[key] = (body, Fields(line for line in fields if line != ("etag", "")))

    def remove(self, key: str) -> None:
        del self._originals[key]

    def fetches(self, key: str | None = None) -> int:
        """How often it was asked for this key, or at all."""
        return sum(key is None or ask.key == key for ask in self.asked)

    async def fetch(self, ask: Ask) -> "FakeReply":
        self.asked.append(ask)
        await self.gate.wait()
        await asyncio.sleep(self.delay)
        if self.failure is not None:
            raise self.failure
        return self._answer(ask)

    def _answer(self, ask: Ask) -> "FakeReply":
        if ask.method not in ("GET", "HEAD"):
            return FakeReply(method_not_allowed())
        if ask.key not in self._originals:
            return FakeReply(no_such_original())
        body, headers = self._originals[ask.key]
        if self.status == 200 and not_modified(
            ask.headers, headers.get("etag") or "", seconds_of(headers.get("last-modified"))
        ):
            return FakeReply(HeldReply(304, headers))
        if len(body) > self._max_bytes:
            raise too_large(self._max_bytes)
        return FakeReply(HeldReply(self.status, headers, body), self.body_failure)

    async def close(self) -> None:
        self.closed = True

    def __repr__(self) -> str:
        return f"FakeOrigin({self.name!r}, {len(self._originals)} originals, {len(self.asked)} fetches)"


class WatchedFake(FakeOrigin):
    """As near as a folder."""

    recheck = 1.0


class FakeReply:
    """Hands its body out in two halves, so that readers meet more than one chunk."""

    def __init__(self, held: HeldReply, failure: EdgeError | None = None) -> None:
        self.status = held.status
        self.headers = held.headers
        self.fd = -1
        self.length = held.length
        self.closed = False
        self._held = held
        self._failure = failure

    async def body(self) -> AsyncIterator[bytes]:
        async for body in self._held.body():
            middle = (len(body) + 1) // 2
            yield body[:middle]
            if self._failure is not None:
                raise self._failure
            if middle < len(body):
                yield body[middle:]

    async def close(self) -> None:
        self.closed = True

    def __repr__(self) -> str:
        return f"FakeReply({self.status}, {self.length} bytes)"
