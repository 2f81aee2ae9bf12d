"""What diskcache would do by itself, and must not here."""

import io
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import diskcache
import pytest

from cache.fault import Unsound, is_outage
from cache.generation import Folders
from cache.rows import RawDisk
from cache.shelf import Shelf
from tests.cache.samples import body, content, entry, opened, value_files


class Trap:
    """A pickle that creates a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.path,)


def rows(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "rows-000001" / "cache.db", isolation_level=None)


@pytest.mark.parametrize("file_size", [0, 1 << 30])
async def test_a_planted_pickle_is_never_loaded(folder: Path, tmp_path: Path, file_size: int) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry())
    with diskcache.Cache(str(folder / "rows-000001"), disk_min_file_size=file_size) as planted:
        planted["k"] = Trap(tmp_path / "sprung")
    async with opened(folder) as tier:
        assert await tier.get("k") is None
        assert not (tmp_path / "sprung").exists()
        await tier.forget("nobody")  # behind the sweep, which may have been first to find it
        assert tier.stats.rebuilds == 0
        assert (tier.stats.entries, value_files(folder)) == (0, [])


@pytest.mark.parametrize("value", [7, 1.5, "text", None])
async def test_a_row_of_another_kind_is_a_miss_and_goes(folder: Path, value: object) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry())
    with diskcache.Cache(str(folder / "rows-000001")) as planted:
        planted["k"] = value
    async with opened(folder) as tier:
        assert [await tier.get("k"), await tier.get("k")] == [None, None]
        assert tier.stats.repaired == 1


@pytest.mark.parametrize("name", ["../../../precious", "/etc/passwd", "ab/../../cache.db", ""])
async def test_a_row_that_points_elsewhere_neither_reads_nor_removes_it(folder: Path, name: str) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(50_000))
    precious = folder.parent / "precious"
    precious.write_bytes(b"keep me")
    with rows(folder) as planted:
        planted.execute("UPDATE Cache SET filename = ?", (name,))
    planted.close()
    async with opened(folder) as tier:
        assert await tier.get("k") is None
        await tier.forget("k")
    assert precious.read_bytes() == b"keep me"


async def test_an_envelope_of_another_key_is_a_miss(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("a", entry())
    with rows(folder) as planted:
        planted.execute("UPDATE Cache SET key = 'b'")
    planted.close()
    async with opened(folder) as tier:
        assert await tier.get("b") is None
        assert tier.stats.repaired == 1


async def test_sums_that_are_wrong_are_set_right_when_it_opens(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(50_000))
    with rows(folder) as planted:
        planted.execute("UPDATE Settings SET value = 1 << 60 WHERE key IN ('size', 'count')")
    planted.close()
    async with opened(folder) as tier:
        await tier.put("l", entry(50_000))
        assert content(await tier.get("k")) == body(50_000)
        assert (tier.stats.entries, tier.stats.evictions) == (2, 0)


async def test_rows_whose_file_is_gone_go_too(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", entry(50_000))
        await tier.put("l", entry(50_000))
    value_files(folder)[0].unlink()
    async with opened(folder) as tier:
        await tier.forget("nobody")
        assert tier.stats.entries == 1


@pytest.mark.parametrize("value", ["text", 7, None, bytearray(b"x"), io.BytesIO(b"x"), Trap(Path("x"))])
def test_only_bytes_are_stored_as_values(tmp_path: Path, value: object) -> None:
    with pytest.raises(TypeError, match="Expected bytes or a stream for value"):
        RawDisk(str(tmp_path)).store(value, read=False)


def test_only_text_is_stored_as_key(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="Expected text for key but received bytes"):
        RawDisk(str(tmp_path)).put(b"k")
    with pytest.raises(Unsound):
        RawDisk(str(tmp_path)).get(b"\x80\x04.", raw=False)


@pytest.mark.parametrize("name", ["../precious", "/precious", None])
def test_a_foreign_name_is_never_unlinked(tmp_path: Path, name: str | None) -> None:
    (tmp_path / "precious").touch()
    (tmp_path / "folder").mkdir()
    RawDisk(str(tmp_path / "folder")).remove(name)
    assert (tmp_path / "precious").exists()


def test_a_condemned_generation_is_dead_to_who_has_it_open(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folder = folders.newest()
    shelf = Shelf(folder, 1 << 20, patience=0)
    assert shelf.alive()
    folders.condemn(folder)
    folders.condemn(folder)
    assert not shelf.alive()
    assert folders.newest().name == "rows-000002"
    assert repr(shelf) == "Shelf(rows-000001, 1048576 bytes)"
    shelf.close()


def test_a_database_that_cannot_be_opened_leaves_no_connection(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database") as raised:
        Shelf(tmp_path, 1 << 20, patience=0)
    assert not is_outage(raised.value)


@pytest.mark.parametrize(("cause", "outage"), [(sqlite3.SQLITE_FULL, True), (sqlite3.SQLITE_CORRUPT, False)])
def test_a_failed_rollback_is_what_ended_the_transaction(cause: int, outage: bool) -> None:
    first = sqlite3.OperationalError()
    first.sqlite_errorcode = cause

    def work() -> None:
        try:
            raise first
        finally:
            database.execute("ROLLBACK")

    told = pytest.raises(sqlite3.OperationalError, match="cannot rollback")
    with closing(sqlite3.connect(":memory:")) as database, told as raised:
        work()
    assert is_outage(raised.value) is outage


def test_what_tells_of_the_machine_is_an_outage_and_what_tells_of_the_bytes_is_damage() -> None:
    full, short, torn = sqlite3.OperationalError(), sqlite3.OperationalError(), sqlite3.DatabaseError()
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    short.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHORT_READ
    torn.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    locked = diskcache.Timeout()
    assert [is_outage(error) for error in (full, short, torn, locked, OSError(), ValueError())] == [
        True,
        False,
        False,
        True,
        True,
        False,
    ]
