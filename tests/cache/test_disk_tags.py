"""Forgetting by tag, and everything, on the disk tier: also what others wrote, and on a disk that will not have it."""

import asyncio
import contextlib
import errno
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import diskcache
import pytest

from cache import lane, outstanding, shelf
from cache.disk import DiskTier
from cache.entry import Entry
from cache.generation import Folders
from tests.cache.samples import HERE, Clock, body, content, entry, flip, opened, value_files


def tagged(size: int, *tags: str) -> Entry:
    return Entry(body(size), {}, 1.0, tags)


async def kept(tier: DiskTier, keys: str) -> str:
    return "".join([key for key in keys if content(await tier.get(key)) is not None])


def marks(folder: Path) -> tuple[int, int, int]:
    """Marks, those without a row, and rows."""
    with contextlib.closing(sqlite3.connect(max(folder.glob("rows-*")) / "cache.db")) as database:
        ((every,),) = database.execute("SELECT COUNT(*) FROM Marks")
        ((lost,),) = database.execute("SELECT COUNT(*) FROM Marks WHERE row NOT IN (SELECT rowid FROM Cache)")
        ((rows,),) = database.execute("SELECT COUNT(*) FROM Cache")
    return every, lost, rows


@pytest.mark.parametrize("size", [10, 50_000, 2_000_000])
async def test_what_carries_one_of_the_tags_goes_with_its_file(folder: Path, size: int) -> None:
    async with opened(folder) as tier:
        for key, tags in {"a": ("x",), "b": ("x", "y"), "c": ("y", "y"), "d": ("z",), "e": ()}.items():
            await tier.put(key, tagged(size, *tags))
        assert await tier.forget_tags(["x", "y", "none"]) == 3
        assert await kept(tier, "abcde") == "de"
        assert (await tier.forget_tags(["x", "y"]), await tier.forget_tags([])) == (0, 0)
        assert len(value_files(folder)) in {0, 2}
    async with opened(folder) as tier:
        assert await kept(tier, "abcde") == "de"
    assert marks(folder) == (1, 0, 2)


