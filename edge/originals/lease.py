"""Which original is wanted, what was found out about it, and the right to its bytes."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from cache.entry import FileSlice
from edge.exchange import NO_FIELDS, Fields
from edge.freshness.directives import parse_directives
from edge.freshness.lifetime import seconds_left
from edge.freshness.policy import policy_of
from edge.freshness.said import NOTHING_SAID, Said
from edge.freshness.stored import Stored, Window
from edge.originals.body import Kept, Live
from edge.originals.record import Record, name_of, tag_of
from edge.originals.variants import fits, nominated
from edge.origins.base import Origin
from edge.plan.facts import Facts
from edge.plan.work import Source


class OriginalChanged(Exception):
    """The bytes are no longer those of the record. The request starts again, once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which original, and what its route says about freshness. `recheck`: see edge.origins.base.Watched. `asked` is
    what its origin hears of the client, `said` what the client asks of the cache; `sparing`: a validation that only
    the client wishes is made once a second at most. `groups`: RFC 9875 counts."""

    origin: Origin
    key: str
    window: Window
    recheck: float | None = None
    asked: Fields = NO_FIELDS
    said: Said = NOTHING_SAID
    sparing: bool = False
    groups: bool = False

    @property
    def name(self) -> str:
        return name_of(self.origin.name, self.key)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was found. `reason` is RFC 9211's for asking the origin, "" = it was not asked; `asked` the status that it
    answered, 0 = none came; `stored` whether that answer was kept. `storable`: may be kept and given to others.
    `overtaken`: a purge came while it was asked for. `detail` is the story's."""

    record: Record
    kept: Kept | None = None
    reason: str = ""
    asked: int = 0
    seconds: float = 0.0
    stored: bool = False
    storable: bool = True
    overtaken: bool = False
    collapsed: bool = False
    detail: str = ""

    @property
    def is_for_one(self) -> bool:
        """Are these bytes for the one who asked? A refusal has none."""
        return not self.storable and not self.overtaken and self.record.problem is None

    def suits(self, wanted: Wanted) -> bool:
        """May another who wanted this have it too?"""
        return not self.overtaken and not self.is_for_one and fits(self.record, wanted.asked)

    def shared(self, reason: str) -> "Fetched":
        """As one tells it who waited while another asked."""
        return replace(self, reason=reason, collapsed=True) if self.reason else self


@dataclass(frozen=True, slots=True)
class Brought:
    """A body, and where it was: in a `tier`, or the origin was `asked` for it (its status)."""

    body: bytes | FileSlice
    tier: str = ""
    asked: int = 0
    seconds: float = 0.0


class Keeper(Protocol):
    """Who has the bytes."""

    @property
    def generation(self) -> int: ...

    async def body(self, wanted: Wanted, fetched: Fetched) -> Brought: ...

    async def changed(self, wanted: Wanted) -> OriginalChanged: ...

    async def holds(self, record: Record, generation: int) -> bool: ...


class Lease:
    """A record, and the right to that exact body."""

    __slots__ = ("_fetched", "_generation", "_originals", "_wanted")

    def __init__(self, originals: Keeper, wanted: Wanted, fetched: Fetched) -> None:
        self._originals = originals
        self._wanted = wanted
        self._fetched = fetched
        self._generation = originals.generation

    @property
    def record(self) -> Record:
        return self._fetched.record

    @property
    def facts(self) -> Facts:
        assert self.record.facts is not None
        return self.record.facts

    @property
    def found(self) -> Fetched:
        """How it was come by."""
        return self._fetched

    @property
    def storable(self) -> bool:
        return self._fetched.storable

    @property
    def tag(self) -> str:
        """Of all that is made from it."""
        return tag_of(self.record.name)

    @property
    def vary(self) -> tuple[str, ...]:
        """The request fields that could have chosen another answer of its origin."""
        return nominated(self.record) if self.record.selecting else ()

    @property
    def no_transform(self) -> bool:
        """Does the origin forbid to change it (RFC 9110 §7.7)?"""
        return _no_transform(self.record.stored.fields)

    async def body(self) -> Brought:
        """The bytes that the identity names. Whoever gets a FileSlice closes it."""
        return await self._originals.body(self._wanted, self._fetched)

    async def verify(self, body: bytes | FileSlice) -> None:
        """After a body was read: was it the record's to the end? Raises OriginalChanged. A file that was exchanged
        for another is no matter: what was opened was the old one."""
        if isinstance(body, Live) and not body.whole():
            raise await self._originals.changed(self._wanted)

    async def holds(self) -> bool:
        """May what was made from it be kept: is it storable, and has no purge forgotten it meanwhile? Put it at once
        then, before anything is awaited."""
        return self.storable and await self._originals.holds(self.record, self._generation)

    @property
    def ruling(self) -> tuple[Stored, Window]:
        """What decides how long that which is made from it may live."""
        return self.record.stored, self._wanted.window

    def seconds_left(self, now: float) -> float:
        return seconds_left(self.record.stored, self._wanted.window, now)


@lru_cache(8192)  # by the fields' identity: the same record is asked at each hit
def _no_transform(fields: Fields) -> bool:
    """What is said to all holds here too, whatever a targeted field says."""
    return "no-transform" in parse_directives(fields.get("cache-control")) or "no-transform" in policy_of(fields)


def source_of(body: bytes | FileSlice, identity: str) -> Source:
    """A body as a worker wants it: inline while small, else by descriptor."""
    if isinstance(body, FileSlice):
        return Source(fd=body.fileno(), offset=body.offset, length=body.length, digest=identity)
    return Source(data=body, length=len(body), digest=identity)
