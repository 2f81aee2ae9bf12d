"""The disk tier on a disk that lies, fills up, or loses its writer: right bytes or a miss, never an exception."""

import asyncio
import contextlib
import errno
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cache import lane, rows, shelf
from cache.disk import DiskTier
from tests.cache.samples import DAMAGES, HERE, Clock, body, content, entry, flip, opened, value_files, zero

BODIES = {"tiny": body(10, 1), "inline": body(20_000, 2), "file": body(40_000, 3), "slice": body(1_100_000, 4)}


async def fill(folder: Path) -> None:
    async with opened(folder) as tier:
        for seed, (key, content) in enumerate(BODIES.items(), 1):
            await tier.put(key, entry(len(content), seed))


async def read_back(tier: DiskTier) -> dict[str, bytes]:
    found = {key: content(await tier.get(key)) for key in BODIES}
    return {key: content for key, content in found.items() if content is not None}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_damaged_between_runs_costs_entries_but_never_a_byte(folder: Path, damage: str) -> None:
    await fill(folder)
    kept = folder.with_name("kept")
    folder.rename(kept)
    for victim in [path.relative_to(kept) for path in files(kept) if path.stat().st_size]:
        shutil.copytree(kept, folder)
        DAMAGES[damage](folder / victim)
        async with opened(folder) as tier:
            found = await read_back(tier)
            assert found.items() <= BODIES.items()
            assert await tier.put("new", entry(50_000, 9)), victim
            assert content(await tier.get("new")) == body(50_000, 9)
        shutil.rmtree(folder)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_damaged_under_an_open_tier_costs_entries_but_never_a_byte(
    folder: Path, damage: str, clock: Clock
) -> None:
    await fill(folder)
    kept = folder.with_name("kept")
    folder.rename(kept)
    for victim in [path.relative_to(kept) for path in files(kept) if path.stat().st_size]:
        shutil.copytree(kept, folder)
        async with opened(folder, clock=clock) as tier:
            assert await read_back(tier) == BODIES
            DAMAGES[damage](folder / victim)
            assert (await read_back(tier)).items() <= BODIES.items()
            if not await tier.put("new", entry(50_000, 9)):  # both lanes met the damage at once, and one stood aside
                clock.now += lane.HOLD + 1
                assert await tier.put("new", entry(50_000, 9)), victim
            clock.now += lane.HOLD + 1  # the reading lane too
            assert content(await tier.get("new")) == body(50_000, 9)
        shutil.rmtree(folder)


