"""Which original is wanted, what was found out about it, and the right to its bytes."""

from dataclasses import dataclass
from typing import Protocol

from cache.entry import FileSlice
from edge.exchange import Fields
from edge.freshness import judge as judging
from edge.freshness.judge import Window
from edge.originals.body import Kept, Live
from edge.originals.record import Record
from edge.origins.base import Origin
from edge.plan.facts import Facts
from edge.plan.work import Source


class OriginalChanged(Exception):
    """The bytes are no longer those of the record. The request starts again, once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which original, and what its route says about freshness. `recheck`: see edge.origins.base.Watched."""

    origin: Origin
    key: str
    window: Window
    recheck: float | None = None

    @property
    def name(self) -> str:
        return f"{self.origin.name}\0{self.key}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one question to an origin brought. `asked` is the origin's status, 0 when it was not asked."""

    record: Record
    kept: Kept | None = None
    asked: int = 0
    seconds: float = 0.0
    storable: bool = True


class Keeper(Protocol):
    """Who has the bytes."""

    async def body(self, wanted: Wanted, fetched: Fetched) -> bytes | FileSlice: ...

    async def changed(self, wanted: Wanted) -> OriginalChanged: ...


class Lease:
    """A record, and the right to that exact body."""

    def __init__(self, originals: Keeper, wanted: Wanted, fetched: Fetched) -> None:
        self._originals = originals
        self._wanted = wanted
        self._fetched = fetched

    @property
    def record(self) -> Record:
        return self._fetched.record

    @property
    def facts(self) -> Facts:
        assert self.record.facts is not None
        return self.record.facts

    @property
    def storable(self) -> bool:
        return self._fetched.storable

    @property
    def asked(self) -> int:
        return self._fetched.asked

    @property
    def seconds(self) -> float:
        return self._fetched.seconds

    async def body(self) -> bytes | FileSlice:
        """The bytes that the identity names. Whoever gets a FileSlice closes it."""
        return await self._originals.body(self._wanted, self._fetched)

    async def verify(self, body: bytes | FileSlice) -> None:
        """After a body was read: was it the record's to the end? Raises OriginalChanged. A file that was exchanged
        for another is no matter: what was opened was the old one."""
        if isinstance(body, Live) and not body.whole():
            raise await self._originals.changed(self._wanted)

    def downstream(self, now: float, expires: float | None) -> Fields:
        """Cache-Control and Age for what is made from it."""
        return judging.downstream(self.record.stored, self._wanted.window, now, expires)

    def seconds_left(self, now: float) -> float:
        return judging.lifetime(self.record.stored, self._wanted.window) - self.record.stored.now_aged(now)


def source_of(body: bytes | FileSlice, identity: str) -> Source:
    """A body as a worker wants it: inline while small, else by descriptor."""
    if isinstance(body, FileSlice):
        return Source(fd=body.fileno(), offset=body.offset, length=body.length, digest=identity)
    return Source(data=body, length=len(body), digest=identity)
