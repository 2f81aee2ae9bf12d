"""The index on a disk that lies, fills up or cannot be written: what was purged never comes back, nothing raises."""

import asyncio
import contextlib
import logging
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cache import generation, lane
from cache.index import SqliteIndex
from cache.ledger import Ledger
from cache.tier import Row
from tests.cache.samples import DAMAGES, HERE, Clock, flip, zero

NAMES = [f"o\0{number:03}" for number in range(200)]


def row(name: str) -> Row:
    return Row(name, "", f"record of {name}".encode() * 5, 1.0, ("all", f"tag of {name}"))


@asynccontextmanager
async def index_at(path: Path, clock: Clock | None = None) -> AsyncIterator[SqliteIndex]:
    index = SqliteIndex(path, 10_000, clock) if clock else SqliteIndex(path, 10_000)
    try:
        yield index
    finally:
        await index.close()


async def fill(path: Path) -> None:
    async with index_at(path) as index:
        for name in NAMES:
            index.put(row(name))


async def sound(index: SqliteIndex) -> int:
    """How many are found; and what is found is what was put, and a new one is kept."""
    found = {name: await index.find(name) for name in NAMES[::4]}
    assert all(rows in {(), (row(name),)} for name, rows in found.items())
    assert await index.find("new") == ()
    index.put(row("new"))
    await index.flush()
    assert await index.find("new") == (row("new"),)
    assert await index.remove(["new"]) == 1
    return sum(map(len, found.values()))


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_damaged_between_runs_costs_records_but_never_a_byte(folder: Path, damage: str) -> None:
    await fill(folder / "index.db")
    DAMAGES[damage](folder / "index.db")
    async with index_at(folder / "index.db") as index:
        assert await sound(index) <= len(NAMES)
        assert index.stats.healthy


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_damaged_under_an_open_index_costs_records_but_never_a_byte(
    folder: Path, damage: str, clock: Clock
) -> None:
    await fill(folder / "index.db")
    async with index_at(folder / "index.db", clock) as index:
        assert len(await index.find(NAMES[0])) == 1
        DAMAGES[damage](folder / "index.db")
        await index.names(tag="all")
        clock.now += lane.HOLD + 1
        assert await sound(index) <= len(NAMES)