async def test_many_places_of_the_database_can_be_flipped(folder: Path) -> None:
    await fill(folder)
    kept = folder.with_name("kept")
    folder.rename(kept)
    size = (kept / "rows-000001" / "cache.db").stat().st_size
    for at in [*range(0, 120, 5), *range(120, size, size // 60)]:
        shutil.copytree(kept, folder)
        flip(folder / "rows-000001" / "cache.db", at)
        async with opened(folder) as tier:
            assert (await read_back(tier)).items() <= BODIES.items(), at
        shutil.rmtree(folder)


async def test_a_torn_value_is_repaired_by_the_next_put(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(50_000))
        os.truncate(value_files(folder)[0], 100)
        assert await tier.get("k") is None
        assert (tier.stats.repaired, value_files(folder)) == (1, [])
        await tier.put("k", entry(50_000))
        assert content(await tier.get("k")) == body(50_000)


async def test_damage_is_told_once_and_what_was_there_is_swept(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    await fill(folder)
    zero(folder / "rows-000001" / "cache.db")
    async with opened(folder) as tier:
        assert await read_back(tier) == {}
        await tier.forget("nobody")
        assert tier.stats.rebuilds >= 1
        assert tier.stats.healthy
    assert not (folder / "rows-000001").exists()
    assert len([record for record in caplog.records if "is damaged and begins anew" in record.message]) == 1


async def test_a_folder_removed_under_an_open_tier_is_made_again(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(50_000))
        shutil.rmtree(folder)
        assert await tier.get("k") is None
        assert await tier.put("k", entry(50_000))
        assert content(await tier.get("k")) == body(50_000)
        assert tier.stats.failures == 0


async def test_a_disk_that_garbles_everything_is_an_outage(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def garbled(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    async with opened(folder, clock=clock) as tier:
        await tier.put("k", entry())
        monkeypatch.setattr(shelf.Shelf, "get", garbled)
        assert [await tier.get("k") for _ in range(5)] == [None] * 5
        assert (tier.stats.rebuilds, tier.stats.healthy) == (1, False)


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
async def test_an_outage_turns_writes_off_for_a_while_and_is_told_once(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    caplog.set_level(logging.INFO, "cache")
    async with opened(folder, clock=clock) as tier:
        await tier.put("before", entry(50_000))
        with monkeypatch.context() as broken:
            broken.setattr(rows.RawDisk, "_write", failing(OSError(code, os.strerror(code))))
            for _ in range(3):
                assert not await tier.put("k", entry(50_000))
                clock.now += lane.HOLD
        assert (tier.stats.failures, tier.stats.healthy) == (3, False)
        assert content(await tier.get("before")) == body(50_000)
        assert await tier.put("k", entry(50_000))
        assert tier.stats.healthy
    assert len([record for record in caplog.records if "is off for writes" in record.message]) == 1
    assert len([record for record in caplog.records if "is on again for writes" in record.message]) == 1


async def test_while_writes_are_off_none_is_tried(folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(folder, clock=clock) as tier:
        with monkeypatch.context() as broken:
            broken.setattr(rows.RawDisk, "_write", failing(OSError(errno.ENOSPC, "full")))
            await tier.put("k", entry(50_000))
        assert not await tier.put("k", entry(50_000))
        clock.now += lane.HOLD - 1
        assert not await tier.put("k", entry(50_000))
        clock.now += 1
        assert await tier.put("k", entry(50_000))
        assert tier.stats.failures == 1


async def test_what_is_forgotten_in_an_outage_is_gone_then_and_afterwards(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(folder, clock=clock) as tier:
        await tier.put("k", entry())
        await tier.put("l", entry())
        with monkeypatch.context() as broken:
            broken.setattr(shelf.Shelf, "forget", failing(OSError(errno.EROFS, "read-only")))
            await tier.forget("k")
            assert await tier.get("k") is None
        clock.now += lane.HOLD
        await tier.put("m", entry())
    async with opened(folder) as tier:
        assert await tier.get("k") is None
        assert content(await tier.get("l")) == body(100)


async def test_what_could_not_be_forgotten_by_the_end_takes_its_generation_along(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry())
        monkeypatch.setattr(shelf.Shelf, "forget", failing(OSError(errno.ENOSPC, "full")))
        await tier.forget("k")
    monkeypatch.undo()
    async with opened(folder) as tier:
        assert await tier.get("k") is None


async def test_a_lock_that_another_keeps_is_an_outage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cache.disk._WRITE_PATIENCE", 0.01)
    async with opened(folder) as tier:
        await tier.put("k", entry())
        await tier.get("k")
        other = sqlite3.connect(folder / "rows-000001" / "cache.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert not await tier.put("l", entry())
        assert content(await tier.get("k")) == body(100)
        assert not tier.stats.healthy
        other.execute("ROLLBACK")
        other.close()


async def test_a_full_file_system_costs_writes_and_nothing_else(tmpfs: Path, clock: Clock) -> None:
    async with opened(tmpfs / "cache", clock=clock) as tier:
        for number in range(60):
            await tier.put(str(number), entry(90_000, number))
        assert not tier.stats.healthy
        assert content(await tier.get("3")) == body(90_000, 3)
        await tier.forget("3")
        clock.now += lane.HOLD
        await tier.forget("4")
        assert [await tier.get(key) for key in "34"] == [None, None]
        assert await tier.put("back", entry(40_000, 1))
    async with opened(tmpfs / "cache") as tier:
        assert content(await tier.get("5")) == body(90_000, 5)
        assert content(await tier.get("back")) == body(40_000, 1)


async def test_a_read_only_file_system_is_an_outage(tmpfs: Path) -> None:
    async with opened(tmpfs / "cache") as tier:
        await tier.put("k", entry(50_000))
    subprocess.run(["mount", "-o", "remount,ro", tmpfs], check=True)
    async with opened(tmpfs / "cache") as tier:
        assert await tier.get("k") is None
        assert not await tier.put("k", entry(50_000))
        assert not tier.stats.healthy


async def test_a_path_that_cannot_be_a_folder_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with opened(tmp_path / "file" / "cache") as tier:
        assert not await tier.put("k", entry())
        assert await tier.get("k") is None
        assert not tier.stats.healthy


WRITER = """
import asyncio, sys
from cache.disk import DiskTier
from tests.cache.samples import entry

async def write():
    tier = DiskTier(sys.argv[1], 8 << 20)
    for number in range(10**6):
        await tier.put(str(number % 50), entry(1 + number % 50 * 3_000, number % 50))
        if number == 5:
            print("writing", flush=True)

asyncio.run(write())
"""


async def test_a_writer_killed_at_any_moment_leaves_right_bytes_and_no_orphans(folder: Path) -> None:
    for turn in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, env=HERE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            await asyncio.sleep(0.011 * turn)
            writer.send_signal(signal.SIGKILL)
    async with opened(folder) as tier:
        found = {number: content(await tier.get(str(number))) for number in range(50)}
        assert {
            number for number, content in found.items() if content not in {None, body(1 + number * 3_000, number)}
        } == set()
        assert len([content for content in found.values() if content is not None]) > 5
        await tier.forget("nobody")
        with contextlib.closing(sqlite3.connect(folder / "rows-000001" / "cache.db")) as database:
            named = {name for (name,) in database.execute("SELECT filename FROM Cache WHERE filename IS NOT NULL")}
        assert {path.relative_to(folder / "rows-000001").as_posix() for path in value_files(folder)} == named
        assert tier.stats.rebuilds == 0
