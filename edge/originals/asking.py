"""One question to an origin, and what becomes of the answer: kept, or used once."""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Protocol

from cache.entry import FileSlice
from edge.errors import BadGateway, EdgeError, GatewayError, TooLarge, Unprocessable, UnsupportedPicture
from edge.exchange import NO_FIELDS, Fields
from edge.facts.sniff import NotAPicture, Unsure, examine
from edge.freshness.lifetime import seconds_left
from edge.freshness.merge304 import freshen, selects
from edge.freshness.storable import storable
from edge.freshness.stored import Stored, receive
from edge.freshness.tags import tags_of
from edge.freshness.validators import conditions
from edge.freshness.vary import varies_on_everything
from edge.originals.bodies import Bodies
from edge.originals.body import Kept, keep
from edge.originals.lease import Fetched, OriginalChanged, Wanted, source_of
from edge.originals.record import Record
from edge.originals.records import Asking, Records
from edge.originals.redirected import fields_of
from edge.originals.refusals import NO_PICTURE, Answered, refusal_of
from edge.originals.variants import apart, selecting
from edge.origins.base import Ask, OriginReply
from edge.plan.facts import Facts
from edge.plan.work import Source

_HOLD_DOWN: Final = (1.0, 5.0)  # seconds in which a failed origin is not asked again for the same name