async def test_many_places_of_the_file_can_be_flipped(folder: Path) -> None:
    await fill(folder / "index.db")
    kept = folder.with_name("kept")
    folder.rename(kept)
    size = (kept / "index.db").stat().st_size
    for at in [*range(0, 100, 7), *range(100, size, size // 40)]:
        shutil.copytree(kept, folder)
        flip(folder / "index.db", at)
        async with index_at(folder / "index.db") as index:
            before = await index.generation()
            await sound(index)
            assert await index.remove(NAMES) <= len(NAMES), at
            assert [await index.find(name) for name in NAMES[::20]] == [()] * 10
            assert await index.generation(rise=True) > before
        shutil.rmtree(folder)


@pytest.mark.parametrize("content", ["CREATE TABLE Rows (x)", "PRAGMA user_version = 7", "no database"])
async def test_another_program_s_file_or_an_older_schema_begins_anew(
    folder: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir(parents=True, mode=0o700)
    path = folder / "index.db"
    if content == "no database":
        path.write_text(content * 100)
    else:
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute(content)
    path.chmod(0o600)
    async with index_at(path) as index:
        await index.flush()
        assert await sound(index) == 0
        assert (index.stats.rebuilds, index.stats.healthy) == (1, True)
    assert not path.exists()
    assert len([record for record in caplog.records if "is damaged and begins anew" in record.message]) == 1


async def test_a_file_that_others_may_read_or_a_link_is_not_used(folder: Path) -> None:
    await fill(folder / "index.db")
    (folder / "index.db").chmod(0o644)
    (folder / "index.db.000002").symlink_to(folder / "index.db")
    async with index_at(folder / "index.db") as index:
        assert await sound(index) == 0
    assert (folder / "index.db.000003").stat().st_size > 0


async def test_an_index_that_begins_anew_is_above_every_generation_before(folder: Path, clock: Clock) -> None:
    async with index_at(folder / "index.db", clock) as index:
        numbers = [await index.generation(rise=True) for _ in range(3)]
        clock.now -= 500.0
        zero(folder / "index.db")
        numbers.append(await index.generation(rise=True))
        assert await index.clear() == 0
        numbers += [await index.generation(), await index.generation(rise=True)]
    clock.now += 501.0
    shutil.rmtree(folder)
    async with index_at(folder / "index.db", clock) as index:
        numbers.append(await index.generation())
    assert numbers == sorted(numbers)
    assert len(set(numbers)) >= len(numbers) - 1


async def test_a_purge_that_another_s_lock_forbids_begins_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cache.index._WRITE_PATIENCE", 0.01)
    await fill(folder / "index.db")
    async with index_at(folder / "index.db") as index:
        with contextlib.closing(sqlite3.connect(folder / "index.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            index.put(row("dropped"))
            assert await index.remove([NAMES[0]]) == 0
            assert [await index.find(name) for name in (NAMES[0], NAMES[1], "dropped")] == [(), (), ()]
        assert (index.stats.rebuilds, index.stats.dropped) == (1, 1)
        assert await sound(index) == 0


def refuse(*_: object, **__: object) -> None:
    raise OSError(30, "Read-only file system")


def fail(*_: object, **__: object) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


async def test_what_can_be_neither_purged_nor_unlinked_is_hidden_until_it_can(
    folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    await fill(folder / "index.db")
    async with index_at(folder / "index.db", clock) as index:
        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "remove", fail)
            broken.setattr(generation.Files, "condemn", refuse)
            before = await index.generation()
            assert await index.remove([NAMES[0]]) == 0
            index.put(row("dropped"))
            await index.flush()
            assert [await index.find(name) for name in (NAMES[0], NAMES[1], "dropped")] == [(), (), ()]
            assert (await index.names(), await index.expire(NAMES, 1.0), index.stats.healthy) == ((), 0, False)
            assert await index.generation(rise=True) > before
        clock.now += lane.HOLD + 1
        index.put(row("later"))
        await index.flush()
        assert (await index.names(), len(await index.find("later"))) == (("later",), 1)
        assert index.stats.healthy


async def test_what_could_not_be_unlinked_is_tried_again_at_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(folder / "index.db")
    async with index_at(folder / "index.db") as index:
        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "expire", fail)
            broken.setattr(generation.Files, "condemn", refuse)
            await index.expire(NAMES, 1.0)
    async with index_at(folder / "index.db") as index:
        assert await sound(index) == 0


async def test_puts_in_an_outage_are_dropped_and_told_of_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    async with index_at(folder / "index.db", clock) as index:
        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "put", fail)
            for name in NAMES[:5]:
                index.put(row(name))
                await index.flush()
                assert await index.find(name) == ()
            assert (index.stats.dropped, index.stats.failures, index.stats.healthy) == (5, 1, False)
        clock.now += lane.HOLD
        assert await sound(index) == 0
    assert len([record for record in caplog.records if "is off for writes" in record.message]) == 1


async def test_an_outage_that_every_purge_ends_for_a_moment_is_told_of_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    async with index_at(folder / "index.db", clock) as index:
        monkeypatch.setattr(Ledger, "put", fail)
        for name in NAMES[:5]:
            index.put(row(name))
            await index.remove([name])
        assert (index.stats.failures, index.stats.healthy) == (5, True)
        clock.now += lane.HOLD
        index.put(row("o\0a"))
        await index.flush()
    assert len([record for record in caplog.records if "is off for writes" in record.message]) == 2


async def test_a_full_file_system_costs_records_and_nothing_else(tmpfs: Path, clock: Clock) -> None:
    path = tmpfs / "index.db"
    async with index_at(path, clock) as index:
        for number in range(1500):
            index.put(Row(f"n{number}", "", bytes(2000), 1.0, ("t",)))
            if number % 100 == 0:
                await index.flush()
        await index.flush()
        assert (index.stats.healthy, index.stats.names > 100) == (False, True)
        held = await index.names(limit=5000)
        assert len(held) == index.stats.names
        (tmpfs / "more").write_bytes(b"x")
        with contextlib.suppress(OSError), (tmpfs / "more").open("ab", buffering=0) as more:
            while more.write(bytes(4096)):
                pass
        await index.remove([held[0]])
        assert await index.find(held[0]) == ()
        (tmpfs / "more").unlink()
        clock.now += lane.HOLD + 1
        assert await sound(index) == 0
    async with index_at(path) as index:
        assert await index.find(held[0]) == ()


async def test_on_a_read_only_file_system_what_was_purged_is_hidden(tmpfs: Path) -> None:
    await fill(tmpfs / "index.db")
    subprocess.run(["mount", "-o", "remount,ro", tmpfs], check=True)
    async with index_at(tmpfs / "index.db") as index:
        assert await index.find(NAMES[0]) == (row(NAMES[0]),)
        assert await index.remove([NAMES[0]]) == 0
        assert await index.find(NAMES[0]) == ()
        assert not index.stats.healthy


async def test_a_path_that_cannot_be_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with index_at(tmp_path / "file" / "index.db") as index:
        index.put(row("n"))
        numbers = [await index.generation(), await index.generation(rise=True), await index.generation()]
        assert (await index.find("n"), await index.names(), await index.remove(["n"])) == ((), (), 0)
        assert await index.clear() == 0
        assert (index.stats.dropped, index.stats.healthy) == (1, False)
        assert numbers[0] < numbers[1] == numbers[2]


async def test_a_file_removed_under_an_open_index_is_made_again(folder: Path) -> None:
    await fill(folder / "index.db")
    async with index_at(folder / "index.db") as index:
        assert len(await index.find(NAMES[0])) == 1
        shutil.rmtree(folder)
        assert await sound(index) == 0
        assert index.stats.failures == 0


async def test_a_generation_whose_maker_was_killed_is_taken_away(folder: Path) -> None:
    await fill(folder / "index.db")
    (folder / "index.db.000002").touch(0o600)
    async with index_at(folder / "index.db") as index:
        assert await sound(index) == 0
    assert not (folder / "index.db").exists()


WRITER = """
import asyncio, sys
from cache.index import SqliteIndex
from cache.tier import Row

async def write():
    index = SqliteIndex(sys.argv[1], 300)
    for number in range(10**6):
        name = f"o\\0{number % 500:03}"
        index.put(Row(name, "", f"record of {name}".encode() * 5, 1.0, ("all", f"tag of {name}")))
        if number % 50 == 0:
            await index.remove([f"o\\0{number % 500:03}"])
        if number == 600:
            print("writing", flush=True)

asyncio.run(write())
"""


async def test_a_writer_killed_at_any_moment_leaves_it_usable(folder: Path) -> None:
    path = folder / "index.db"
    for turn in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, env=HERE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            await asyncio.sleep(0.013 * turn)
            writer.send_signal(signal.SIGKILL)
    async with index_at(path) as index:
        names = await index.names(limit=5000)
        assert 50 < len(names) <= 300
        assert [await index.find(name) for name in names] == [(row(name),) for name in names]
        assert await index.names(tag="all", limit=5000) == names
        assert await index.remove(names) == len(names) > 0
        assert (index.stats.names, index.stats.rebuilds) == (0, 0)


async def test_a_disk_that_garbles_everything_does_not_rebuild_in_a_loop(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    caplog.set_level(logging.INFO, "cache")
    async with index_at(folder / "index.db", clock) as index:
        index.put(row("n"))
        await index.flush()
        monkeypatch.setattr("cache.ledger._believed", lambda *_: Ledger.count(None))  # type: ignore[arg-type]
        for _ in range(5):
            index.put(row("n"))
            await index.flush()
            assert await index.find("n") == ()
        assert index.stats.rebuilds == 1


SHARER = """
import asyncio, sys
from cache.index import SqliteIndex
from cache.tier import Row

async def main():
    index = SqliteIndex(sys.argv[1], 10_000)
    me = sys.argv[2]
    numbers = []
    for number in range(200):
        index.put(Row(f"{me}{number:03}", "", me.encode(), 1.0, ("all", me)))
        if number % 20 == 0:
            numbers.append(await index.generation(rise=True))
            await index.remove([f"{me}{number:03}"])
    await index.close()
    print(*numbers, index.stats.dropped, index.stats.rebuilds, index.stats.failures)

asyncio.run(main())
"""


async def test_two_processes_share_an_index(folder: Path) -> None:
    index = SqliteIndex(folder / "index.db", 10_000)
    index.put(Row("theirs", "", b"", 1.0))
    await index.flush()
    sharers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", SHARER, folder / "index.db", name, stdout=subprocess.PIPE, env=HERE
        )
        for name in "ab"
    ]
    said = [[int(word) for word in (await sharer.communicate())[0].split()] for sharer in sharers]
    numbers = [number for one in said for number in one[:-3]]
    assert (len(set(numbers)), [one[-3:] for one in said]) == (20, [[0, 0, 0], [0, 0, 0]])
    assert await index.generation() == max(numbers)
    assert (len(await index.names(tag="all")), len(await index.names(tag="a"))) == (380, 190)
    assert await index.remove(await index.names(tag="a")) == 190
    assert await index.names(prefix="a") == ()
    assert await index.clear() == 191
    await index.close()
