"""THE SPINE for answers that are passed on: a shared HTTP cache (RFC 9111) for any content, method and status.

Theory of operation. A pure judge says what is stored for a request and what that is good for now. Who needs the origin
takes a seat in a question to it (edge.relay.fetch): one question for all who ask for the same now, though only if
its answer could have been stored before they came; else each asks alone, at once and not one after another, and the
name is remembered as one that nobody need wait for. The body is read by all as it comes. Rule for editing this file: a
feature is a step, a table row or a room, never an `if feature:` here.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cache.entry import FileSlice
from cache.flight import Lock
from cache.lapse import Lapsing
from cache.tiered import Tiered
from edge.errors import BadGateway, EdgeError, GatewayTimeout, MethodNotAllowed, UriTooLong
from edge.exchange import NO_FIELDS, RawRequest, Reply, Story
from edge.freshness.judge import Verdict
from edge.freshness.said import said_of
from edge.originals.asking import Observer
from edge.originals.record import Record
from edge.originals.records import Records
from edge.originals.selection import Selection
from edge.relay.answers import bare, fields_of, spared_by, ttl_of
from edge.relay.carrier import Carrier
from edge.relay.errand import Means
from edge.relay.fetch import Fetch, Known, Ride
from edge.relay.inquiry import (
    NOTHING_KEPT,
    Decision,
    Inquiry,
    Question,
    RawRoute,
    decide,
    fits,
    heard,
    lacking,
    lane_of,
    question_of,
    reusable,
)
from edge.relay.nearby import look
from edge.routing.prefixes import Placed, RouteMap

__all__ = ["RawRoute", "Relay"]

MOST_BYTES: Final = 1 << 30
_PATIENCE: Final = 5.0  # seconds that a waiter waits for the head of another's answer
_PASSING: Final = 120.0  # seconds in which nobody waits for answers to a name that could not be shared
_REFLECTING: Final = frozenset({"CONNECT", "TRACE"})  # a tunnel, and an echo of what is secret


@dataclass(frozen=True, slots=True)
class _Unread:
    """What access sees of a query that processes nothing."""

    processing: bool = False
    presets_only: bool = True


class Relay:
    def __init__(  # noqa: PLR0913 - the composition root hands over each room once
        self,
        routes: RouteMap[Placed],
        records: Records,
        cache: Tiered,
        purge: Callable[[Sequence[Selection]], Awaitable[int]],
        observer: Observer,
        *,
        spool_folder: str | None = None,
        clock: Callable[[], float] = time.time,
        lock: Lock | None = None,
        url_bytes: int = 8 << 10,
        most_bytes: int = MOST_BYTES,
        patience: float = _PATIENCE,
    ) -> None:
        """`routes` are all of this edge, raw or not. `most_bytes`: of a body that is stored; without a disk it must
        fit memory."""
        self._routes = routes
        self._records = records
        self._cache = cache
        self._clock = clock
        self._url_bytes = url_bytes
        self._patience = patience
        means = Means(routes, records, cache, purge, observer, clock, most_bytes, lock, patience)
        self._carrier = Carrier(means, spool_folder)
        self._passing: Lapsing[str, bool] = Lapsing(10_000)

    def serves(self, host: str, path_raw: str) -> bool:
        """Is the route of this URL a raw one?"""
        try:
            return isinstance(self._routes.find(host, path_raw)[0], RawRoute)
        except EdgeError:
            return False

    async def respond(self, request: RawRequest) -> Reply:
        """The answer to any method. Raises EdgeErrors."""
        inquiry = self._understand(request)
        if inquiry.route.near:
            return await look(inquiry, self._clock())
        if inquiry.reads:
            return await self._retrieve(inquiry)
        return await self._pass_on(inquiry)

    async def close(self) -> None:
        """Let what is under way come home, if it does so soon."""
        await self._carrier.close()

    def __repr__(self) -> str:
        return f"Relay({self._routes!r}, {self._carrier!r}, {len(self._passing)} passing)"

    def _understand(self, request: RawRequest) -> Inquiry:
        if len(request.path) + len(request.query) > self._url_bytes:
            raise UriTooLong(f"The URL is longer than {self._url_bytes} bytes")
        route, key = self._routes.find(request.host, request.path)
        assert isinstance(route, RawRoute)  # see `serves`
        if request.method in _REFLECTING:
            raise MethodNotAllowed(f"{request.method} is not passed on")
        granted = route.access.authorise(request.path, request.query, lambda _: _Unread(), self._clock())
        headers = heard(request.headers)
        request = request if headers is request.headers else replace(request, headers=headers)
        said = said_of(request.headers, route.client_cache_control)
        return Inquiry(request, route, key, granted.query, said, granted.expires)

    # From the store.

    async def _retrieve(self, inquiry: Inquiry) -> Reply:
        decision = decide(inquiry, await self._records.find(inquiry.name), self._clock())
        reply = await self._carry_out(inquiry, decision)
        if reply is None:  # the record outlived its body: the whole is asked for, at last by each alone
            reply = await self._forward(inquiry, NOTHING_KEPT) or await self._forward(inquiry, NOTHING_KEPT, alone=True)
        if reply is None:
            raise BadGateway("The stored answer could not be read again")
        return reply

    async def _carry_out(self, inquiry: Inquiry, decision: Decision) -> Reply | None:
        record, story = decision.record, self._story(inquiry)
        match decision.verdict:
            case Verdict.FRESH if record is not None:
                return await self._serve(inquiry, record, story)
            case Verdict.STALE_SERVE_AND_REVALIDATE if record is not None:
                self._revive(inquiry, decision)
                return await self._serve(inquiry, record, replace(story, detail="stale-while-revalidate"))
            case Verdict.ONLY_IF_CACHED_MISS:
                raise GatewayTimeout("Nothing is stored that may be used, and only that was asked for")
        return await self._forward(inquiry, decision)

    async def _serve(self, inquiry: Inquiry, record: Record, story: Story) -> Reply | None:
        """None when its body is gone. A story without `fwd` is a hit."""
        now, stored = self._clock(), record.stored
        fields = inquiry.route.shared(fields_of(inquiry, stored, now, whole=True))
        spared = spared_by(inquiry, fields, stored.status, now)
        body, tier = (b"", "validator") if spared else await self._body(record)
        if body is None:
            return None
        story = replace(story, ttl=ttl_of(inquiry, stored, now), tier="" if story.fwd else tier)
        return bare(spared, fields, story) if spared else Reply(stored.status, fields, body, story)

    async def _body(self, record: Record) -> tuple[bytes | FileSlice | None, str]:
        if not record.length:
            return b"", "mem"
        hit = await self._cache.get(record.body_key)
        return (None, "") if hit is None else (hit.entry.body, hit.tier)

    def _revive(self, inquiry: Inquiry, decision: Decision) -> None:
        """Ask in the background, once for all who are served the old answer meanwhile."""
        assert decision.record is not None
        lane = lane_of(inquiry, decision.record.stored.fields)
        if self._carrier.on(lane) is not None or self._carrier.held(inquiry) is not None:
            return
        fields = inquiry.request.headers.without("range", "if-range")
        quietly = replace(inquiry, request=replace(inquiry.request, method="GET", headers=fields, interim=None))
        self._carrier.begin(quietly, question_of(quietly, decision), lane)

    # From the origin.

    async def _forward(self, inquiry: Inquiry, decision: Decision, *, alone: bool = False) -> Reply | None:
        """None when what is stored would do, but its body is gone."""
        story = replace(self._story(inquiry), fwd=decision.fwd)
        held = self._carrier.held(inquiry)
        if held is not None:
            record = lacking(decision.record, inquiry.route.window, self._clock(), held)
            return await self._serve(inquiry, record, replace(story, fwd="", detail="stale-if-error"))
        passing = self._passing.get(inquiry.tag) is not None
        question = question_of(inquiry, decision, passing=passing)
        if passing and not decision.known:
            story = replace(story, fwd="bypass", detail="hit-for-pass")
        if question.shared and not (passing or alone):
            ride = await self._share(inquiry, question, decision)
        else:
            ride = await self._ask(inquiry, question)
        return await self._hand_over(inquiry, question, ride, story)

    async def _pass_on(self, inquiry: Inquiry) -> Reply:
        question = question_of(inquiry, NOTHING_KEPT)
        ride = await self._ask(inquiry, question)
        reply = await self._hand_over(inquiry, question, ride, replace(self._story(inquiry), fwd="method"))
        assert reply is not None  # nothing that is stored is an answer
        return reply

    async def _share(self, inquiry: Inquiry, question: Question, decision: Decision) -> Ride:
        """The part of a question that others ask too; when its answer is not for this request, one's own."""
        vary = decision.known[0].stored.fields if decision.known else NO_FIELDS
        for _ in range(2):  # the second time one knows better what the answer depends on
            lane = lane_of(inquiry, vary)
            fetch = self._carrier.on(lane)
            if fetch is None:
                return await self._ask(inquiry, question, self._carrier.begin(inquiry, question, lane))
            ride = await self._join(fetch)
            if ride is None:
                break
            if self._suits(inquiry, ride):
                return ride
            ride.seat.leave()
            vary = ride.outcome.stored.fields
            if lane_of(inquiry, vary) == lane:
                break
        return await self._ask(inquiry, question)

    async def _ask(self, inquiry: Inquiry, question: Question, fetch: Fetch | None = None) -> Ride:
        fetch = fetch or self._carrier.begin(inquiry, question)
        ride = await self._take_part(fetch, None)
        assert ride is not None
        self._learn(inquiry, question, ride)
        return replace(ride, collapsed=False)

    async def _join(self, fetch: Fetch) -> Ride | None:
        return await self._take_part(fetch, self._patience) if fetch.joinable else None

    async def _take_part(self, fetch: Fetch, patience: float | None) -> Ride | None:
        """None when it is too late or takes too long."""
        seat = fetch.spool.seat()
        if seat is None:
            return None
        try:
            outcome = await fetch.outcome(patience)
        except BaseException:
            seat.leave()
            raise
        if outcome is None:
            seat.leave()
            return None
        return Ride(fetch, seat, outcome, collapsed=True)

    def _suits(self, inquiry: Inquiry, ride: Ride) -> bool:
        """May this request use an answer that any other brought?"""
        outcome = ride.outcome
        if not fits(outcome.stored.fields, outcome.selecting, inquiry.request.headers):
            return False
        if isinstance(outcome, Known) and outcome.detail:
            return True
        return outcome.kept and reusable(inquiry, outcome.stored, self._clock())

    def _learn(self, inquiry: Inquiry, question: Question, ride: Ride) -> None:
        """Is it worth waiting for answers to this name?"""
        if self._suits(inquiry, ride):
            self._passing.forget(inquiry.tag)
        elif question.shared:
            self._passing.put(inquiry.tag, True, _PASSING)

    async def _hand_over(self, inquiry: Inquiry, question: Question, ride: Ride, story: Story) -> Reply | None:
        outcome, seat, now = ride.outcome, ride.seat, self._clock()
        story = replace(story, collapsed=ride.collapsed)
        if isinstance(outcome, Known):
            seat.leave()
            elsewhere = not outcome.status and not outcome.detail  # another process asked
            story = replace(
                story,
                origin_status=outcome.status,
                detail=outcome.detail or story.detail,
                collapsed=ride.collapsed or elsewhere,
            )
            return await self._serve(inquiry, outcome.record, story)
        stored = outcome.stored
        fields = fields_of(inquiry, stored, now, whole=outcome.kept and outcome.length is not None)
        if ride.collapsed:
            fields = inquiry.route.shared(fields)
        story = replace(
            story,
            origin_status=stored.status,
            stored=outcome.kept and not ride.collapsed,
            ttl=ttl_of(inquiry, stored, now) if outcome.kept else None,
            seconds={"fetch": outcome.seconds},
        )
        spared = 0 if question.forwards_preconditions else spared_by(inquiry, fields, stored.status, now)
        if spared or outcome.bodiless:
            seat.leave()
            return bare(spared, fields, story) if spared else Reply(stored.status, fields, b"", story)
        seat.length = outcome.length
        return Reply(stored.status, fields, seat, story)

    def _story(self, inquiry: Inquiry) -> Story:
        return Story(route=inquiry.route.prefix)
