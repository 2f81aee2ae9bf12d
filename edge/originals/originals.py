"""THE SPINE for originals: lookup, judge, ask, keep, serve stale.

Theory of operation. A pure judge says what a stored record is good for now; `_lease` does what the verdict asks for.
All that ask at once about one name share one question to its origin. A lease is opened by identity: whoever holds one
reads exactly the bytes that the record's digest names, or gets OriginalChanged and starts again, so new pixels can
never come under an old key. What may not be kept (no-store, private, overtaken by a purge) is a lease with its own
body: used once, never put into the cache, never given to another request.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from functools import partial
from typing import Final

from cache.flight import Flight, Lock
from cache.lapse import Lapsing
from cache.tiered import Tiered
from edge.errors import BadGateway, EdgeError, GatewayError, GatewayTimeout
from edge.exchange import NO_FIELDS
from edge.freshness import judge as judging
from edge.freshness.judge import Verdict
from edge.originals.asking import Asker, Failed, Observer, Question
from edge.originals.bodies import Bodies
from edge.originals.lease import Brought, Fetched, Lease, OriginalChanged, Wanted
from edge.originals.record import Record
from edge.originals.records import Records
from edge.originals.refusals import may_be_covered
from edge.originals.variants import chosen
from edge.plan.facts import Facts
from edge.plan.work import Source

log = logging.getLogger("edge.originals")

_SPARING: Final = 1.0  # seconds in which clients' wishes make one question about a name
_UNSHARED: Final = 120.0  # seconds for which an answer that may not be shared makes its name one that nobody waits for
_TRIES: Final = 3


class Originals:
    """All originals of all origins. `probe` asks a worker for the facts that a header sniffer cannot settle; `steady`
    counts the seconds for which a failure is remembered; `lock` is held around a question by one process of several."""

    def __init__(  # noqa: PLR0913 - the composition root hands over each room once
        self,
        records: Records,
        cache: Tiered,
        probe: Callable[[Source], Awaitable[Facts]],
        observer: Observer,
        *,
        spool_folder: str | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        lock: Lock | None = None,
    ) -> None:
        self._records = records
        self._clock = clock
        self._bodies = Bodies(records, cache, clock, self._later)
        self._asker = Asker(records, self._bodies, probe, observer, spool_folder, clock)
        self._held: Lapsing[str, EdgeError] = Lapsing(10_000, steady)
        self._lately: Lapsing[str, bool] = Lapsing(10_000, steady)
        self._unshared: Lapsing[str, bool] = Lapsing(10_000, steady)
        self._shared_lock = lock is not None
        self._flight = Flight(lock)
        self._near = Flight()  # to look at a folder takes less than to agree on who looks
        self._reviving: set[str] = set()
        self._background: set[asyncio.Task[object]] = set()

    @property
    def generation(self) -> int:
        return self._records.generation

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
        under_way = len(self._flight) + len(self._near)
        return f"Originals({len(self._records)} records, {under_way} under way, {len(self._held)} held down)"

    # Judge, then do.

    async def _lease(self, wanted: Wanted) -> Lease:
        known = self._records.peek(wanted.name) or await self._records.refind(wanted.name)
        record = chosen(known, wanted.asked)
        verdict = self._judge(wanted, record)
        if record is not None and verdict is Verdict.FRESH:
            fetched = Fetched(record)
        else:
            fetched = await self._obey(verdict, Question(wanted, known, record))
        if fetched.record.problem is not None:
            raise self._refusal(wanted, fetched)
        return Lease(self, wanted, fetched)

    def _judge(self, wanted: Wanted, record: Record | None) -> Verdict:
        stored = record.stored if record is not None else None
        verdict = judging.judge(stored, wanted.window, self._clock(), wanted.recheck, wanted.said)
        if stored is None or not wanted.sparing or verdict is not Verdict.REVALIDATE:
            return verdict
        own = judging.judge(stored, wanted.window, self._clock(), wanted.recheck)
        if own is verdict:
            return verdict
        if self._lately.get(wanted.name):
            return own
        self._lately.put(wanted.name, True, _SPARING)
        return verdict

    async def _obey(self, verdict: Verdict, question: Question) -> Fetched:
        match verdict:
            case Verdict.STALE_SERVE_AND_REVALIDATE if question.record is not None:
                self._revive(question)
                return Fetched(question.record, detail="stale-while-revalidate")
            case Verdict.ONLY_IF_CACHED_MISS:
                raise GatewayTimeout("Only a stored answer was asked for, and there is none that may be used")
            case Verdict.BYPASS:
                return await self._refresh(question.because("request").unkept())
        return await self._refresh(question.because(self._reason(question)))

    def _reason(self, question: Question) -> str:
        """Why the origin is asked, as RFC 9211 §2.2 calls it."""
        wanted, record = question.wanted, question.record
        if record is None:
            return "vary-miss" if any(one.selecting for one in question.known) else "uri-miss"
        return "request" if self._is_fresh(wanted, record) else "stale"

    def _is_fresh(self, wanted: Wanted, record: Record) -> bool:
        """Whatever the client says."""
        verdict = judging.judge(record.stored, wanted.window, self._clock(), wanted.recheck)
        return verdict is Verdict.FRESH

    def _refusal(self, wanted: Wanted, fetched: Fetched) -> EdgeError:
        """The original that can never be a picture, told as its answer may be kept downstream."""
        record = fetched.record
        assert record.problem is not None
        if not fetched.storable:
            return record.problem.error(NO_FIELDS)
        fields = judging.refusal(record.stored, wanted.window, self._clock())
        vary = ", ".join(Lease(self, wanted, fetched).vary)
        return record.problem.error(fields.having("vary", vary) if vary else fields)

    # Ask once for all who want to know.

    async def _refresh(self, question: Question) -> Fetched:
        """One question for all who ask now; but what may not be shared each must fetch alone."""
        wanted = question.wanted
        held = self._held.get(wanted.name)
        if held is not None:
            return self._stale_or_raise(question.because(""), copy(held))
        for _ in range(_TRIES):
            flight, shareable = self._flight_of(wanted), question.keep and self._unshared.get(wanted.name) is None
            landed = await flight.join(question.flight, partial(self._inquire, question), shareable)
            if not landed.collapsed:
                return landed.value
            if landed.value.suits(wanted):
                return landed.value.shared(question.reason)
            question = question.after(landed.value.record)
        return await self._ask(question)

    def _flight_of(self, wanted: Wanted) -> Flight:
        return self._flight if wanted.recheck is None else self._near

    def _revive(self, question: Question) -> None:
        """Ask in the background, once for all who are served the old answer meanwhile."""
        name, key = question.wanted.name, question.flight
        if key in self._reviving or self._held.get(name) is not None:
            return
        self._reviving.add(key)
        flight = self._flight_of(question.wanted)
        task = self._later(flight.join(key, partial(self._inquire, question.because("stale"))))
        task.add_done_callback(lambda _: self._reviving.discard(key))

    async def _inquire(self, question: Question) -> Fetched:
        """In the flight. Of several processes one holds the lock: the next finds what that has brought."""
        if self._shared_lock and question.wanted.recheck is None:
            wanted = question.wanted
            known = await self._records.refind(wanted.name)
            record = chosen(known, wanted.asked)
            if record is not None and question.is_older_than(record) and self._is_fresh(wanted, record):
                return Fetched(record, reason=question.reason, collapsed=True)
            question = question.knowing(known, record)
        return await self._ask(question)

    async def _ask(self, question: Question) -> Fetched:
        try:
            fetched = await self._asker.ask(question)
        except Failed as failed:
            self._held.put(question.wanted.name, copy(failed.error), failed.hold)
            return self._stale_or_raise(question, failed.error, failed.asked)
        if question.keep and fetched.is_for_one:
            self._unshared.put(question.wanted.name, True, _UNSHARED)
        return fetched

    def _stale_or_raise(self, question: Question, error: EdgeError, asked: int = 0) -> Fetched:
        """The origin failed. What is stored may serve where that is allowed (RFC 9111 §4.2.4, RFC 5861 §4)."""
        record, now = question.record, self._clock()
        if record is None or not may_be_covered(error):
            raise error
        if judging.seconds_left(record.stored, question.wanted.window, now) > 0:
            return Fetched(record, reason=question.reason, asked=asked)
        away = isinstance(error, GatewayError) and error.disconnected
        if judging.may_serve_stale(record.stored, question.wanted.window, now, disconnected=away):
            return Fetched(record, reason=question.reason, asked=asked, detail="stale-if-error")
        if away and judging.forbids_stale(record.stored):  # RFC 9111 §5.2.2.2
            raise GatewayTimeout("The origin did not answer, and what is stored may not be used without its word")
        raise error

    # Bytes.

    async def body(self, wanted: Wanted, fetched: Fetched) -> Brought:
        """The body that this record's identity names, from wherever it is nearest."""
        body = fetched.kept.open() if fetched.kept else None
        if body is not None:
            return Brought(body)
        if wanted.recheck is not None:
            found = await self._bodies.reopen(wanted, fetched.record)
            if found is None:
                raise await self.changed(wanted)
            return found
        return await self._bodies.find(fetched.record) or await self._again(wanted, fetched.record)

    async def _again(self, wanted: Wanted, record: Record) -> Brought:
        """The record outlived its body: fetch it whole, without conditions."""
        if (held := self._held.get(wanted.name)) is not None:
            raise copy(held)
        question = Question(wanted, (), None, "uri-miss")
        landed = await self._flight.join(f"{wanted.name}\0body{record.variant}", partial(self._ask, question))
        fetched = landed.value
        if fetched.record.identity != record.identity or fetched.kept is None:
            raise OriginalChanged
        body = fetched.kept.open()
        if body is None:
            raise BadGateway("The original could not be read again")
        return Brought(body, "", fetched.asked, fetched.seconds)

    async def changed(self, wanted: Wanted) -> OriginalChanged:
        """The error to raise. The record is forgotten before: the request begins again at once, and must not recall
        it."""
        await self._records.forget(wanted.name)
        return OriginalChanged(wanted.name)

    async def holds(self, record: Record, generation: int) -> bool:
        return await self._bodies.holds(record, generation)

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
