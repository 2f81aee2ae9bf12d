"""The fake disk keeps what the real one keeps: the same sentences hold for both."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cache.disk import DiskTier
from cache.entry import Entry
from cache.fake import FakeDisk
from cache.tier import Disk
from tests.cache.samples import body, content, entry, file_entry


@pytest.fixture(params=[DiskTier, FakeDisk])
async def disk(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Disk]:
    disk: Disk = FakeDisk() if request.param is FakeDisk else DiskTier(folder, 64 << 20)
    yield disk
    await disk.close()


async def test_what_was_put_comes_back_and_what_was_forgotten_does_not(disk: Disk) -> None:
    assert await disk.put("k", entry(50_000))
    assert content(await disk.get("k")) == body(50_000)
    await disk.forget("k")
    assert await disk.get("k") is None


async def test_a_file_body_may_be_closed_once_it_was_given(disk: Disk, tmp_path: Path) -> None:
    spooled = file_entry(tmp_path, body(50_000))
    writing = asyncio.ensure_future(disk.put("k", spooled))
    await asyncio.sleep(0)
    spooled.close()
    assert await writing
    assert content(await disk.get("k")) == body(50_000)


async def test_calls_take_effect_in_their_order(disk: Disk) -> None:
    await asyncio.gather(disk.put("k", entry()), disk.forget("k"), disk.put("l", entry()))
    assert [content(await disk.get(key)) for key in "kl"] == [None, body(100)]


async def test_what_carries_a_tag_is_forgotten_and_counted(disk: Disk) -> None:
    for key, tags in {"k": ("x", "y"), "l": ("y",), "m": ("z",)}.items():
        await disk.put(key, Entry(b"x", {}, 1.0, tags))
    assert (await disk.forget_tags(["x", "y"]), await disk.forget_tags(["x"])) == (2, 0)
    assert [content(await disk.get(key)) for key in "klm"] == [None, None, b"x"]


async def test_cleared_it_holds_nothing_but_what_comes_later(disk: Disk) -> None:
    await asyncio.gather(disk.put("k", entry()), disk.clear(), disk.put("l", entry()))
    assert [content(await disk.get(key)) for key in "kl"] == [None, body(100)]


async def test_it_counts(disk: Disk) -> None:
    await disk.put("k", entry())
    await disk.get("k")
    await disk.get("nobody")
    stats = disk.stats
    assert (stats.puts, stats.hits, stats.misses, stats.entries, stats.healthy) == (1, 1, 1, 1, True)


async def test_the_fake_fails_when_told_and_works_when_told() -> None:
    disk = FakeDisk()
    disk.failing = True
    assert not await disk.put("k", entry())
    assert repr(disk) == "FakeDisk(0 entries, failing)"
    disk.failing = False
    assert await disk.put("k", entry())
    assert disk.stats.failures == 1
