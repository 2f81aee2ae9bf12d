"""THE SPINE for pictures: a request's whole story, each verb one call into one room.

Theory of operation. A rendition's key is a digest of everything that could change its bytes: the names, identities and
purge generations of its inputs, the concrete plan, and the version of the whole pipeline. So the strong ETag is known
before any pixel work, a conditional request is answered without a worker, and a stored rendition never goes stale: its
originals do. Rule for editing this file: a feature is a step, a table row or a room, never an `if feature:` here.
"""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from cache.entry import Entry, FileSlice, Scalar
from cache.flight import Abandoned, Flight, Lock
from cache.lapse import Lapsing
from cache.tiered import Tiered
from edge.errors import (
    BadGateway,
    EdgeError,
    NotFound,
    PreconditionFailed,
    Unavailable,
    Unprocessable,
    UnsupportedPicture,
    UriTooLong,
)
from edge.exchange import ImageRequest, Reply
from edge.freshness.validators import precondition
from edge.originals import Brought, Lease, OriginalChanged, Originals, source_of
from edge.pipeline.decide import Decider, Input, Spoken, blaming
from edge.pipeline.rendition import Rendition
from edge.pipeline.replies import picture_fields, validator_fields
from edge.pipeline.route import Draft, Route, reading_of
from edge.pipeline.story import story_of
from edge.plan.cost import check_memory
from edge.plan.facts import Limits
from edge.plan.plan import Extra, Plan, Wish
from edge.plan.rates import SHIPPED, Rates
from edge.plan.work import Capabilities, Made, Source
from edge.routing.prefixes import RouteMap


class Workers(Protocol):
    @property
    def capabilities(self) -> Capabilities: ...

    async def run(self, plan: Plan, sources: Sequence[Source]) -> Made: ...


class Gate(Protocol):
    """Admission by predicted cost. Raises Unavailable when the wait would be too long."""

    def slot(self, cost_ms: float) -> AbstractAsyncContextManager[None]: ...


_CONDITIONS: Final = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


