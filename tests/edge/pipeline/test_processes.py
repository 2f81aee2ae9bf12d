"""Several processes over one disk and one index: what one has brought or made, the others find."""

import asyncio
import os
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from cache.entry import Entry, FileSlice
from cache.fake import FakeDisk
from edge.origins.fake import FakeOrigin
from tests.edge.pipeline.conftest import PHOTO, Building, House


class SharedLock:
    """Of processes that all live in this one; given back when what was put is on disk."""

    def __init__(self) -> None:
        self.houses: list[House] = []
        self.taken: list[str] = []
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def held(self, key: str) -> AsyncIterator[None]:
        async with self._locks[key]:
            self.taken.append(key)
            yield
            for house in self.houses:
                await house.cache.flush()


@pytest.fixture
def lock() -> SharedLock:
    return SharedLock()


@pytest.fixture
def pair(lock: SharedLock) -> tuple[House, House]:
    origin = FakeOrigin({"a.jpg": (PHOTO, {"Cache-Control": "max-age=60"})})
    building = Building(origin, disk=FakeDisk(), lock=lock)
    pair = (building.build(), building.build())
    lock.houses.extend(pair)
    return pair


def later(pair: tuple[House, House], seconds: float) -> None:
    for house in pair:
        house.later(seconds)


async def both(pair: tuple[House, House], url: str = "/p/a.jpg?w=100") -> list[str]:
    """Asked at once; why each asked, and whether it was spared."""
    replies = await asyncio.gather(*[house.get(url) for house in pair])
    assert replies[0].body == replies[1].body
    return [f"{reply.story.fwd} {reply.story.origin_status} {reply.story.collapsed}" for reply in replies]


async def test_a_cold_picture_is_fetched_and_made_once(pair: tuple[House, House]) -> None:
    pair[0].origin.delay = pair[0].pool.delay = pair[1].pool.delay = 0.01
    assert await both(pair) == ["uri-miss 200 False", "uri-miss 0 True"]
    assert (pair[0].origin.fetches(), len(pair[0].pool.jobs) + len(pair[1].pool.jobs)) == (1, 1)


async def test_a_stale_picture_is_validated_once(pair: tuple[House, House]) -> None:
    await both(pair)
    later(pair, 3600)
    pair[0].origin.delay = 0.01
    assert await both(pair) == ["stale 304 False", "stale 0 True"]
    assert pair[0].origin.fetches() == 2


async def test_what_the_other_could_not_bring_is_asked_for(pair: tuple[House, House]) -> None:
    pair[0].origin.put("a.jpg", PHOTO, {"Cache-Control": "no-store"})
    assert await both(pair) == ["uri-miss 200 False", "uri-miss 200 False"]
    assert pair[0].origin.fetches() == 2


async def test_a_client_that_wishes_a_validation_gets_one(lock: SharedLock) -> None:
    building = Building(FakeOrigin({"a.jpg": (PHOTO, {})}), disk=FakeDisk(), lock=lock)
    building.client_cache_control = "revalidate"
    house = building.build()
    await house.get("/p/a.jpg?w=100")
    assert (await house.get("/p/a.jpg?w=100", {"Cache-Control": "no-cache"})).story.origin_status == 304


class Slices(FakeDisk):
    """Hands out open files."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[FileSlice] = []

    async def get(self, key: str) -> Entry | None:
        entry = await super().get(key)
        if entry is None or not isinstance(entry.body, bytes):
            return entry
        with tempfile.TemporaryFile() as file:
            file.write(entry.body)
            file.flush()
            self.opened.append(FileSlice(os.dup(file.fileno()), 0, len(entry.body)))
        return replace(entry, body=self.opened[-1])


async def test_each_gets_a_descriptor_of_its_own_of_what_another_process_made(lock: SharedLock) -> None:
    disk = Slices()
    building = Building(FakeOrigin({"a.jpg": (PHOTO, {"Cache-Control": "max-age=60"})}), disk=disk, lock=lock)
    pair = (building.build(), building.build())
    lock.houses.extend(pair)
    await pair[0].get("/p/a.jpg?w=100")
    await pair[0].cache.flush()
    replies = await asyncio.gather(pair[0].get("/p/a.jpg?w=200"), *[pair[1].get("/p/a.jpg?w=200") for _ in range(3)])
    bodies = [reply.body for reply in replies[1:]]
    assert len({id(body) for body in bodies}) == 3
    for body in bodies:
        assert isinstance(body, FileSlice)
        assert await asyncio.to_thread(body.read) == b"jpeg 200x150 #2"
        body.close()
    assert len(pair[1].pool.jobs) == 0
    assert all(slice_.fileno() == -1 for slice_ in disk.opened)


async def test_a_large_rendition_of_another_process_is_found(pair: tuple[House, House]) -> None:
    await pair[0].get("/p/a.jpg?w=100")
    await pair[0].cache.flush()
    reply = await pair[1].get("/p/a.jpg?w=100")
    assert (reply.story.tier, pair[1].pool.jobs, pair[0].origin.fetches()) == ("disk", [], 1)


async def test_a_folder_is_looked_at_without_agreeing_who_looks(lock: SharedLock) -> None:
    building = Building(FakeOrigin({"a.jpg": (PHOTO, {})}), disk=FakeDisk(), lock=lock, recheck=1.0)
    house = building.build()
    for _ in range(3):
        await house.get("/p/a.jpg?w=100")
        house.later(2)
    assert (house.origin.fetches(), len(lock.taken)) == (3, 1)


async def test_without_others_nobody_looks_twice(building: Building) -> None:
    building.disk = FakeDisk()
    house = building.build()
    looked: list[str] = []
    find = building.index.find

    async def counted(name: str) -> object:
        looked.append(name)
        return await find(name)

    building.index.find = counted  # type: ignore[method-assign, assignment]
    await house.get("/p/a.jpg?w=100")
    assert (len(looked), building.disk.stats.misses) == (1, 1)