async def test_a_key_that_is_written_anew_has_its_new_tags_alone(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", tagged(10, "old", "both"))
        await tier.put("k", tagged(10, "both", "new"))
        assert (await tier.forget_tags(["old"]), await kept(tier, "k")) == (0, "k")
        assert (await tier.forget_tags(["new"]), await kept(tier, "k")) == (1, "")


async def test_more_than_one_batch_goes(folder: Path) -> None:
    async with opened(folder) as tier:
        await asyncio.gather(*(tier.put(str(number), tagged(10, f"t{number % 2}")) for number in range(2100)))
        assert await tier.forget_tags(["t1"]) == 1050
        assert tier.stats.entries == 1050
        assert await tier.forget_tags([f"t{number}" for number in range(1200)]) == 1050


async def test_evicted_and_forgotten_rows_leave_no_marks(folder: Path) -> None:
    async with opened(folder, 1 << 20) as tier:
        for number in range(400):
            await tier.put(str(number), tagged(4_000, f"t{number}", "all", "more"))
        await tier.forget("399")
        assert tier.stats.evictions > 100
    every, lost, rows = marks(folder)
    assert (every, lost) == (3 * rows, 0)


async def test_many_tags_count_towards_the_size(folder: Path) -> None:
    async with opened(folder, 2 << 20) as tier:
        for number in range(300):
            await tier.put(str(number), tagged(10, *(f"{number} {tag}" * 50 for tag in range(100))))
            assert tier.stats.bytes <= 2 << 20


async def test_tags_are_any_text(folder: Path) -> None:
    tags = ["", "\0", "\ud800", "é", "x" * 5000]
    async with opened(folder) as tier:
        for number, tag in enumerate(tags):
            await tier.put(str(number), tagged(10, tag))
        assert [await tier.forget_tags([tag]) for tag in tags] == [1] * 5


async def test_a_folder_of_an_older_program_is_taken_over(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", tagged(10, "t"))
    with contextlib.closing(sqlite3.connect(folder / "rows-000001" / "cache.db")) as database:
        for statement in ("DROP TRIGGER Marks_delete", "DROP TRIGGER Marks_update", "DROP TABLE Marks"):
            database.execute(statement)
    async with opened(folder) as tier:
        assert await kept(tier, "k") == "k"
        assert await tier.forget_tags(["t"]) == 0
        await tier.put("l", tagged(10, "t"))
        assert (await tier.forget_tags(["t"]), tier.stats.rebuilds, tier.stats.failures) == (1, 0, 0)


async def test_a_program_without_marks_that_has_the_folder_open_keeps_them_true(folder: Path) -> None:
    async with opened(folder) as tier:
        for key in "abc":
            await tier.put(key, tagged(10, "t"))
        with diskcache.Cache(str(folder / "rows-000001")) as older:
            older.delete("a")
            older["b"] = b"anew, of nobody's tag"
        assert await tier.forget_tags(["t"]) == 1
    assert marks(folder) == (0, 0, 1)


ANOTHER = """
import asyncio, sys
from cache.disk import DiskTier
from tests.cache.test_disk_tags import tagged

async def main():
    tier = DiskTier(sys.argv[1], 64 << 20)
    for key, tag in zip("abcd", "xxyy"):
        await tier.put(key, tagged(50_000, tag))
    print("written", flush=True)
    sys.stdin.readline()
    print(sum([await tier.get(key) is not None for key in "abcd"]), flush=True)
    await tier.close()

asyncio.run(main())
"""


async def test_what_another_process_wrote_goes_too_and_it_sees_that(folder: Path) -> None:
    program = [sys.executable, "-c", ANOTHER, str(folder)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=HERE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "written\n"
        async with opened(folder) as tier:
            assert await tier.forget_tags(["x"]) == 2
            other.stdin.write("\n")
            other.stdin.flush()
            assert other.stdout.readline() == "2\n"
    assert other.returncode == 0


async def test_calls_take_effect_in_their_order(folder: Path) -> None:
    async with opened(folder) as tier:
        await asyncio.gather(tier.put("a", tagged(2_000_000, "t")), tier.forget_tags(["t"]))
        await asyncio.gather(tier.forget_tags(["t"]), tier.put("b", tagged(2_000_000, "t")))
        assert await kept(tier, "ab") == "b"
        await asyncio.gather(tier.put("c", tagged(10)), tier.clear(), tier.put("d", tagged(10)), tier.forget("a"))
        assert await kept(tier, "abcd") == "d"
        await asyncio.gather(tier.forget("x"), tier.put("e", tagged(10)), tier.clear())
        assert await kept(tier, "abcde") == ""


async def test_clear_leaves_nothing_here_there_and_after_a_restart(folder: Path) -> None:
    async with opened(folder) as one, opened(folder) as other:
        await one.put("a", tagged(50_000))
        await other.put("b", tagged(50_000))
        await one.clear()
        assert (await kept(one, "ab"), await kept(other, "ab"), one.stats.rebuilds) == ("", "", 0)
        await other.put("c", tagged(50_000))
        assert await kept(one, "abc") == "c"
    async with opened(folder) as tier:
        assert await kept(tier, "abc") == "c"
    assert len(value_files(folder)) == 1


async def test_what_earlier_generations_left_goes_in_parts(folder: Path) -> None:
    async with opened(folder) as tier:
        await asyncio.gather(*(tier.put(str(number), tagged(40_000)) for number in range(100)))
        await tier.clear()
        while (folder / "rows-000001").exists():
            await tier.forget("nobody")
        assert value_files(folder) == []


def failing(code: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, "told so")

    return fail


async def test_what_is_forgotten_in_an_outage_is_hidden_and_goes_afterwards(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(folder, clock=clock) as tier:
        for key, tag in zip("abc", "xxy", strict=True):
            await tier.put(key, tagged(10, tag))
        with monkeypatch.context() as broken:
            broken.setattr(shelf.Shelf, "forget_tags", failing(errno.EROFS))
            assert await tier.forget_tags(["x"]) == 0
            assert await kept(tier, "abc") == "c"
        clock.now += lane.HOLD
        await tier.put("d", tagged(10, "x"))
        assert await kept(tier, "abcd") == "cd"
    async with opened(folder) as tier:
        assert await kept(tier, "abcd") == "cd"


async def test_what_could_not_be_forgotten_by_the_end_takes_its_generation_along(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(folder) as tier:
        await tier.put("k", tagged(10, "t"))
        monkeypatch.setattr(shelf.Shelf, "forget_tags", failing(errno.ENOSPC))
        await tier.forget_tags(["t"])
    monkeypatch.undo()
    async with opened(folder) as tier:
        assert await tier.get("k") is None


async def test_a_generation_that_cannot_be_abandoned_is_hidden_until_it_can(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(folder, clock=clock) as tier:
        await tier.put("a", tagged(10))
        with monkeypatch.context() as broken:
            broken.setattr(Folders, "condemn", failing(errno.EROFS))
            await tier.clear()
            assert not await tier.put("b", tagged(10))
            assert await kept(tier, "ab") == ""
        assert await tier.put("c", tagged(10))
        assert await kept(tier, "abc") == "c"
    async with opened(folder) as tier:
        assert await kept(tier, "abc") == "c"


async def test_without_room_for_a_folder_the_generation_gives_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(folder) as tier:
        await tier.put("a", tagged(50_000))
        make = Path.mkdir

        def full(path: Path, *args: object, **named: object) -> None:
            if path.name == "rows-000002" and not path.exists():
                raise OSError(errno.ENOSPC, "full")
            make(path, *args, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(Path, "mkdir", full)
        await tier.clear()
        assert await kept(tier, "a") == ""
        assert await tier.put("b", tagged(10))
        assert [path.name for path in folder.glob("rows-*")] == ["rows-000002"]


async def test_who_forgets_too_much_in_an_outage_forgets_everything(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outstanding, "MOST", 10)
    async with opened(folder, clock=clock) as tier:
        await tier.put("a", tagged(10))
        with monkeypatch.context() as broken:
            broken.setattr(shelf.Shelf, "forget", failing(errno.ENOSPC))
            for number in range(12):
                await tier.forget(f"other {number}")
        assert await kept(tier, "a") == ""
        clock.now += lane.HOLD
        assert await tier.put("b", tagged(10))
        assert await kept(tier, "ab") == "b"
        assert not tier._forgotten


async def test_marks_damaged_between_runs_never_raise(folder: Path) -> None:
    async with opened(folder) as tier:
        for number in range(40):
            await tier.put(str(number), tagged(100, *(f"tag {number} {tag}" for tag in range(20))))
    stored = folder.with_name("kept")
    folder.rename(stored)
    size = (stored / "rows-000001" / "cache.db").stat().st_size
    for at in range(100, size, size // 25):
        shutil.copytree(stored, folder)
        flip(folder / "rows-000001" / "cache.db", at)
        async with opened(folder) as tier:
            assert await tier.forget_tags([f"tag {number} 3" for number in range(40)]) <= 40
            await tier.put("new", entry(10))
            await tier.forget_tags(["a"])
            assert await tier.get("new") is None
        shutil.rmtree(folder)


async def test_after_close_there_is_nothing_to_forget(folder: Path) -> None:
    async with opened(folder) as tier:
        await tier.put("k", tagged(10, "t"))
        await tier.close()
        assert await tier.forget_tags(["t"]) == 0
        await tier.clear()
    async with opened(folder) as tier:
        assert await kept(tier, "k") == "k"