class Observer(Protocol):
    """Hears how each question to an origin ended: `outcome` is a status, or error."""

    def origin_answered(self, origin: str, outcome: str, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be found out, and what is known already: all variants, and the one that would fit. `keep` False = the
    answer is for the one who asks."""

    wanted: Wanted
    known: tuple[Record, ...]
    record: Record | None
    reason: str = ""
    keep: bool = True

    @property
    def flight(self) -> str:
        """Who waits together: all, until an answer's Vary tells them apart."""
        name = self.wanted.name
        return f"{name}\0{apart(self.wanted.asked)}" if any(one.selecting for one in self.known) else name

    def because(self, reason: str) -> "Question":
        return replace(self, reason=reason)

    def knowing(self, known: tuple[Record, ...], record: Record | None) -> "Question":
        return replace(self, known=known, record=record)

    def after(self, other: Record) -> "Question":
        """The same, when what another brought did not suit."""
        return replace(self, known=(*self.known, other))

    def unkept(self) -> "Question":
        return replace(self, record=None, keep=False)

    def is_older_than(self, record: Record) -> bool:
        return self.record is None or record.stored.received > self.record.stored.received


class Failed(Exception):
    """The question brought nothing. `asked` is the status of what was answered, 0 = nothing was; it is not to be asked
    again for `hold` seconds."""

    def __init__(self, error: EdgeError, hold: float) -> None:
        super().__init__(error.sentence)
        self.error = error
        self.hold = hold
        self.asked = error.received if isinstance(error, GatewayError) else 0


class Asker:
    def __init__(
        self,
        records: Records,
        bodies: Bodies,
        probe: Callable[[Source], Awaitable[Facts]],
        observer: Observer,
        spool_folder: str | None,
        clock: Callable[[], float],
    ) -> None:
        self._records = records
        self._bodies = bodies
        self._probe = probe
        self._observer = observer
        self.spool_folder = spool_folder
        self._clock = clock

    async def ask(self, question: Question) -> Fetched:
        """Raises Failed; BadRequest for a key that the origin cannot hold."""
        began, wanted = time.perf_counter(), question.wanted
        try:
            with self._records.asking(wanted.name) as asking:
                fetched = await self._ask(question, asking)
        except GatewayError as error:
            raise Failed(error, random.uniform(*_HOLD_DOWN)) from error  # noqa: S311 - it is no secret
        except (TooLarge, Unprocessable, UnsupportedPicture) as error:
            # A worker's verdict is one of this hour and of this libvips, not of the original.
            raise Failed(error, wanted.window.negative) from error
        return replace(fetched, seconds=time.perf_counter() - began)

    async def _ask(self, question: Question, asking: Asking) -> Fetched:
        for offered in _offers(question.record):
            asked = self._clock()
            async with self._reply(question.wanted, offered) as reply:
                if reply.status != 304:
                    return await self._take(question, reply, asked, asking)
                fields = fields_of(reply, question.wanted.window, self._clock())
                if question.record is not None and offered and selects(question.record.stored.fields, fields):
                    stored = freshen(question.record.stored, fields, asked=asked, now=self._clock())
                    fetched = await self._keep(question, _filed(question.record, stored, question.wanted), None, asking)
                    return replace(fetched, asked=304) if question.wanted.recheck is None else _looked_at(fetched)
        raise Answered(304)

    @asynccontextmanager
    async def _reply(self, wanted: Wanted, offered: Fields) -> AsyncIterator[OriginReply]:
        began, outcome = time.perf_counter(), "error"
        try:
            reply = await wanted.origin.fetch(Ask(wanted.key, headers=Fields((*wanted.asked, *offered))))
            outcome = str(reply.status)
            try:
                yield reply
            finally:
                await reply.close()
        finally:
            self._observer.origin_answered(wanted.origin.name, outcome, time.perf_counter() - began)

    async def _take(self, question: Question, reply: OriginReply, asked: float, asking: Asking) -> Fetched:
        wanted, now = question.wanted, self._clock()
        problem = refusal_of(reply.status)
        if reply.status != 200 and problem is None:
            raise Answered(reply.status)
        stored = receive(reply.status, fields_of(reply, wanted.window, now), asked=asked, now=now)
        blank = _filed(Record(wanted.name, "", 0, stored, problem=problem), stored, wanted)
        if problem is not None:
            return await self._keep(question, blank, None, asking)
        kept = await keep(reply, self.spool_folder)
        if reply.length is not None and reply.length != kept.length:
            raise BadGateway("The origin's answer is not as long as it says", received=reply.status)
        record = await self._new(replace(blank, identity=kept.identity, length=kept.length), kept, wanted)
        return await self._keep(question, record, kept, asking)

    async def _new(self, record: Record, kept: Kept, wanted: Wanted) -> Record:
        """With the facts, and the generation of now; unless these very bytes are known, under whatever tag."""
        facts = next((one.facts for one in self._same(record) if one.facts), None)
        facts = facts or await self._examine(record, kept, wanted)
        known = next((one for one in self._same(record) if one.variant == record.variant), None)
        generation = self._records.generation if known is None else known.generation
        return replace(record, facts=facts, problem=None if facts else NO_PICTURE, generation=generation)

    def _same(self, record: Record) -> Iterator[Record]:
        return (one for one in self._records.peek(record.name) if one.identity == record.identity)

    async def _examine(self, record: Record, kept: Kept, wanted: Wanted) -> Facts | None:
        """Facts from the header, or from a worker when the header alone cannot tell; None = not a picture."""
        answer = examine(kept.begin, kept.length)
        if isinstance(answer, NotAPicture):
            return None
        if not isinstance(answer, Unsure):
            return answer
        body = kept.open()
        if body is None:
            found = await self._bodies.reopen(wanted, record)
            if found is None:
                raise OriginalChanged(record.name)
            body = found.body
        try:
            return await self._probe(source_of(body, record.identity))
        finally:
            if isinstance(body, FileSlice):
                body.close()

    # Keeping.

    async def _keep(self, question: Question, record: Record, kept: Kept | None, asking: Asking) -> Fetched:
        fields, status = record.stored.fields, record.stored.status
        fetched = Fetched(record, kept, question.reason, status)
        if not question.keep or varies_on_everything(fields) or not storable(status, fields):
            await self._let_go(question)
            return replace(fetched, storable=False)
        if not record.identity and any(one.identity for one in question.known):
            await self._records.forget(record.name)  # what the index knows must not come back with the next start
        if not self._put(question, record, kept, asking):
            return replace(fetched, storable=False, overtaken=True)
        return replace(fetched, stored=kept is not None or not record.identity)

    def _put(self, question: Question, record: Record, kept: Kept | None, asking: Asking) -> bool:
        """Records of a nearby origin are written when the bytes changed only: looking again costs less than a write."""
        old, watched = question.record, question.wanted.recheck is not None
        marked = old is not None and old.stored.expired is not None
        if not self._records.put(record, asking, durable=kept is not None or not watched or marked):
            return False
        if watched:
            return True
        if kept is not None:
            self._bodies.keep(record, kept)
        if old is not None and old.identity and old.body_key != record.body_key:
            self._bodies.forget(old)
        return True

    async def _let_go(self, question: Question) -> None:
        """What may not be stored takes the place of what is stale already, and of nothing that is fresh."""
        record, wanted = question.record, question.wanted
        if record is None or not question.keep:
            return
        if wanted.recheck is not None or seconds_left(record.stored, wanted.window, self._clock()) <= 0:
            await self._records.forget(wanted.name)
            self._bodies.forget(record)


def _looked_at(fetched: Fetched) -> Fetched:
    """Of a nearby origin, unchanged: a look is no question."""
    return replace(fetched, reason="", asked=0, stored=False)


def _offers(record: Record | None) -> tuple[Fields, ...]:
    """The conditions to ask under: the second when a 304 to the first speaks of nothing of ours."""
    offered = conditions(record.stored.fields) if record is not None and record.identity else NO_FIELDS
    return (offered, NO_FIELDS) if offered else (NO_FIELDS,)


def _filed(record: Record, stored: Stored, wanted: Wanted) -> Record:
    chosen_by = selecting(stored.fields, wanted.asked) or ()
    return replace(record, stored=stored, selecting=chosen_by, tags=tags_of(stored.fields, groups=wanted.groups))
