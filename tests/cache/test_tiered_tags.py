"""Forgetting by tag, and everything, in all tiers: what is under way brings nothing back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cache.entry import Entry
from cache.fake import FakeDisk
from cache.memory import Memory
from cache.tiered import Hit, Tiered
from tests.cache.samples import body, content, file_entry, open_descriptors, opened


def tagged(*tags: str, size: int = 10) -> Entry:
    return Entry(body(size), {}, 5.0, tags)


@pytest.fixture
def disk() -> FakeDisk:
    return FakeDisk()


@pytest.fixture
async def tiers(disk: FakeDisk) -> AsyncIterator[Tiered]:
    tiers = Tiered(Memory(1 << 20), disk, queue_bytes=4 << 20)
    yield tiers
    disk.gate.set()
    await tiers.close()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_carries_a_tag_is_gone_from_every_tier(tiers: Tiered, disk: FakeDisk) -> None:
    for key, tags in {"a": ("x",), "b": ("x", "y"), "c": ("z",)}.items():
        tiers.put_behind(key, tagged(*tags))
    await tiers.flush()
    await disk.put("only on disk", tagged("y"))
    assert await tiers.forget_tags(["x", "y", "y"]) == 3
    assert [await tiers.get(key) is None for key in ("a", "b", "c", "only on disk")] == [True, True, False, True]
    assert (disk.stats.entries, await tiers.forget_tags(["x"])) == (1, 0)


async def test_it_takes_writes_out_of_the_queue(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("a", tagged("x"))
    tiers.put_behind("b", tagged("y"))
    assert await tiers.forget_tags(["x"]) == 1
    await tiers.flush()
    assert ("a" in disk, "b" in disk, await tiers.get("a")) == (False, True, None)


async def test_it_wins_over_a_write_in_progress(tiers: Tiered, disk: FakeDisk) -> None:
    disk.gate.clear()
    tiers.put_behind("k", tagged("x"))
    await settle()
    forgetting = asyncio.ensure_future(tiers.forget_tags(["x"]))
    await settle()
    disk.gate.set()
    await forgetting
    assert (await tiers.get("k"), "k" in disk) == (None, False)


@pytest.mark.parametrize("before", [True, False])
async def test_a_read_that_it_overtakes_brings_nothing_back(tiers: Tiered, disk: FakeDisk, before: bool) -> None:
    await disk.put("k", tagged("x"))
    await disk.put("other", tagged("y"))
    disk.gate.clear()
    early = [asyncio.ensure_future(tiers.get(key)) for key in ("k", "other") if before]
    await settle()
    forgetting = asyncio.ensure_future(tiers.forget_tags(["x"]))
    await settle()
    late = [asyncio.ensure_future(tiers.get(key)) for key in ("k", "other") if not before]
    await settle()
    disk.gate.set()
    await forgetting
    assert [await reading for reading in early + late] == [None, Hit(tagged("y"), "disk")]
    assert tiers.peek("k") is None


async def test_what_is_put_while_it_waits_for_the_disk_stays(tiers: Tiered, disk: FakeDisk) -> None:
    disk.gate.clear()
    forgetting = asyncio.ensure_future(tiers.forget_tags(["x"]))
    await settle()
    tiers.put_behind("k", tagged("x"))
    disk.gate.set()
    await forgetting
    await tiers.flush()
    assert ("k" in disk, tiers.peek("k")) == (True, Hit(tagged("x"), "mem"))
    assert (tiers._forgetting_tags, tiers._reads) == ({}, {})


async def test_a_forgotten_file_leaves_no_descriptor(tmp_path: Path, folder: Path) -> None:
    before = open_descriptors()
    async with opened(folder) as disk:
        tiers = Tiered(Memory(0), disk)
        spooled = file_entry(tmp_path, body(2_000_000))
        tiers.put_behind("k", Entry(spooled.body, {}, 1.0, ("x",)))
        spooled.close()
        await tiers.flush()
        reading = asyncio.ensure_future(tiers.get("k"))
        await asyncio.sleep(0)
        assert await tiers.forget_tags(["x"]) == 1
        assert await reading is None
        await tiers.close()
    assert open_descriptors() == before


async def test_a_drop_leaves_what_is_on_disk(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("written", tagged("x"))
    await tiers.flush()
    tiers.put_behind("queued", tagged("x"))
    tiers.put_behind("other", tagged("y"))
    assert tiers.drop_tags(["x"]) == 2
    assert (tiers.peek("written"), tiers.peek("queued"), tiers.peek("other")) == (None, None, Hit(tagged("y"), "mem"))
    await tiers.flush()
    assert [key in disk for key in ("written", "queued", "other")] == [True, False, True]
    assert await tiers.get("written") == Hit(tagged("x"), "disk")


@pytest.mark.parametrize("what", ["tags", "all"])
async def test_a_drop_undoes_a_write_in_progress(tiers: Tiered, disk: FakeDisk, what: str) -> None:
    disk.gate.clear()
    tiers.put_behind("k", tagged("x"))
    await settle()
    tiers.drop_tags(["x"]) if what == "tags" else tiers.drop_all()
    assert await tiers.get("k") is None
    disk.gate.set()
    await tiers.written()
    assert (await tiers.get("k"), "k" in disk, tiers._forgetting) == (None, False, {})


async def test_what_is_put_after_a_drop_stays_though_the_older_write_is_undone(tiers: Tiered, disk: FakeDisk) -> None:
    disk.gate.clear()
    tiers.put_behind("k", tagged("x"))
    await settle()
    tiers.drop_tags(["x"])
    tiers.drop_tags(["x"])
    tiers.put_behind("k", tagged("x", size=20))
    disk.gate.set()
    await tiers.flush()
    assert content(await disk.get("k")) == body(20)
    assert tiers.peek("k") == Hit(tagged("x", size=20), "mem")
    assert tiers._forgetting == {}


@pytest.mark.parametrize("what", ["tags", "all", "clear"])
async def test_a_read_in_progress_that_a_drop_overtakes_brings_nothing_back(
    tiers: Tiered, disk: FakeDisk, what: str
) -> None:
    await disk.put("k", tagged("x"))
    disk.gate.clear()
    reading = asyncio.ensure_future(tiers.get("k"))
    await settle()
    if what == "clear":
        clearing = asyncio.ensure_future(tiers.clear())
        await settle()
        assert await tiers.get("k") is None
        disk.gate.set()
        await clearing
    else:
        tiers.drop_tags(["x"]) if what == "tags" else tiers.drop_all()
        disk.gate.set()
    assert (await reading, tiers.peek("k")) == (None, None)


async def test_clear_empties_every_tier(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("written", tagged())
    await tiers.flush()
    tiers.put_behind("queued", tagged())
    await tiers.clear()
    tiers.put_behind("later", tagged())
    await tiers.flush()
    assert [await tiers.get(key) is not None for key in ("written", "queued", "later")] == [False, False, True]
    assert (disk.stats.entries, tiers.stats().queue_bytes) == (1, 0)


async def test_drop_all_leaves_what_is_on_disk(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("written", tagged())
    await tiers.flush()
    tiers.put_behind("queued", tagged())
    tiers.drop_all()
    await tiers.flush()
    assert (tiers.peek("written"), "written" in disk, "queued" in disk) == (None, True, False)


async def test_written_waits_for_what_was_put_so_far_and_no_longer(tiers: Tiered, disk: FakeDisk) -> None:
    await tiers.written()
    disk.gate.clear()
    for key in "ab":
        tiers.put_behind(key, tagged())
    waiting = asyncio.ensure_future(tiers.written())
    await settle()
    assert not waiting.done()
    puts = 0

    real = disk.put

    async def put(key: str, entry: Entry) -> bool:
        nonlocal puts
        puts += 1
        tiers.put_behind(f"more {puts}", tagged())
        await asyncio.sleep(0)
        return await real(key, entry)

    disk.put = put  # type: ignore[method-assign]
    disk.gate.set()
    await waiting
    assert ("a" in disk, "b" in disk, puts < 5) == (True, True, True)
    del disk.put


async def test_written_does_not_wait_for_what_is_dropped_or_fails(tiers: Tiered, disk: FakeDisk) -> None:
    disk.failing = True
    tiers.put_behind("fails", tagged())
    await tiers.written()
    disk.failing = False
    disk.gate.clear()
    tiers.put_behind("being written", tagged())
    await settle()
    first = asyncio.ensure_future(tiers.written())
    tiers.put_behind("dropped", tagged("x"))
    waiting = asyncio.ensure_future(tiers.written())
    await settle()
    tiers.drop_tags(["x"])
    disk.gate.set()
    await asyncio.gather(waiting, first)
    assert "dropped" not in disk


async def test_without_a_disk_memory_is_all() -> None:
    tiers = Tiered(Memory(1 << 20))
    for key in "abc":
        tiers.put_behind(key, tagged(key))
    assert (await tiers.forget_tags(["a"]), tiers.drop_tags(["b"])) == (1, 1)
    assert [await tiers.get(key) is None for key in "abc"] == [True, True, False]
    await tiers.written()
    await tiers.clear()
    assert await tiers.get("c") is None
    tiers.drop_all()
    await tiers.close()
