"""The disk tier on a sound disk."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from cache.disk import DiskTier
from cache.entry import Entry, FileSlice
from tests.cache.samples import META, body, content, entry, file_entry, open_descriptors, opened, value_files

SIZES = [0, 1, 20_000, 32_000, 40_000, 1 << 20, (1 << 20) + 1, 3_000_000]


@pytest.mark.parametrize("size", SIZES)
async def test_what_was_put_comes_back(folder: Path, size: int) -> None:
    async with opened(folder) as tier:
        assert await tier.put("k", entry(size))
        found = await tier.get("k")
        assert found is not None
        assert (found.meta, found.stored_at, found.tags) == (META, 1_700_000_000.5, ("a", "b"))
        assert isinstance(found.body, FileSlice) == (size > 1 << 20)
        assert content(found) == body(size)


@pytest.mark.parametrize("size", [100, 50_000, 3_000_000])
async def test_a_restart_loses_nothing(folder: Path, size: int) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(size))
    async with opened(folder) as tier:
        found = await tier.get("k")
        assert found is not None
        assert found.meta == META
        assert content(found) == body(size)


async def test_a_body_in_a_file_is_streamed_in_while_its_owner_closes_it(folder: Path, tmp_path: Path) -> None:
    before = open_descriptors()
    async with opened(folder) as tier:
        spooled = file_entry(tmp_path, body(2_000_000), before=b"head")
        writing = asyncio.ensure_future(tier.put("k", spooled))
        await asyncio.sleep(0)
        spooled.close()
        assert await writing
        assert content(await tier.get("k")) == body(2_000_000)
    assert open_descriptors() == before


async def test_an_open_body_outlives_its_file(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(2_000_000))
        found = await tier.get("k")
        await tier.forget("k")
        assert value_files(folder) == []
        assert content(found) == body(2_000_000)


async def test_forgotten_is_a_miss_and_absent_is_nothing(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry())
        await tier.forget("k")
        await tier.forget("never there")
        assert await tier.get("k") is None
        assert tier.stats.entries == 0


async def test_an_overwritten_key_has_the_new_body_and_one_file(folder: Path) -> None:
    async with opened(folder) as tier:
        for seed in range(3):
            await tier.put("k", entry(50_000, seed))
        assert content(await tier.get("k")) == body(50_000, 2)
        assert len(value_files(folder)) == 1


async def test_calls_take_effect_in_their_order(folder: Path) -> None:
    async with opened(folder) as tier:
        await asyncio.gather(tier.put("a", entry(2_000_000)), tier.forget("a"))
        await asyncio.gather(tier.forget("b"), tier.put("b", entry(2_000_000)))
        assert await tier.get("a") is None
        assert content(await tier.get("b")) == body(2_000_000)


async def test_a_reader_who_leaves_leaves_no_descriptor(folder: Path) -> None:
    before = open_descriptors()
    async with opened(folder) as tier:
        await tier.put("k", entry(5_000_000))
        for _ in range(3):
            reading = asyncio.ensure_future(tier.get("k"))
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
    assert open_descriptors() == before


async def test_a_writer_who_leaves_has_written(folder: Path) -> None:
    async with opened(folder) as tier:
        writing = asyncio.ensure_future(tier.put("k", entry(2_000_000)))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    async with opened(folder) as tier:
        assert content(await tier.get("k")) == body(2_000_000)


@pytest.mark.parametrize("sizes", [(3_000,), (90_000,), (500, 20_000, 60_000, 400_000, 700_000)])
async def test_the_folder_never_outgrows_its_size(folder: Path, sizes: tuple[int, ...]) -> None:
    limit = 3 << 20
    async with opened(folder, limit) as tier:
        for number in range(4_000_000 // max(sizes) + 100):
            await tier.put(str(number), entry(sizes[number % len(sizes)], number))
            assert tier.stats.bytes <= limit
        blocks = sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
        assert 0.6 * limit < tier.stats.bytes
        assert blocks <= 1.01 * limit
        assert tier.stats.evictions > 0


async def test_the_oldest_go_first(folder: Path) -> None:
    async with opened(folder, 4 << 20) as tier:
        for number in range(60):
            await tier.put(str(number), entry(100_000, number))
        kept = [number for number in range(60) if content(await tier.get(str(number))) is not None]
        assert kept == list(range(kept[0], 60))
        assert len(kept) > 30


async def test_what_is_over_a_quarter_is_not_kept_nor_is_what_it_replaces(folder: Path) -> None:
    async with opened(folder, 4 << 20) as tier:
        await tier.put("k", entry(10))
        assert not await tier.put("k", entry((1 << 20) + 1))
        assert await tier.get("k") is None


async def test_the_folder_is_ours_alone(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry())
        assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "rows-000001")] == [0o700, 0o700]


async def test_a_generation_that_others_may_write_is_not_used(folder: Path) -> None:
    (folder / "rows-000001").mkdir(parents=True)
    (folder / "rows-000001").chmod(0o777)
    async with opened(folder) as tier:
        await tier.put("k", entry())
        assert (folder / "rows-000002" / "cache.db").exists()


async def test_two_tiers_share_a_folder(folder: Path) -> None:
    async with opened(folder) as one, opened(folder) as other:
        await one.put("a", entry(50_000, 1))
        await other.put("b", entry(20, 2))
        assert content(await other.get("a")) == body(50_000, 1)
        assert content(await one.get("b")) == body(20, 2)
        await other.forget("a")
        assert await one.get("a") is None


async def test_files_that_no_row_names_are_swept_when_it_opens(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(50_000))
    for name in ("ab/orphan.val", "ab/" + "0" * 30 + ".val"):
        (folder / "rows-000001" / name).parent.mkdir(exist_ok=True)
        (folder / "rows-000001" / name).write_bytes(b"torn")
    async with opened(folder) as tier:
        await tier.forget("nobody")  # behind the sweep
        assert len(value_files(folder)) == 1
        assert content(await tier.get("k")) == body(50_000)


async def test_while_another_has_the_folder_open_only_old_files_are_orphans(folder: Path) -> None:
    async with opened(folder) as first:
        await first.put("k", entry())
        young, old = (folder / "rows-000001" / "cd" / f"{digit * 30}.val" for digit in "ab")
        young.parent.mkdir()
        young.write_bytes(b"being written")
        old.write_bytes(b"left behind")
        os.utime(old, (1, 1))
        async with opened(folder) as second:
            await second.forget("nobody")
            assert value_files(folder) == [young]


async def test_after_close_it_misses_and_stores_nothing(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry())
        await tier.close()
        assert await tier.get("k") is None
        assert not await tier.put("k", entry())
        await tier.forget("k")


@pytest.mark.parametrize("key", [7, b"k", None, "\ud800"])
async def test_a_key_that_is_no_text_is_a_mistake_of_the_caller(folder: Path, key: str) -> None:
    async with opened(folder) as tier:
        for call in (tier.put(key, entry()), tier.get(key), tier.forget(key)):
            with pytest.raises((AttributeError, TypeError, UnicodeEncodeError)):
                await call
        assert await tier.put("k", entry())
        assert (tier.stats.failures, tier.stats.rebuilds) == (0, 0)


async def test_a_body_file_that_shrank_is_a_mistake_of_the_caller(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(body(500))
    spooled = Entry(FileSlice(os.open(tmp_path / "short", os.O_RDONLY), 0, 100_000))
    async with opened(folder) as tier:
        with pytest.raises(EOFError):
            await tier.put("k", spooled)
        assert (await tier.get("k"), value_files(folder), tier.stats.failures) == (None, [], 0)
    spooled.close()


async def test_it_counts_and_says_what_it_did(folder: Path) -> None:
    async with opened(folder, 8 << 20) as tier:
        await tier.put("k", entry(100))
        await tier.get("k")
        await tier.get("nobody")
        stats = tier.stats
        assert (stats.hits, stats.misses, stats.puts, stats.entries, stats.healthy) == (1, 1, 1, 1, True)
        assert repr(tier) == (
            f"DiskTier(1 entries, {stats.bytes} of {8 << 20} bytes, "
            "Lane(reads, on, 0 failures, 0 rebuilds), Lane(writes, on, 0 failures, 0 rebuilds))"
        )


async def test_closing_at_once_and_twice_is_well(folder: Path) -> None:
    tier = DiskTier(folder, 1 << 20)
    await tier.close()
    await tier.close()
    assert repr(tier).startswith("DiskTier(0 entries, ")
