"""THE SPINE for originals: lookup, judge, ask, keep, serve stale.

Theory of operation. A pure judge says what a stored record is good for now; `_lease` does what the verdict asks for.
All that ask at once about one name share one question to its origin. A lease is opened by identity: whoever holds one
reads exactly the bytes that the record's digest names, or gets OriginalChanged and starts again, so new pixels can
never come under an old key. What may not be kept (no-store, private) is a lease with its own body: used once, never
put into the cache, never given to another request.
"""

import asyncio
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Protocol

from cache.entry import Entry, FileSlice
from cache.flight import Flight
from cache.lapse import Lapsing
from cache.tiered import Tiered
from edge.errors import (
    BadGateway,
    EdgeError,
    Forbidden,
    GatewayTimeout,
    NotFound,
    TooLarge,
    Unprocessable,
    UnsupportedPicture,
)
from edge.exchange import NO_FIELDS, Fields
from edge.facts.sniff import NeedMore, NotAPicture, Unsure, sniff
from edge.freshness import judge as judging
from edge.freshness.judge import Stored, Verdict
from edge.freshness.validators import conditions
from edge.originals.body import NEAR, Kept, Live, digest_of, keep
from edge.originals.lease import Fetched, Lease, OriginalChanged, Wanted, source_of
from edge.originals.record import Problem, Record, key_of, parse_record, print_record
from edge.origins.base import Ask, OriginReply, Redirected
from edge.plan.facts import Facts
from edge.plan.work import Source

log = logging.getLogger("edge.originals")

_HOLD_DOWN = 1.0  # seconds in which a failed origin is not asked again for the same name
_RECORDS = 50_000  # about 1 KiB each; older ones are found on disk
_ABSENT = 4_096  # names without an original: anyone can think of any number of them, 8 KiB long
_HEAD = 64 << 10


class Observer(Protocol):
    def origin_answered(self, origin: str, outcome: str, seconds: float) -> None: ...


