"""The composition root: settings become objects become servers. The only place that constructs."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from socket import gethostname

from cache.tiered import Tiered
from edge import __version__
from edge.calibration.kept import load_rates
from edge.compose import cache_metrics, index_metrics, limits_of, origin_of, routes_of
from edge.errors import BadRequest
from edge.exchange import ImageRequest, Reply
from edge.http.admin import Admin
from edge.http.listen import Listener
from edge.http.pictures import Pictures
from edge.keeping import Keeping, keep
from edge.observe.log import redact
from edge.observe.metrics import Metric, Metrics, breakers, counter, gauge, info
from edge.originals import Originals
from edge.originals.purge import Order, order_of
from edge.origins.base import Breaking, Origin
from edge.pipeline import Pipeline, Route
from edge.pipeline.explain import explain
from edge.pipeline.jobs.route import JobsRoute
from edge.pipeline.jobs.spine import Jobs
from edge.pipeline.purge import selections_of
from edge.plan.facts import Limits
from edge.plan.rates import Rates
from edge.processes.channel import Message
from edge.processes.desk import heard_request
from edge.processes.member import ALONE, Answer, Seat
from edge.relay import RawRoute, Relay
from edge.routing.loops import PSEUDONYM, pseudonym_of
from edge.routing.prefixes import Placed, RouteMap
from edge.settings.models import Settings
from edge.settings.units import Listen
from edge.workers.gate import Gate
from edge.workers.pool import ADDRESSES, Pool, processors

log = logging.getLogger("edge")


class Edge:
    """The whole edge in one process, or one of its serving processes. Entering it serves, or raises OSError, StartError
    or ValueError with a sentence; leaving it drains."""

    def __init__(
        self,
        settings: Settings,
        pages: Mapping[str, Reply] | None = None,
        *,
        clock: Callable[[], float] = time.time,
        seat: Seat = ALONE,
    ) -> None:
        """`clock` gives Unix seconds; every room that judges freshness reads this one. `seat` is where it sits among
        several serving processes; `settings` are its own share then."""
        self._settings = settings
        self._seat = seat
        self.doors: dict[str, Answer] = {
            "metrics": self._tell_metrics,
            "state": self._tell_state,
            "cache": self._tell_cache,
            "explain": self._tell_explanation,
        }
        self._clock = clock
        # Of several serving processes, all have the supervisor for a parent.
        self._pseudonym = pseudonym_of(f"{gethostname()} {os.getppid()}") if seat.number else PSEUDONYM
        self._pages = pages or {}
        self._stack = contextlib.AsyncExitStack()
        self.metrics = Metrics()
        self.draining = False
        self.public: Listener
        self.admin: Listener | None = None
        self.pool: Pool
        self.pipeline: Pipeline
        self.cache: Tiered

    async def __aenter__(self) -> "Edge":
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.draining = True
        await self._stack.aclose()

    async def _start(self) -> None:
        settings = self._settings
        limits = limits_of(settings.limits)
        kept = keep(settings.cache, self._stack, self._clock, self._seat.peers, self._seat.processes)
        self.cache, self._index, self._purger = kept.cache, kept.index, kept.purger
        self.doors["heed"] = self._heed
        await kept.records.start()
        size = worker_count(settings)
        self.pool = Pool(
            size,
            memory=settings.imaging.memory,
            timeout=settings.imaging.timeout,
            limits=limits,
            sandbox=settings.imaging.sandbox,
        )
        self._stack.push_async_callback(self.pool.close)
        await self.pool.start()
        self.gate = Gate(size, settings.imaging.queue_wait)
        self._origins = origins = self._make_origins()
        originals = Originals(
            kept.records,
            self.cache,
            self.pool.probe,
            self.metrics,
            spool_folder=kept.spool_folder,
            clock=self._clock,
            lock=kept.lock,
        )
        self._stack.push_async_callback(originals.close)
        self._routes = routes_of(settings, origins)
        rates = await asyncio.to_thread(load_rates, self.pool.capabilities.pipeline)
        self._with_origins = [route for route in self._routes if not isinstance(route, JobsRoute)]
        self.pipeline = Pipeline(
            RouteMap([route for route in self._routes if isinstance(route, Route)]),
            originals,
            self.cache,
            self.pool,
            self.gate,
            limits,
            memory=settings.imaging.memory - ADDRESSES,
            url_bytes=settings.limits.url_bytes,
            clock=self._clock,
            lock=kept.lock,
            rates=rates,
        )
        self._relay = self._make_relay(kept)
        self._jobs = self._make_jobs(originals, limits, kept, rates)
        self.doors["purge"] = self._tell_purged
        self.metrics.watch(self._gauges)
        await self._listen()

    def _make_jobs(self, originals: Originals, limits: Limits, kept: Keeping, rates: Rates) -> Jobs | None:
        """None where no route is one of jobs."""
        if not any(isinstance(route, JobsRoute) for route in self._routes):
            return None
        return Jobs(
            RouteMap[Placed](self._routes),
            originals,
            self.pool,
            self.gate,
            limits,
            memory=self._settings.imaging.memory - ADDRESSES,
            spool_folder=kept.spool_folder,
            url_bytes=self._settings.limits.url_bytes,
            clock=self._clock,
            rates=rates,
        )

    def _make_relay(self, kept: Keeping) -> Relay | None:
        """None where every route is one of pictures."""
        if not any(isinstance(route, RawRoute) for route in self._routes):
            return None
        limits = self._settings.limits
        relay = Relay(
            RouteMap[Placed](self._routes),
            kept.records,
            kept.cache,
            kept.purger.purge,
            self.metrics,
            spool_folder=kept.spool_folder,
            clock=self._clock,
            lock=kept.lock,
            url_bytes=limits.url_bytes,
            most_bytes=limits.source_bytes,
        )
        self._stack.push_async_callback(relay.close)
        return relay

    def _make_origins(self) -> dict[str, Origin]:
        limit = self._settings.limits.source_bytes
        origins: dict[str, Origin] = {}
        for name, said in self._settings.origins.items():
            origins[name] = origin_of(name, said, limit, self._pseudonym)
            self._stack.push_async_callback(origins[name].close)
        return origins

    async def _listen(self) -> None:
        settings, grace, seat = self._settings, self._settings.server.shutdown_grace, self._seat
        pictures = Pictures(
            self.pipeline.respond,
            self.metrics,
            pages=self._pages,
            max_connections=settings.server.max_connections,
            timing=settings.log.server_timing,
            trusted=settings.server.trusted_proxies,
            relay=self._relay,
            jobs=self._jobs,
            pseudonym=self._pseudonym,
        )
        at = settings.server.listen
        self.public = Listener(pictures.handle, at.host, at.port, at.path, grace, shared=seat.shared)
        pictures.server = self.public.server
        if settings.admin.listen is not None and not seat.number:  # of several processes the supervisor has it
            await self._listen_to_operators(settings.admin.listen)
        self._stack.push_async_callback(self.public.drain)
        await self.public.start()

    async def _listen_to_operators(self, at: Listen) -> None:
        token = self._settings.admin.token
        admin = Admin(
            self._explain,
            self.metrics.text,
            self.readiness,
            self.cache_state,
            token=token.get_secret_value() if token else "",
            purge=self.purge,
        )
        self.admin = Listener(admin.handle, at.host, at.port, at.path, 1.0)
        self._stack.push_async_callback(self.admin.drain)
        await self.admin.start()

    async def _explain(self, request: ImageRequest) -> Mapping[str, object]:
        if self._jobs is not None and self._jobs.serves(request.host, request.path):
            raise BadRequest("This is a route of jobs, which v1/estimate explains")
        if self._relay is not None and self._relay.serves(request.host, request.path):
            raise BadRequest("This is a raw route, which passes on what it gets: there is nothing to explain")
        return await explain(self.pipeline, request)

    async def purge(self, order: Order) -> int:
        """How many originals went. Raises BadRequest and NotFound."""
        count = await self._purger.purge(selections_of(order, self._with_origins), soft=order.soft)
        self.metrics.purged(order.kind, count)
        told = {"value": redact(order.value), "soft": order.soft}
        log.info("purged %d originals by %s", count, order.kind, extra=told)
        return count

    def readiness(self) -> Mapping[str, object]:
        """What /readyz says. A disk that fails is told, but the edge serves on from memory."""
        stats, pool = self.cache.stats(), self.pool.stats()
        alive = pool.alive > 0
        return {
            "ready": alive and not self.draining,
            "draining": self.draining,
            "workers": {"alive": pool.alive, "busy": pool.busy},
            "disk": "off" if stats.disk is None else ("ok" if stats.disk.healthy else "failing"),
            "sandbox": dict(self.pool.layers),
        }

    def cache_state(self) -> Mapping[str, object]:
        return {**asdict(self.cache.stats()), "index": asdict(self._index.stats)}

    def _gauges(self) -> Iterator[Metric]:
        stats, pool = self.cache.stats(), self.pool.stats()
        versions = {"version": __version__, **dict(self.pool.capabilities.versions)}
        yield info("edge_build", "Versions", versions)
        yield gauge("edge_workers", "Worker processes", {"alive": pool.alive, "busy": pool.busy}, "state")
        yield counter("edge_worker_deaths", "Workers that ended", pool.deaths, "cause")
        yield counter("edge_worker_jobs", "Jobs given to workers", {"": pool.jobs})
        yield gauge("edge_queue_waiting", "Jobs waiting for a worker", {"": self.gate.waiting})
        yield from cache_metrics(stats)
        yield from index_metrics(self._index.stats)
        yield breakers({name: one.breaker_state for name, one in self._origins.items() if isinstance(one, Breaking)})

    # What the supervisor asks, where there is one. Each answer is a JSON object.

    async def _tell_metrics(self, _message: Message) -> Message:
        return {"text": self.metrics.text().decode()}

    async def _tell_state(self, _message: Message) -> Message:
        return self.readiness()

    async def _tell_cache(self, _message: Message) -> Message:
        return self.cache_state()

    async def _heed(self, message: Message) -> Message:
        """What a peer tells of a purge."""
        told = message["message"]
        assert isinstance(told, dict)  # a peer's own words
        await self._purger.heed(told)
        return {}

    async def _tell_purged(self, message: Message) -> Message:
        return {"purged": await self.purge(order_of(message))}

    async def _tell_explanation(self, message: Message) -> Message:
        return await self._explain(heard_request(message["request"]))


def worker_count(settings: Settings) -> int:
    """Imaging workers of the whole edge."""
    return processors() if settings.imaging.workers == "auto" else settings.imaging.workers
