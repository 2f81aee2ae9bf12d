"""THE SPINE for pictures: a request's whole story, each verb one call into one room.

Theory of operation. A rendition's key is a digest of everything that could change its bytes: the names, identities and
purge generations of its inputs, the concrete plan, and the version of the whole pipeline. So the strong ETag is known
before any pixel work, a conditional request is answered without a worker, and a stored rendition never goes stale: its
originals do. Rule for editing this file: a feature is a step, a table row or a room, never an `if feature:` here.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from cache.entry import Entry, FileSlice, Scalar
from cache.flight import Abandoned, Flight
from cache.lapse import Lapsing
from cache.tiered import Tiered
from edge.errors import BadGateway, EdgeError, NotFound, Unavailable, Unprocessable, UnsupportedPicture, UriTooLong
from edge.exchange import Fields, ImageRequest, Reply, Story
from edge.freshness.judge import Window
from edge.freshness.validators import weak_match
from edge.originals import Lease, OriginalChanged, Originals, Wanted, source_of
from edge.origins.base import Origin
from edge.pipeline.decide import Decider, Decision, Input, Rules, Spoken, blaming
from edge.pipeline.replies import picture_fields, privately, validator_fields
from edge.plan.cost import check_memory, predict
from edge.plan.facts import Limits
from edge.plan.plan import Extra, Plan, Wish
from edge.plan.work import Capabilities, Made, Source
from edge.routing.access import Access
from edge.routing.prefixes import RouteMap


class Workers(Protocol):
    @property
    def capabilities(self) -> Capabilities: ...

    async def run(self, plan: Plan, sources: Sequence[Source]) -> Made: ...


class Gate(Protocol):
    """Admission by predicted cost. Raises Unavailable when the wait would be too long."""

    def slot(self, cost_ms: float) -> AbstractAsyncContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Route:
    """One prefix: where its originals are, how its URLs are read, who may ask, and what may be chosen."""

    prefix: str
    origin: Origin
    rules: Rules
    access: Access
    window: Window
    recheck: float | None = None
    host: tuple[str, ...] | None = None

    def wants(self, path: str) -> Wanted:
        return Wanted(self.origin, path, self.window, self.recheck)


@dataclass(frozen=True, slots=True)
class Rendition:
    """Bytes made for one plan."""

    body: bytes | FileSlice
    format: str
    tier: str = ""
    stored: bool = False
    collapsed: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """All that is known of an answer before any pixel work."""

    route: Route
    path: str
    leases: tuple[Lease, ...]
    expires: float | None
    decision: Decision

    @property
    def key(self) -> str:
        return self.decision.key

    @property
    def plan(self) -> Plan:
        return self.decision.plan

    @property
    def vary(self) -> tuple[str, ...]:
        return self.decision.negotiated.vary


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
    ) -> None:
        """`memory`: bytes that a worker may hold."""
        self._routes = routes
        self._originals = originals
        self._renditions = renditions
        self._workers = workers
        self._gate = gate
        self._decider = Decider(limits)
        self._memory = memory
        self._url_bytes = url_bytes
        self._clock = clock
        self._flight = Flight()
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
        if weak_match(request.headers.get("if-none-match"), f'"{draft.key}"'):
            return self._not_modified(draft)
        rendition = await self._as_is(draft) or await self._find(draft.key) or await self._make(draft)
        return self._reply(draft, rendition)

    async def draft(self, request: ImageRequest) -> Draft:
        """Everything up to the key: what /explain shows, and what a conditional request is judged by."""
        if len(request.path) + len(request.query) > self._url_bytes:
            raise UriTooLong(f"The URL is longer than {self._url_bytes} bytes")
        route, path = self._routes.find(request.host, request.path)
        granted = route.access.authorise(request.path, request.query, route.rules.read, self._clock())
        spoken = Spoken(granted.query, granted.signed)
        wish = understood(route.rules.parse(*spoken))
        leases = await self._originals.acquire([route.wants(path)])
        leases += tuple([await self._extra(extra, request.host) for extra in wish.extras])
        inputs = tuple([_input(lease) for lease in leases])
        decision = self._decider.decide(route.rules, spoken, request.headers, inputs, self._workers.capabilities)
        return Draft(route, path, leases, granted.expires, decision)

    async def _extra(self, extra: Extra, host: str) -> Lease:
        """A configured watermark, from behind whichever route serves it."""
        try:
            route, path = self._routes.match(extra.path, host)
            with blaming(extra):
                return (await self._originals.acquire([route.wants(path)]))[0]
        except NotFound:
            raise NotFound(f"The watermark {extra.name} is not at {extra.path}") from None

    async def _as_is(self, draft: Draft) -> Rendition | None:
        """A plan without a step wants the original itself."""
        lease = draft.leases[0]
        return None if draft.plan.nodes else Rendition(await lease.body(), lease.facts.format)

    async def _find(self, key: str) -> Rendition | None:
        hit = await self._renditions.get(key)
        if hit is None:
            return None
        return Rendition(hit.entry.body, str(hit.entry.meta["format"]), tier=hit.tier, stored=True)

    async def _make(self, draft: Draft) -> Rendition:
        refused = self._refused.get(draft.key)
        if refused is not None:
            raise copy(refused)  # one instance raised again and again would hold every request that met it
        shareable = all(lease.storable for lease in draft.leases)
        try:
            landed = await self._flight.join(draft.key, partial(self._produce, draft), shareable)
        except Abandoned:
            raise Unavailable("The work on this picture was given up; ask again") from None
        made = landed.value
        return Rendition(made.body, made.format, "", made.stored, landed.collapsed, made.seconds)

    async def _produce(self, draft: Draft) -> Rendition:
        cost = predict(draft.plan, [lease.facts for lease in draft.leases])
        check_memory(cost, self._memory)
        with ExitStack() as opened:
            bodies = [await self._body(lease, opened) for lease in draft.leases]  # a fetch holds no worker
            sources = [source_of(body, of.record.identity) for body, of in zip(bodies, draft.leases, strict=True)]
            queued = time.perf_counter()
            async with self._gate.slot(cost.milliseconds):
                waited = time.perf_counter() - queued
                made = await self._run(draft, sources)
            for lease, body in zip(draft.leases, bodies, strict=True):
                await lease.verify(body)
        storable = all(lease.storable for lease in draft.leases)
        if storable:
            meta: dict[str, Scalar] = {
                "format": made.format,
                "width": made.width,
                "height": made.height,
                "frames": made.frames,
            }
            self._renditions.put_behind(draft.key, Entry(made.body, meta, self._clock()))
        return Rendition(made.body, made.format, stored=storable, seconds={"queue": waited, **made.seconds})

    async def _body(self, lease: Lease, opened: ExitStack) -> bytes | FileSlice:
        body = await lease.body()
        if isinstance(body, FileSlice):
            opened.callback(body.close)
        return body

    async def _run(self, draft: Draft, sources: Sequence[Source]) -> Made:
        try:
            return await self._workers.run(draft.plan, sources)
        except (Unprocessable, UnsupportedPicture) as error:
            self._refused.put(draft.key, copy(error), draft.route.window.negative)
            raise

    def _not_modified(self, draft: Draft) -> Reply:
        fields = validator_fields(draft.key, self._freshness(draft), draft.vary)
        return Reply(304, fields, story=self._story(draft, Rendition(b"", "", tier="validator")))

    def _reply(self, draft: Draft, rendition: Rendition) -> Reply:
        freshness, vary = self._freshness(draft), draft.vary
        fields = picture_fields(draft.path, draft.key, rendition.format, freshness, vary)
        return Reply(200, fields, rendition.body, self._story(draft, rendition))

    def _freshness(self, draft: Draft) -> Fields:
        """Age and permissions are the original's; what hints chose may be for this browser only."""
        now = self._clock()
        ruling = min(draft.leases, key=lambda lease: (lease.storable, lease.seconds_left(now)))
        fields = ruling.downstream(now, draft.expires)
        hidden = draft.route.rules.delivery.downstream == "private" and draft.vary
        return privately(fields) if hidden else fields

    def _story(self, draft: Draft, rendition: Rendition) -> Story:
        lease = draft.leases[0]
        return Story(
            route=draft.route.prefix,
            tier=rendition.tier,
            fwd="" if rendition.tier else "miss",
            origin_status=lease.asked,
            stored=rendition.stored and not rendition.tier,
            collapsed=rendition.collapsed,
            ttl=int(lease.seconds_left(self._clock())),
            seconds={**({"fetch": lease.seconds} if lease.asked else {}), **rendition.seconds},
            format=rendition.format,
        )


def understood(wish: Wish) -> Wish:
    """The wish, or what is wrong with it: known only now, since strangers need not learn which names exist."""
    if wish.problem is not None:
        raise copy(wish.problem)
    return wish


def _input(lease: Lease) -> Input:
    record = lease.record
    return Input(record.name, record.identity, record.generation, lease.facts)