class Originals:
    """All originals of all origins. `probe` asks a worker for the facts that a header sniffer cannot settle."""

    def __init__(
        self,
        cache: Tiered,
        probe: Callable[[Source], Awaitable[Facts]],
        observer: Observer,
        *,
        spool_folder: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cache = cache
        self._probe = probe
        self._observer = observer
        self._spool_folder = spool_folder
        self._clock = clock
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._reviving: set[str] = set()
        self._absent: OrderedDict[str, Record] = OrderedDict()
        self._held: Lapsing[str, EdgeError] = Lapsing(10_000)
        self._flight = Flight()
        self._background: set[asyncio.Task[object]] = set()

    async def acquire(self, wanted: Sequence[Wanted]) -> tuple[Lease, ...]:
        """A lease on each. Raises NotFound, UnsupportedPicture, Unprocessable, TooLarge, BadGateway, GatewayTimeout."""
        return tuple([await self._lease(one) for one in wanted])

    async def close(self) -> None:
        """Wait for what was begun in the background; a revalidation that takes longer is given up."""
        if self._background:
            _, late = await asyncio.wait(self._background, timeout=1)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"Originals({len(self._records)} records, {len(self._flight)} under way, {len(self._held)} held down)"

    # Judge, then do.

    async def _lease(self, wanted: Wanted) -> Lease:
        name = wanted.name
        record = self._records.get(name) or self._absent.get(name) or await self._recall(name)
        verdict = judging.judge(record.stored if record else None, wanted.window, self._clock(), wanted.recheck)
        if record is not None and verdict is Verdict.FRESH:
            fetched = Fetched(record)
        elif record is not None and verdict is Verdict.STALE_SERVE_AND_REVALIDATE:
            self._revive(wanted, record)
            fetched = Fetched(record)
        else:
            fetched = await self._refresh(wanted, record)
        problem = fetched.record.problem
        if problem is not None:
            fields = judging.refusal(fetched.record.stored, wanted.window, self._clock())
            raise problem.error(fields if fetched.storable else NO_FIELDS)
        return Lease(self, wanted, fetched)

    async def _refresh(self, wanted: Wanted, record: Record | None) -> Fetched:
        """One question for all who ask now; but what may not be shared each must fetch alone."""
        held = self._held.get(wanted.name)
        if held is not None:
            return self._stale_or_raise(wanted, record, copy(held))
        landed = await self._flight.join(wanted.name, partial(self._ask, wanted, record))
        if landed.collapsed and not landed.value.storable and landed.value.record.problem is None:
            return await self._ask(wanted, record)
        return landed.value

    def _revive(self, wanted: Wanted, record: Record) -> None:
        """Ask in the background, once for all who are served the old answer meanwhile."""
        name = wanted.name
        if name in self._reviving or self._held.get(name) is not None:
            return
        self._reviving.add(name)
        task = self._later(self._flight.join(name, partial(self._ask, wanted, record)))
        task.add_done_callback(lambda _: self._reviving.discard(name))

    async def _ask(self, wanted: Wanted, record: Record | None) -> Fetched:
        began, asked = time.perf_counter(), self._clock()
        known = record is not None and bool(record.identity)
        headers = conditions(record.stored.fields) if record is not None and known else NO_FIELDS
        outcome = "error"
        try:
            reply = await wanted.origin.fetch(Ask(wanted.key, headers=headers))
            outcome = str(reply.status)
            try:
                fetched = await self._take(wanted, record if known else None, reply, asked)
            finally:
                await reply.close()
        except (BadGateway, GatewayTimeout, TooLarge) as error:
            too_large = isinstance(error, TooLarge)
            self._held.put(wanted.name, copy(error), wanted.window.negative if too_large else _HOLD_DOWN)
            return self._stale_or_raise(wanted, record, error)
        except (Unprocessable, UnsupportedPicture) as error:
            # A worker's verdict is one of this hour and of this libvips, not of the original.
            self._held.put(wanted.name, copy(error), wanted.window.negative)
            raise
        finally:
            took = time.perf_counter() - began
            self._observer.origin_answered(wanted.origin.name, outcome, took)
        return Fetched(fetched.record, fetched.kept, reply.status, took, fetched.storable)

    def _stale_or_raise(self, wanted: Wanted, record: Record | None, error: EdgeError) -> Fetched:
        if record is not None and judging.may_serve_stale(record.stored, wanted.window, self._clock()):
            return Fetched(record)
        raise error

    # What the origin said.

    async def _take(self, wanted: Wanted, record: Record | None, reply: OriginReply, asked: float) -> Fetched:
        fields = _fields(reply)
        if reply.status == 304 and record is not None:
            stored = judging.freshen(record.stored, fields, asked=asked, now=self._clock())
            return self._remember(wanted, record.freshened(stored), None)
        if reply.status == 200:
            kept = await keep(reply, self._spool_folder)
            stored = judging.receive(200, fields, asked=asked, now=self._clock())
            return self._remember(wanted, await self._new_record(wanted, kept, stored), kept)
        if reply.status in _REFUSALS:
            stored = judging.receive(reply.status, fields, asked=asked, now=self._clock())
            return self._remember(wanted, Record(wanted.name, "", 0, stored, problem=_REFUSALS[reply.status]), None)
        raise BadGateway(f"The origin answered {reply.status}")

    async def _new_record(self, wanted: Wanted, kept: Kept, stored: Stored) -> Record:
        record = Record(wanted.name, kept.identity, kept.length, stored)
        facts = await self._examine(wanted, record, kept)
        if facts is None:
            return replace(record, problem=_NO_PICTURE)
        return replace(record, facts=facts)

    async def _examine(self, wanted: Wanted, record: Record, kept: Kept) -> Facts | None:
        """Facts from the header, or from a worker when the header alone cannot tell; None = not a picture."""
        answer = sniff(kept.begin(_HEAD), kept.length)
        while isinstance(answer, NeedMore):
            head = kept.begin(answer.bytes)
            answer = sniff(head, len(head) if len(head) < answer.bytes else kept.length)
        if isinstance(answer, NotAPicture):
            return None
        if not isinstance(answer, Unsure):
            return answer
        body = await self.body(wanted, Fetched(record, kept))
        try:
            return await self._probe(source_of(body, record.identity))
        finally:
            if isinstance(body, FileSlice):
                body.close()

    # Keeping and finding.

    def _remember(self, wanted: Wanted, record: Record, kept: Kept | None) -> Fetched:
        self._absent.pop(wanted.name, None)
        old = self._records.pop(wanted.name, None)
        if not judging.storable(record.stored.status, record.stored.fields):
            self._forget(_record_key(wanted.name))
            return Fetched(record, kept, storable=False)
        self._hold(record)
        if not record.identity:
            self._bereave(wanted, old)
        self._persist(wanted, record, kept, old)
        return Fetched(record, kept)

    def _hold(self, record: Record) -> None:
        table, most = (self._records, _RECORDS) if record.identity else (self._absent, _ABSENT)
        table[record.name] = record
        while len(table) > most:
            table.popitem(last=False)

    def _bereave(self, wanted: Wanted, old: Record | None) -> None:
        """The original is gone: what the disk knows of it must not come back with the next start."""
        if old is not None:
            self._forget(_record_key(wanted.name))
            self._forget(_body_key(old))

    def _persist(self, wanted: Wanted, record: Record, kept: Kept | None, old: Record | None) -> None:
        """Records of a nearby origin are written when the bytes changed only: looking again costs less than a write."""
        watched = wanted.recheck is not None
        if kept is None and (watched or not record.identity):
            return
        now = self._clock()
        self._cache.put_behind(_record_key(wanted.name), Entry(print_record(record), stored_at=now))
        if kept is None or watched:
            return
        self._keep_body(record, kept.open(), now)
        if old is not None and old.identity and old.identity != record.identity:
            self._forget(_body_key(old))

    def _keep_body(self, record: Record, body: bytes | FileSlice | None, now: float) -> None:
        key = _body_key(record)
        if isinstance(body, FileSlice) and not self._cache.has_disk:
            self._later(self._keep_in_memory(key, body, now))
        elif body is not None:
            entry = Entry(body, stored_at=now)
            self._cache.put_behind(key, entry)
            entry.close()

    async def _keep_in_memory(self, key: str, body: FileSlice, now: float) -> None:
        with closing(body):
            self._cache.put_behind(key, Entry(await asyncio.to_thread(body.read), stored_at=now))

    async def _recall(self, name: str) -> Record | None:
        """From an earlier life: the record as the disk has it."""
        hit = await self._cache.get(_record_key(name))
        if hit is None or not isinstance(hit.entry.body, bytes):
            return None
        record = parse_record(hit.entry.body, name)
        if record is not None:
            self._hold(self._records.get(name, record))
        return self._records.get(name)

    async def body(self, wanted: Wanted, fetched: Fetched) -> bytes | FileSlice:
        """The body that this record's identity names, from wherever it is nearest."""
        body = fetched.kept.open() if fetched.kept else None
        if body is not None:
            return body
        if wanted.recheck is not None:
            return await self._reopen(wanted, fetched.record)
        hit = await self._cache.get(_body_key(fetched.record))
        if hit is not None:
            return hit.entry.body
        return await self._again(wanted, fetched.record)

    async def _reopen(self, wanted: Wanted, record: Record) -> bytes | FileSlice:
        reply = await wanted.origin.fetch(Ask(wanted.key))
        try:
            if reply.headers.get("etag") != record.stored.fields.get("etag") or reply.status != 200:
                raise await self.changed(wanted)
            if reply.fd >= 0 and record.length > NEAR:
                return Live(os.dup(reply.fd), record.length)
            body = b"".join([chunk async for chunk in reply.body()])
        finally:
            await reply.close()
        if await digest_of(body) != record.identity:
            raise await self.changed(wanted)
        return body

    async def _again(self, wanted: Wanted, record: Record) -> bytes | FileSlice:
        """The record outlived its body: fetch it whole, without conditions."""
        if (held := self._held.get(wanted.name)) is not None:
            raise copy(held)
        landed = await self._flight.join(f"{wanted.name}\0body", partial(self._ask, wanted, None))
        fetched = landed.value
        if fetched.record.identity != record.identity or fetched.kept is None:
            raise OriginalChanged
        body = fetched.kept.open()
        if body is None:
            raise BadGateway("The original could not be read again")
        return body

    async def changed(self, wanted: Wanted) -> OriginalChanged:
        """The error to raise. The record is forgotten before: the request begins again at once, and must not recall
        it."""
        self._records.pop(wanted.name, None)
        await self._cache.forget(_record_key(wanted.name))
        return OriginalChanged(wanted.name)

    def _forget(self, key: str) -> None:
        self._later(self._cache.forget(key))

    def _later(self, work: Awaitable[object]) -> asyncio.Task[object]:
        async def quietly() -> None:
            try:
                await work
            except EdgeError as error:
                log.info("revalidation in the background failed: %s", error.sentence)
            except Exception:
                log.exception("work in the background failed")

        task: asyncio.Task[object] = asyncio.ensure_future(quietly())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task


def _fields(reply: OriginReply) -> Fields:
    """The answer's own, and with its Cache-Control those of the redirects that led there: of a directive said twice
    the strictest counts (HTTP_CACHING §12.9)."""
    hops = reply.hops if isinstance(reply, Redirected) else ()
    said = [one.get("cache-control") for one in (reply.headers, *hops)]
    told = ", ".join(text for text in said if text)
    return reply.headers.having("cache-control", told) if hops and told else reply.headers


def _record_key(name: str) -> str:
    return key_of("r", name)


def _body_key(record: Record) -> str:
    return key_of("o", record.name, record.identity, str(record.generation))


_NO_PICTURE = Problem(UnsupportedPicture.status, "The original is not a picture")
_MISSING = Problem(NotFound.status, "There is no such original")
_DENIED = Problem(Forbidden.status, "The origin does not allow this original")
_REFUSALS: dict[int, Problem] = {
    **dict.fromkeys((400, 404, 405, 406, 410, 414), _MISSING),
    **dict.fromkeys((401, 403, 451), _DENIED),
}
