"""One question of a raw route to its origin, from the lock to the store.

Theory of operation. As soon as the head of the answer is there it is settled what it is: a confirmation of what is
stored, a failure that the stored answer covers, or a new answer, whose body then comes in through the fetch's spool.
Only a whole body of the declared length is stored, and only when no purge came since the question was asked.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from cache.entry import Entry, FileSlice
from cache.flight import Lock
from cache.tiered import Tiered
from edge.errors import BadGateway, EdgeError, GatewayError
from edge.exchange import Fields
from edge.freshness.judge import Stored, Verdict, freshen, may_serve_stale, receive
from edge.freshness.merge304 import head_freshen, selected
from edge.freshness.storable import forbidden
from edge.freshness.tags import tags_of
from edge.freshness.vary import selecting_of
from edge.originals.asking import Observer
from edge.originals.record import Record, tag_of
from edge.originals.records import Asking, Records
from edge.originals.selection import Selection
from edge.origins.base import Ask, OriginReply
from edge.relay.fetch import Arrived, Fetch, Known
from edge.relay.inquiry import Inquiry, Question, decide, fits, lacking, may_keep, question_of
from edge.relay.spool import Deserted
from edge.relay.writes import selections_of
from edge.routing.prefixes import Placed, RouteMap

_FAILURES: Final = frozenset({500, 502, 503, 504})  # RFC 5861 §4
_BODILESS: Final = frozenset({204, 304})
_SHORT: Final = "The origin's answer is not as long as it said"

log = logging.getLogger("edge.relay")


@dataclass(frozen=True, slots=True)
class Means:
    """What errands work with. `most_bytes`: of a body that is stored. `patience`: seconds to wait for the lock."""

    routes: RouteMap[Placed]
    records: Records
    cache: Tiered
    purge: Callable[[Sequence[Selection]], Awaitable[int]]
    observer: Observer
    clock: Callable[[], float]
    most_bytes: int
    lock: Lock | None
    patience: float


@dataclass(frozen=True, slots=True)
class Ties:
    """Who hears of an errand. `failed` is told why the origin gave no answer, `over` that nobody may join any more;
    `later` runs work in the background."""

    failed: Callable[[EdgeError], None]
    over: Callable[[], None]
    later: Callable[[Coroutine[Any, Any, object]], None]


class Errand:
    def __init__(self, means: Means, fetch: Fetch, inquiry: Inquiry, question: Question, ties: Ties) -> None:
        self._means = means
        self._fetch = fetch
        self._inquiry = inquiry
        self._question = question
        self._ties = ties
        self._locked = AsyncExitStack()
        self._asked = 0.0
        self._seconds = 0.0

    @property
    def _asking(self) -> Asking:
        assert self._fetch.asking is not None
        return self._fetch.asking

    async def run(self) -> None:
        try:
            with self._means.records.asking(self._inquiry.name) as self._fetch.asking:
                async with self._locked:
                    await self._carry()
        except Deserted:
            pass
        except EdgeError as error:
            self._fetch.fail(error)
        except Exception:
            log.exception("an answer of %s could not be passed on", self._inquiry.route.origin.name)
            self._fetch.fail(BadGateway("The answer could not be passed on"))

    async def _carry(self) -> None:
        if self._means.lock is not None and self._question.shared:
            await self._hold(self._means.lock)
            known = await self._meanwhile()
            if known is not None:
                return self._fetch.settle(known)
        try:
            async with self._answer() as reply:
                again = await self._settle(reply)
            if again:
                self._question = self._question.plainly()
                async with self._answer() as reply:
                    await self._settle(reply)
        except GatewayError as error:
            if self._fetch.head.done():
                raise
            if error.disconnected and self._inquiry.reads:  # what breaks a write may be the write
                self._ties.failed(error)
            self._fetch.settle(self._fallen_back(error))

    # The lock among processes.

    async def _hold(self, lock: Lock) -> None:
        """No longer than a reader would wait: then it is asked without."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._means.patience):
                await self._locked.enter_async_context(lock.held(self._inquiry.tag))

    async def _meanwhile(self) -> Known | None:
        """What another process has brought. The question is put anew in the light of it."""
        known = await self._means.records.refind(self._inquiry.name)
        decision = decide(self._inquiry, known, self._means.clock())
        if decision.verdict is Verdict.FRESH and decision.record is not None:
            return Known(decision.record) if await self._whole(decision.record) else None
        if decision.known:
            self._question = question_of(self._inquiry, decision)
        return None

    async def _whole(self, record: Record) -> bool:
        """Is its body there too? If it was evicted, the whole is what is to be asked for."""
        if not record.length:
            return True
        hit = await self._means.cache.get(record.body_key)
        if hit is not None:
            hit.entry.close()
        return hit is not None

    async def _release(self) -> None:
        self._ties.over()
        await self._locked.aclose()

    # The origin.

    @asynccontextmanager
    async def _answer(self) -> AsyncIterator[OriginReply]:
        origin = self._inquiry.route.origin
        began, self._asked, outcome = time.perf_counter(), self._means.clock(), "error"
        try:
            reply = await origin.fetch(self._ask())
            outcome = str(reply.status)
        finally:
            self._seconds = time.perf_counter() - began
            self._means.observer.origin_answered(origin.name, outcome, self._seconds)
        try:
            yield reply
        finally:
            await reply.close()

    def _ask(self) -> Ask:
        """Content of a GET goes nowhere: it could shape an answer that is kept for those who sent none."""
        inquiry, request = self._inquiry, self._inquiry.request
        sends = request.content is not None and not inquiry.reads
        return Ask(
            inquiry.key,
            inquiry.query,
            self._question.fields,
            self._question.method,
            request.content if sends and request.content is not None else b"",
            request.content_length if sends else None,
            verbatim=True,
            interim=None if request.interim is None else self._hint,
        )

    def _hint(self, status: int, fields: Fields) -> None:
        """An interim answer, for the one whose question this is. That it does not arrive is nobody else's loss."""
        interim = self._inquiry.request.interim
        if interim is None or not self._fetch.spool.seats:
            return
        try:
            interim(status, fields)
        except Exception:
            log.debug("an interim answer could not be handed on", exc_info=True)

    async def _settle(self, reply: OriginReply) -> bool:
        """True when it must be asked again, without conditions: the 304 speaks of nothing that is stored."""
        fields = self._inquiry.route.dressed(reply.headers)
        if reply.status == 304 and self._question.offered:
            known = await self._confirmed(self._inquiry.route.shared(fields))
            if known is None:
                return True
            self._fetch.settle(known)
        elif self._covered(reply.status):
            self._ties.failed(BadGateway(f"The origin answered {reply.status}"))
            assert self._question.fallback is not None
            self._fetch.settle(Known(self._question.fallback, reply.status, "stale-if-error"))
        else:
            await self._arrive(reply, fields)
        return False

    def _covered(self, status: int) -> bool:
        """Is it a failure in whose place the stored answer may be served?"""
        record, now = self._question.fallback, self._means.clock()
        if status not in _FAILURES or record is None:
            return False
        return may_serve_stale(record.stored, self._inquiry.route.window, now)

    def _fallen_back(self, error: EdgeError) -> Known:
        record = lacking(self._question.fallback, self._inquiry.route.window, self._means.clock(), error)
        return Known(record, 0, "stale-if-error")

    # What is stored is confirmed.

    async def _confirmed(self, fields: Fields) -> Known | None:
        """None when it speaks of nothing that may be used. What is for one alone from now on is kept no longer."""
        offered = self._question.offered
        chosen = [offered[index] for index in selected([one.stored.fields for one in offered], fields)]
        if any(forbidden(one.stored.status, self._renewed(one, fields).fields) for one in chosen):
            await self._means.purge([Selection("name", self._inquiry.name)])
            return None
        fresh = [self._freshened(record, fields) for record in chosen]
        best = max(fresh, key=lambda one: one.stored.date(), default=None)
        return None if best is None else Known(await self._adopted(best), 304)

    def _renewed(self, record: Record, fields: Fields) -> Stored:
        return freshen(record.stored, fields, asked=self._asked, now=self._means.clock())

    def _freshened(self, record: Record, fields: Fields) -> Record:
        stored = self._renewed(record, fields)
        return self._put(replace(record, stored=stored, tags=self._tags(stored.fields)))

    def _put(self, record: Record) -> Record:
        self._means.records.put(record, self._asking)
        return record

    async def _adopted(self, record: Record) -> Record:
        """A confirmed answer that was stored for other requests is this one's variant too from now on."""
        request = self._inquiry.request.headers
        selecting = selecting_of(record.stored.fields, request)
        if selecting is None or fits(record.stored.fields, record.selecting, request):
            return record
        hit = await self._means.cache.get(record.body_key) if record.length else None
        own = replace(record, selecting=selecting)
        if hit is not None:
            with closing(hit.entry):
                self._keep_body(own, hit.entry.body)
        return self._put(own)

    def _tags(self, fields: Fields) -> tuple[str, ...]:
        return tags_of(fields, groups=self._inquiry.route.groups)

    # A new answer.

    async def _arrive(self, reply: OriginReply, fields: Fields) -> None:
        stored = receive(reply.status, fields, asked=self._asked, now=self._means.clock())
        bodiless = reply.status in _BODILESS or self._question.method == "HEAD"
        kept = may_keep(self._inquiry, self._question, stored) and (reply.length or 0) <= self._means.most_bytes
        arrived = Arrived(
            stored,
            selecting_of(fields, self._inquiry.request.headers) or (),
            kept,
            0 if bodiless else reply.length,
            bodiless,
            self._seconds,
        )
        await self._consequences(stored)
        self._fetch.spool.most = self._means.most_bytes if kept else 0
        self._fetch.tags = self._tags(stored.fields)
        # What a write's own answer brings is not overtaken by what the write made old.
        with self._means.records.asking(self._inquiry.name) as own:
            self._fetch.settle(arrived)
            if not kept:
                await self._release()
            if kept or self._fetch.spool.seats:
                await self._take(reply, arrived, own if self._question.method == "POST" else self._asking)

    async def _consequences(self, stored: Stored) -> None:
        """Done before anyone hears of the answer: whoever wrote reads what was written."""
        written = selections_of(self._inquiry, self._means.routes, stored.status, stored.fields)
        if written:
            await self._means.purge(written)
        record = self._question.fallback
        about = self._question.method == "HEAD" and "authorization" not in self._question.fields
        if about and record is not None and stored.status == record.stored.status == 200:
            await self._compared(record, stored.fields)

    async def _compared(self, record: Record, fields: Fields) -> None:
        """A HEAD tells whether the stored answer to GET is still what it was (RFC 9111 §4.3.5)."""
        now, told = self._means.clock(), self._inquiry.route.shared(fields)
        fresh = head_freshen(record.stored, told, asked=self._asked, now=now, length=record.length)
        if fresh is None or forbidden(fresh.status, fresh.fields):
            await self._means.purge([Selection("name", record.name)])
        else:
            self._put(replace(record, stored=fresh, tags=self._tags(fresh.fields)))

    async def _take(self, reply: OriginReply, arrived: Arrived, asking: Asking) -> None:
        spool = self._fetch.spool
        if not arrived.bodiless:
            async with _closing(reply.body()) as chunks:
                async for chunk in chunks:
                    await spool.feed(chunk)
            if arrived.length is not None and spool.length != arrived.length:
                raise BadGateway(_SHORT, error="http_response_incomplete", disconnected=True)
        if arrived.kept and not spool.passing:
            await self._keep(arrived, asking)
        spool.finish()

    async def _keep(self, arrived: Arrived, asking: Asking) -> None:
        spool, name = self._fetch.spool, self._inquiry.name
        record = Record(
            name,
            spool.identity,
            spool.length,
            arrived.stored,
            generation=self._means.records.generation,
            selecting=arrived.selecting,
            tags=self._fetch.tags or (),
        )
        body = await self._content()
        try:
            if not asking.overtaken(record.tags):
                self._replace(record, body, asking)
        finally:
            if isinstance(body, FileSlice):
                body.close()

    async def _content(self) -> bytes | FileSlice:
        """Only a disk can keep a file."""
        body = self._fetch.spool.body()
        if isinstance(body, bytes) or self._means.cache.has_disk:
            return body
        with closing(body):
            return await asyncio.to_thread(body.read)

    def _replace(self, record: Record, body: bytes | FileSlice, asking: Asking) -> None:
        known = self._means.records.peek(record.name)
        self._keep_body(record, body)
        self._means.records.put(record, asking)
        for old in known:
            if old.variant == record.variant and old.body_key != record.body_key:
                self._ties.later(self._means.cache.forget(old.body_key))

    def _keep_body(self, record: Record, body: bytes | FileSlice) -> None:
        if record.length:
            tags = (tag_of(record.name),)
            self._means.cache.put_behind(record.body_key, Entry(body, stored_at=self._means.clock(), tags=tags))


@asynccontextmanager
async def _closing(chunks: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """A generator that is left before its end goes on holding what it reads until someone closes it."""
    try:
        yield chunks
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