class Pipeline:
    def __init__(  # noqa: PLR0913 - the composition root hands over each room once
        self,
        routes: RouteMap[Route],
        originals: Originals,
        renditions: Tiered,
        workers: Workers,
        gate: Gate,
        limits: Limits,
        *,
        memory: int = sys.maxsize,
        url_bytes: int = 8 << 10,
        clock: Callable[[], float] = time.time,
        lock: Lock | None = None,
        rates: Rates = SHIPPED,
    ) -> None:
        """`memory`: bytes that a worker may hold. `lock` is held around a production by one process of several."""
        self.rates = rates
        self._routes = routes
        self._originals = originals
        self._renditions = renditions
        self._workers = workers
        self._gate = gate
        self._decider = Decider(limits)
        self._memory = memory
        self._url_bytes = url_bytes
        self._clock = clock
        self._others = lock is not None
        self._flight = Flight(lock)
        self._refused: Lapsing[str, EdgeError] = Lapsing(10_000)

    async def respond(self, request: ImageRequest) -> Reply:
        """The answer to a GET or HEAD. Raises EdgeErrors; an original that changes meanwhile starts it again, once."""
        try:
            return await self._respond(request)
        except OriginalChanged:
            try:
                return await self._respond(request)
            except OriginalChanged:
                raise BadGateway("The original keeps changing while it is read") from None

    async def _respond(self, request: ImageRequest) -> Reply:
        draft = await self.draft(request)
        settled = self._settled(draft, request)
        if settled is not None:
            return settled
        rendition = await self._as_is(draft) or await self._find(draft.key) or await self._make(draft)
        now = self._clock()
        fields = picture_fields(draft, rendition.format, validator_fields(draft, now))
        return Reply(200, fields, rendition.body, story_of(draft, rendition, now))

    async def draft(self, request: ImageRequest) -> Draft:
        """Everything up to the key: what /explain shows, and what a conditional request is judged by."""
        if len(request.path) + len(request.query) > self._url_bytes:
            raise UriTooLong(f"The URL is longer than {self._url_bytes} bytes")
        route, path = self._routes.find(request.host, request.path)
        granted = route.access.authorise(request.path, request.query, route.rules.read, self._clock())
        spoken = Spoken(granted.query, granted.signed)
        wish = understood(route.rules.parse(*spoken))
        (original,) = await self._originals.acquire([route.wants(path, request.headers)])
        reading = reading_of(route, spoken, request.headers, original)
        extras = () if reading.untouched else wish.extras
        leases = (original, *[await self._extra(extra, request) for extra in extras])
        inputs = tuple([_input(lease) for lease in leases])
        decision = self._decider.decide(
            reading.rules, reading.spoken, request.headers, inputs, self._workers.capabilities
        )
        return Draft(route, path, leases, granted.expires, reading, decision)

    def _settled(self, draft: Draft, request: ImageRequest) -> Reply | None:
        """What the request's conditions decide (RFC 9110 §13.2.2): the tag is known before the work."""
        if not any(request.headers.select(_CONDITIONS)):
            return None
        now = self._clock()
        fields = validator_fields(draft, now)
        outcome = precondition(request.headers, fields, request.method, now)
        if outcome == "failed":
            raise PreconditionFailed("The picture is not the one that the request's conditions name")
        if outcome == "go":
            return None
        return Reply(304, fields, story=story_of(draft, Rendition(b"", "", tier="validator"), now))

    async def _extra(self, extra: Extra, request: ImageRequest) -> Lease:
        """A configured watermark, from behind whichever route serves it."""
        try:
            route, path = self._routes.match(extra.path, request.host)
            with blaming(extra):
                return (await self._originals.acquire([route.wants(path, request.headers)]))[0]
        except NotFound:
            raise NotFound(f"The watermark {extra.name} is not at {extra.path}") from None

    async def _as_is(self, draft: Draft) -> Rendition | None:
        """A plan without a step wants the original itself."""
        if draft.plan.nodes:
            return None
        lease = draft.leases[0]
        brought = await lease.body()
        asked, took = brought.asked, brought.seconds
        return Rendition(brought.body, lease.facts.format, brought.tier, asked=asked, fetching=took)

    async def _find(self, key: str) -> Rendition | None:
        hit = await self._renditions.get(key)
        return None if hit is None else Rendition(hit.entry.body, str(hit.entry.meta["format"]), hit.tier)

    async def _make(self, draft: Draft) -> Rendition:
        refused = self._refused.get(draft.key)
        if refused is not None:
            raise copy(refused)  # one instance raised again and again would hold every request that met it
        try:
            landed = await self._flight.join(draft.key, partial(self._produce, draft), draft.storable)
        except Abandoned:
            raise Unavailable("The work on this picture was given up; ask again") from None
        if landed.value is None:  # each gets a descriptor of its own
            found = await self._find(draft.key)
            return replace(found, tier="", collapsed=True) if found else await self._work(draft)
        return replace(landed.value, collapsed=landed.collapsed)

    async def _produce(self, draft: Draft) -> Rendition | None:
        """In the flight. None = another process has made it since, and it lies in the cache."""
        if self._others and draft.storable:
            found = await self._renditions.get(draft.key)
            if found is not None:
                found.entry.close()
                return None
        return await self._work(draft)

    async def _work(self, draft: Draft) -> Rendition:
        cost = draft.predicted(self.rates)
        check_memory(cost, self._memory)
        with ExitStack() as opened:
            brought = [await self._body(lease, opened) for lease in draft.leases]  # a fetch holds no worker
            pairs = list(zip(brought, draft.leases, strict=True))
            sources = [source_of(one.body, lease.record.identity) for one, lease in pairs]
            queued = time.perf_counter()
            async with self._gate.slot(cost.milliseconds):
                waited = time.perf_counter() - queued
                made = await self._run(draft, sources)
            for one, lease in pairs:
                await lease.verify(one.body)
        return Rendition(
            made.body,
            made.format,
            made=await self._keep(draft, made),
            asked=next((one.asked for one in brought if one.asked), 0),
            fetching=sum([one.seconds for one in brought]),
            seconds={"queue": waited, **made.seconds},
            predicted=cost.milliseconds / 1000,
        )

    async def _keep(self, draft: Draft, made: Made) -> bool:
        """For as long as any input's purge spares it; False = it may not be kept."""
        for lease in draft.leases:
            if not await lease.holds():
                return False
        meta: dict[str, Scalar] = {
            "format": made.format,
            "width": made.width,
            "height": made.height,
            "frames": made.frames,
        }
        tags = tuple(dict.fromkeys(lease.tag for lease in draft.leases))
        self._renditions.put_behind(draft.key, Entry(made.body, meta, self._clock(), tags))
        return True

    async def _body(self, lease: Lease, opened: ExitStack) -> Brought:
        brought = await lease.body()
        if isinstance(brought.body, FileSlice):
            opened.callback(brought.body.close)
        return brought

    async def _run(self, draft: Draft, sources: Sequence[Source]) -> Made:
        try:
            return await self._workers.run(draft.plan, sources)
        except (Unprocessable, UnsupportedPicture) as error:
            self._refused.put(draft.key, copy(error), draft.route.window.negative)
            raise


def understood(wish: Wish) -> Wish:
    """The wish, or what is wrong with it: known only now, since strangers need not learn which names exist."""
    if wish.problem is not None:
        raise copy(wish.problem)
    return wish


def _input(lease: Lease) -> Input:
    record = lease.record
    return Input(record.name, record.identity, record.generation, lease.facts)
