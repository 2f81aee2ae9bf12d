"""The tiers together, over the fake disk: what is found where, and what a forget overtakes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cache.behind import FILE_WEIGHT
from cache.entry import Entry, FileSlice
from cache.fake import FakeDisk
from cache.memory import Memory, weigh
from cache.tiered import Hit, Tiered
from tests.cache.samples import body, content, entry, file_entry, open_descriptors, opened


@pytest.fixture
def disk() -> FakeDisk:
    return FakeDisk()


@pytest.fixture
async def tiers(disk: FakeDisk) -> AsyncIterator[Tiered]:
    tiers = Tiered(Memory(1 << 20), disk, clock=lambda: 99.0, queue_bytes=4 << 20)
    yield tiers
    disk.gate.set()
    await tiers.close()


def over(disk: FakeDisk, memory: int = 1 << 20) -> Tiered:
    """Tiers that have just started over this disk."""
    return Tiered(Memory(memory), disk, clock=lambda: 99.0)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_was_put_is_a_hit_in_memory_at_once(tiers: Tiered) -> None:
    tiers.put_behind("k", entry())
    assert tiers.peek("k") == Hit(entry(), "mem")
    assert await tiers.get("k") == Hit(entry(), "mem")


async def test_nobody_has_what_was_never_put(tiers: Tiered) -> None:
    assert tiers.peek("k") is None
    assert await tiers.get("k") is None


async def test_it_reaches_the_disk_behind_the_caller_s_back(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("k", entry())
    assert "k" not in disk
    await tiers.flush()
    assert "k" in disk
    assert (tiers.stats().queue_bytes, tiers.stats().queue_entries) == (0, 0)


async def test_a_disk_hit_is_promoted_into_memory(disk: FakeDisk) -> None:
    await disk.put("k", entry())
    tiers = over(disk)
    assert await tiers.get("k") == Hit(entry(), "disk")
    assert tiers.peek("k") == Hit(entry(), "mem")


async def test_an_entry_without_a_date_is_dated(tiers: Tiered) -> None:
    tiers.put_behind("k", Entry(b"x"))
    assert tiers.peek("k") == Hit(Entry(b"x", stored_at=99.0), "mem")


async def test_what_memory_did_not_take_is_found_while_it_waits_to_be_written(disk: FakeDisk) -> None:
    tiers = over(disk, memory=0)
    disk.gate.clear()
    tiers.put_behind("k", entry())
    await settle()
    assert await tiers.get("k") == Hit(entry(), "mem")
    disk.gate.set()
    await tiers.flush()
    assert await tiers.get("k") == Hit(entry(), "disk")


async def test_a_file_body_is_found_in_the_queue_under_a_descriptor_of_its_own(
    tiers: Tiered, disk: FakeDisk, tmp_path: Path
) -> None:
    before = open_descriptors()
    disk.gate.clear()
    spooled = file_entry(tmp_path, body(50_000))
    tiers.put_behind("k", spooled)
    spooled.close()
    hit = await tiers.get("k")
    assert hit is not None
    assert (content(hit.entry), hit.tier) == (body(50_000), "disk")
    disk.gate.set()
    await tiers.flush()
    assert open_descriptors() == before


async def test_over_the_bound_a_write_is_dropped_and_counted_and_memory_still_has_it(
    tiers: Tiered, disk: FakeDisk
) -> None:
    disk.gate.clear()
    weight = weigh("00", entry(200_000))
    for number in range(10, 40):
        tiers.put_behind(str(number), entry(200_000))
    fitting = (4 << 20) // weight
    assert (tiers.stats().queue_entries, tiers.stats().dropped) == (fitting, 30 - fitting)
    assert tiers.stats().queue_bytes == fitting * weight
    assert tiers.peek("39") is not None
    disk.gate.set()
    await tiers.flush()
    assert disk.stats.entries == fitting


async def test_a_queued_file_weighs_no_more_than_its_descriptor(tiers: Tiered, tmp_path: Path) -> None:
    spooled = file_entry(tmp_path, bytes(3 << 20))
    tiers.put_behind("k", spooled)
    assert tiers.stats().queue_bytes == FILE_WEIGHT
    spooled.close()


async def test_a_file_body_that_cannot_be_duplicated_is_dropped(tiers: Tiered) -> None:
    tiers.put_behind("k", Entry(FileSlice(-1, 0, 5)))
    assert (tiers.stats().dropped, await tiers.get("k")) == (1, None)


async def test_only_the_last_of_two_puts_is_queued(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("k", entry(10, 1))
    tiers.put_behind("k", entry(10, 2))
    assert tiers.stats().queue_entries == 1
    await tiers.flush()
    assert (content(await disk.get("k")), disk.stats.puts) == (body(10, 2), 1)


async def test_a_put_while_the_older_is_being_written_is_written_too(tiers: Tiered, disk: FakeDisk) -> None:
    disk.gate.clear()
    tiers.put_behind("k", entry(10, 1))
    await settle()
    tiers.put_behind("k", entry(10, 2))
    disk.gate.set()
    await tiers.flush()
    assert (content(await disk.get("k")), disk.stats.puts) == (body(10, 2), 2)


async def test_forgotten_is_gone_from_every_tier(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("k", entry())
    await tiers.flush()
    await tiers.forget("k")
    assert (tiers.peek("k"), await tiers.get("k"), "k" in disk) == (None, None, False)


async def test_a_forget_takes_a_write_out_of_the_queue(tiers: Tiered, disk: FakeDisk) -> None:
    tiers.put_behind("k", entry())
    await tiers.forget("k")
    await tiers.flush()
    assert (await tiers.get("k"), disk.stats.puts) == (None, 0)


async def test_a_forget_wins_over_a_write_in_progress(tiers: Tiered, disk: FakeDisk) -> None:
    disk.gate.clear()
    tiers.put_behind("k", entry())
    await settle()
    forgetting = asyncio.ensure_future(tiers.forget("k"))
    await settle()
    assert await tiers.get("k") is None
    disk.gate.set()
    await forgetting
    assert (await tiers.get("k"), "k" in disk) == (None, False)


async def test_a_read_that_a_forget_overtakes_brings_nothing_back(tiers: Tiered, disk: FakeDisk) -> None:
    await disk.put("k", entry())
    disk.gate.clear()
    reading = asyncio.ensure_future(tiers.get("k"))
    await settle()
    forgetting = asyncio.ensure_future(tiers.forget("k"))
    await settle()
    disk.gate.set()
    await forgetting
    assert (await reading, tiers.peek("k")) == (None, None)


async def test_a_read_that_a_put_overtakes_brings_the_newer(tiers: Tiered, disk: FakeDisk) -> None:
    await disk.put("k", entry(10, 1))
    disk.gate.clear()
    reading = asyncio.ensure_future(tiers.get("k"))
    await settle()
    tiers.put_behind("k", entry(10, 2))
    disk.gate.set()
    assert await reading == Hit(entry(10, 2), "mem")
    assert tiers.peek("k") == Hit(entry(10, 2), "mem")


async def test_what_is_put_while_a_forget_waits_for_the_disk_stays(tiers: Tiered, disk: FakeDisk) -> None:
    disk.gate.clear()
    forgetting = asyncio.ensure_future(tiers.forget("k"))
    await settle()
    tiers.put_behind("k", entry())
    disk.gate.set()
    await forgetting
    await tiers.flush()
    assert tiers.peek("k") == Hit(entry(), "mem")
    assert "k" in disk


async def test_a_reader_that_leaves_is_not_remembered(tiers: Tiered, disk: FakeDisk) -> None:
    disk.gate.clear()
    reading = asyncio.ensure_future(tiers.get("k"))
    await settle()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert tiers._reads == {}


async def test_with_a_failing_disk_memory_goes_on(tiers: Tiered, disk: FakeDisk) -> None:
    disk.failing = True
    tiers.put_behind("k", entry())
    await tiers.flush()
    assert tiers.peek("k") == Hit(entry(), "mem")
    stats = tiers.stats()
    assert stats.disk is not None
    assert (stats.disk.failures, stats.disk.healthy, stats.queue_entries) == (1, False, 0)


async def test_an_entry_that_cannot_be_written_does_not_hold_up_the_others(
    tiers: Tiered, disk: FakeDisk, caplog: pytest.LogCaptureFixture
) -> None:
    tiers.put_behind("bad", Entry(b"x", {"not": [1]}))  # type: ignore[dict-item]  # a caller's mistake
    tiers.put_behind("good", entry())
    await tiers.flush()
    assert ("good" in disk, tiers.stats().dropped) == (True, 1)
    assert "could not be written to the disk cache" in caplog.text


async def test_closing_writes_what_is_queued(disk: FakeDisk) -> None:
    tiers = over(disk)
    tiers.put_behind("k", entry())
    await tiers.close()
    assert ("k" in disk, disk.closed, tiers.stats().dropped) == (True, True, 0)


async def test_closing_waits_no_longer_than_its_grace(disk: FakeDisk, tmp_path: Path) -> None:
    before = open_descriptors()
    tiers, spooled = over(disk), file_entry(tmp_path, body(10))
    disk.gate.clear()
    tiers.put_behind("begun", entry())
    tiers.put_behind("waiting", spooled)
    spooled.close()
    asyncio.get_running_loop().call_later(0.05, disk.gate.set)
    await tiers.close(grace=0)
    assert ("waiting" in disk, disk.closed) == (False, True)
    assert tiers.stats().dropped >= 1
    assert open_descriptors() == before


async def test_after_closing_nothing_is_kept(tiers: Tiered, disk: FakeDisk) -> None:
    await tiers.close()
    await tiers.close()
    tiers.put_behind("k", entry())
    assert (await tiers.get("k"), disk.stats.puts) == (None, 0)


async def test_without_a_disk_memory_is_all() -> None:
    tiers = Tiered(Memory(1 << 20))
    tiers.put_behind("k", entry())
    assert await tiers.get("k") == Hit(entry(), "mem")
    await tiers.forget("k")
    await tiers.flush()
    assert (await tiers.get("k"), tiers.stats().disk, tiers.stats().queue_entries) == (None, None, 0)
    await tiers.close()


async def test_it_says_what_it_holds(tiers: Tiered) -> None:
    tiers.put_behind("k", entry())
    assert "FakeDisk(0 entries), 1 queued, " in repr(tiers)
    assert repr(tiers).startswith("Tiered(Memory(1 entries, ")


@pytest.mark.parametrize("size", [100, 50_000, 2_000_000])
async def test_a_restart_over_a_real_disk_is_a_disk_hit_with_the_same_bytes(folder: Path, size: int) -> None:
    async with opened(folder) as disk:
        tiers = Tiered(Memory(64 << 20), disk)
        tiers.put_behind("k", entry(size))
        await tiers.close()
    async with opened(folder) as disk:
        hit = await Tiered(Memory(64 << 20), disk).get("k")
        assert hit is not None
        assert (hit.tier, hit.entry.meta, hit.entry.stored_at) == ("disk", entry().meta, entry().stored_at)
        assert content(hit.entry) == body(size)
