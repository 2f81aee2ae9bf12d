"""A spine with fakes at every seam: an origin in memory, workers without processes, a clock that stands still."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from cache.fake import FakeDisk, FakeIndex
from cache.flight import Lock
from cache.memory import Memory
from cache.tiered import Tiered
from edge.dialects.book import Book, Mark
from edge.dialects.riapi import parse
from edge.exchange import Fields, ImageRequest, Reply
from edge.freshness.judge import Window
from edge.freshness.said import Mode
from edge.negotiate.delivery import Delivery
from edge.originals import Originals
from edge.originals.purge import NoPeers, Purger
from edge.originals.records import Records
from edge.origins.fake import FakeOrigin
from edge.origins.files import Files
from edge.pipeline import Pipeline, Route, Rules
from edge.plan.facts import Facts, Limits
from edge.plan.steps import Watermark
from edge.routing.access import Access
from edge.routing.prefixes import RouteMap
from edge.workers.fake import FakePool
from edge.workers.gate import Gate
from tests.pictures import photo

PHOTO = photo(400, 300)
OTHER = photo(300, 400)


class Quiet:
    """An observer that counts."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, str]] = []

    def origin_answered(self, origin: str, outcome: str, seconds: float) -> None:
        self.answers.append((origin, outcome))


@dataclass
class House:
    origin: FakeOrigin
    pool: FakePool
    cache: Tiered
    pipeline: Pipeline
    originals: Originals
    observer: Quiet
    records: Records
    purger: Purger
    now: list[float] = field(default_factory=lambda: [1_795_000_000.0])

    def later(self, seconds: float) -> None:
        self.now[0] += seconds

    async def get(self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
        path, _, query = url.partition("?")
        fields = Fields((headers or {}).items())
        return await self.pipeline.respond(ImageRequest(method, path, query, "", fields))

    async def many(self, count: int, url: str) -> list[Reply]:
        return list(await asyncio.gather(*[self.get(url) for _ in range(count)]))


@dataclass
class Building:
    """How a test wants its house."""

    origin: FakeOrigin
    delivery: Delivery = field(default_factory=Delivery)
    window: Window = field(default_factory=Window)
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    recheck: float | None = None
    near: Files | None = None  # a real folder in the fake's place
    book: Book = field(default_factory=Book)
    memory: int = 1 << 40  # of a worker
    index: FakeIndex = field(default_factory=FakeIndex)
    disk: FakeDisk | None = None
    lock: Lock | None = None
    client_cache_control: Mode = "ignore"
    ignore_no_transform: bool = False
    groups: bool = False

    def marked(self, path: str) -> Book:
        """A book with one watermark, `logo`, that lies at this path."""
        return Book(marks={"logo": Mark("logo", Watermark(), path)})

    def build(self) -> House:
        now = [1_795_000_000.0]
        pool, observer = FakePool(facts=Facts("jpeg", 400, 300)), Quiet()
        cache = Tiered(Memory(1 << 24), self.disk, clock=lambda: now[0])
        records = Records(self.index, lambda: now[0])
        purger = Purger(records, self.index, cache, NoPeers(), lambda: now[0])
        originals = Originals(
            records, cache, pool.probe, observer, clock=lambda: now[0], steady=lambda: now[0], lock=self.lock
        )
        rules = Rules(lambda query, trusted: parse(query, self.book, trusted), self.delivery)
        of = self.near or self.origin
        route = Route("/p/", of, rules, self.access, self.window, self.recheck)
        route = replace(
            route,
            client_cache_control=self.client_cache_control,
            ignore_no_transform=self.ignore_no_transform,
            groups=self.groups,
        )
        rooms = (RouteMap([route]), originals, cache, pool, Gate(2, 5.0), self.limits)
        pipeline = Pipeline(*rooms, memory=self.memory, clock=lambda: now[0], lock=self.lock)
        return House(self.origin, pool, cache, pipeline, originals, observer, records, purger, now)


@pytest.fixture
def building() -> Building:
    return Building(FakeOrigin({"a.jpg": (PHOTO, {})}))


@pytest.fixture
def house(building: Building) -> House:
    return building.build()
