"""The composition root: settings become objects become servers. The only place that constructs."""

import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from cache.disk import DiskTier
from cache.memory import Memory
from cache.tiered import Tiered
from edge import __version__
from edge.compose import cache_metrics, keys_of, limits_of, marks_of, origin_of, presets_of, route_of
from edge.exchange import ImageRequest, Reply
from edge.http.admin import Admin
from edge.http.listen import Listener
from edge.http.pictures import Pictures
from edge.observe.log import Log
from edge.observe.metrics import Metric, Metrics, counter, gauge, info
from edge.originals import Originals
from edge.origins.base import Origin
from edge.pipeline import Pipeline, Route
from edge.pipeline.explain import explain
from edge.routing.prefixes import RouteMap
from edge.settings.models import Settings
from edge.settings.origins import FilesOrigin
from edge.workers.gate import Gate
from edge.workers.pool import ADDRESSES, Pool, StartError

log = logging.getLogger("edge")


class Edge:
    """The whole edge in one process. `start` raises OSError or StartError with a sentence; `close` drains."""

    def __init__(self, settings: Settings, pages: Mapping[str, Reply] | None = None) -> None:
        self._settings = settings
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
        self.cache = await self._make_cache()
        size = processors() if settings.imaging.workers == "auto" else settings.imaging.workers
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
        origins = self._make_origins()
        originals = Originals(self.cache, self.pool.probe, self.metrics, spool_folder=self._spool_folder())
        self._stack.push_async_callback(originals.close)
        keys = keys_of(settings.signing)
        presets, marks = presets_of(settings.presets), marks_of(settings.watermarks)
        routes = [route_of(said, origins, keys, presets, marks) for said in settings.routes]
        self.pipeline = Pipeline(
            RouteMap[Route](routes),
            originals,
            self.cache,
            self.pool,
            self.gate,
            limits,
            memory=settings.imaging.memory - ADDRESSES,
            url_bytes=settings.limits.url_bytes,
        )
        self.metrics.watch(self._gauges)
        await self._listen()

    async def _make_cache(self) -> Tiered:
        disk = self._settings.cache.disk
        cache = Tiered(Memory(self._settings.cache.memory), DiskTier(disk.path, disk.size) if disk else None)
        self._stack.push_async_callback(cache.close)
        return cache

    def _spool_folder(self) -> str | None:
        """Beside the cache, so that a large original under way never fills a small /tmp."""
        disk = self._settings.cache.disk
        if disk is None:
            return None
        try:
            folder = Path(disk.path) / "spool"
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        return str(folder)

    def _make_origins(self) -> dict[str, Origin]:
        limit = self._settings.limits.source_bytes
        origins: dict[str, Origin] = {}
        for name, said in self._settings.origins.items():
            origins[name] = origin_of(name, said, limit)
            self._stack.push_async_callback(origins[name].close)
        return origins

    async def _listen(self) -> None:
        settings, grace = self._settings, self._settings.server.shutdown_grace
        pictures = Pictures(
            self.pipeline.respond,
            self.metrics,
            pages=self._pages,
            max_connections=settings.server.max_connections,
            timing=settings.log.server_timing,
            trusted=settings.server.trusted_proxies,
        )
        at = settings.server.listen
        self.public = Listener(pictures.handle, at.host, at.port, at.path, grace)
        pictures.server = self.public.server
        if settings.admin.listen is not None:
            at, token = settings.admin.listen, settings.admin.token
            admin = Admin(
                self._explain,
                self.metrics.text,
                self.readiness,
                self.cache_state,
                token=token.get_secret_value() if token else "",
            )
            self.admin = Listener(admin.handle, at.host, at.port, at.path, 1.0)
            self._stack.push_async_callback(self.admin.drain)
            await self.admin.start()
        self._stack.push_async_callback(self.public.drain)
        await self.public.start()

    async def _explain(self, request: ImageRequest) -> Mapping[str, object]:
        return await explain(self.pipeline, request)

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
        return asdict(self.cache.stats())

    def _gauges(self) -> Iterator[Metric]:
        stats, pool = self.cache.stats(), self.pool.stats()
        versions = {"version": __version__, **dict(self.pool.capabilities.versions)}
        yield info("edge_build", "Versions", versions)
        yield gauge("edge_workers", "Worker processes", {"alive": pool.alive, "busy": pool.busy}, "state")
        yield counter("edge_worker_deaths", "Workers that ended", pool.deaths, "cause")
        yield counter("edge_worker_jobs", "Jobs given to workers", {"": pool.jobs})
        yield gauge("edge_queue_waiting", "Jobs waiting for a worker", {"": self.gate.waiting})
        yield from cache_metrics(stats)


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Exit code 0, or 1 when it could not start."""
    return run(serve_until_stopped(settings, {}, []))


_ECHO = 1.0  # seconds: make and a process group often send the same signal twice


def _heed_the_next(loop: asyncio.AbstractEventLoop) -> None:
    """A second signal means now."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(os._exit, 1))


def run(main: Coroutine[object, object, int]) -> int:
    """Run it on the fastest event loop there is."""
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return asyncio.run(main)
    return int(uvloop.run(main))


async def serve_until_stopped(settings: Settings, pages: Mapping[str, Reply], hint: Sequence[str]) -> int:
    """`pages` are served beside the routes, `hint` is printed once the edge is ready."""
    lines = Log(settings.log.format, settings.log.level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with Edge(settings, pages) as edge:
            _greet(edge, settings, hint)
            await stop.wait()
            log.info("draining")
            loop.call_later(_ECHO, _heed_the_next, loop)
    except (OSError, StartError, ValueError) as error:
        print(f"edge: cannot start: {re.sub(r'^.Errno [0-9]+. ', '', str(error))}", file=sys.stderr)
        return 1
    finally:
        written = lines.close()
    if not written:
        os._exit(0)
    return 0


_TRIED = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif")


def first_picture(settings: Settings) -> list[str]:
    """The path of a picture that can be asked for, from the first route that serves a folder; none when the top of the
    folder has no picture."""
    for route in settings.routes:
        origin = settings.origins[route.origin_names[0]]
        if isinstance(origin, FilesOrigin):
            with os.scandir(origin.root) as found:
                names = sorted(entry.name for entry in islice(found, 10_000) if entry.name.lower().endswith(_TRIED))
            return [f"{route.prefix}{quote(name)}?w=400" for name in names[:1]]
    return []


def _greet(edge: Edge, settings: Settings, hint: Sequence[str]) -> None:
    print(f"image-edge {__version__} serves")
    for route in () if hint else settings.routes:
        print(f"  {edge.public.address}{route.prefix} from {' '.join(route.origin_names)}")
    if edge.admin is not None:
        print(f"  admin: {edge.admin.address}/metrics")
    told = hint or [f"  try: {edge.public.address}{path}" for path in first_picture(settings)]
    print(*told, sep="\n", flush=True)
    log.info("ready", extra={"listen": edge.public.address, "sandbox": dict(edge.pool.layers)})
