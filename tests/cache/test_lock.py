"""The lock of several processes: one holder at a time, and whoever is next finds what was made."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cache.flight import Flight
from cache.lock import FileLock, LockStats
from tests.cache.samples import HERE, open_descriptors

HOLDER = """
import asyncio, sys
from cache.lock import FileLock

async def main():
    async def settle():
        print("settling", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

    lock = FileLock(sys.argv[1], settle, 10.0)
    async with lock.held("k") as holding:
        print("holding" if holding else "alone", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print("left", flush=True)
    while lock.stats.held:
        await asyncio.sleep(0.001)
    print("free", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

asyncio.run(main())
"""


ASKER = """
import asyncio, sys
from cache.lock import FileLock

async def main():
    async with FileLock(sys.argv[1], asyncio.Event().wait, 0.0).held("k") as holding:
        print(holding)

asyncio.run(main())
"""


class Holder:
    """Another process that holds the lock of `k`; each `go` lets it do the next step."""

    def __init__(self, path: Path) -> None:
        self.program = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=HERE,
            text=True,
        )
        assert self.heard() == "holding"

    def heard(self) -> str:
        assert self.program.stdout is not None
        return self.program.stdout.readline().strip()

    def go(self) -> None:
        assert self.program.stdin is not None
        self.program.stdin.write("\n")
        self.program.stdin.flush()


@contextmanager
def another(path: Path) -> Iterator[Holder]:
    holder = Holder(path)
    try:
        yield holder
    finally:
        holder.program.kill()
        holder.program.communicate()


async def nothing() -> None:
    return


@pytest.fixture
async def lock(folder: Path) -> AsyncIterator[FileLock]:
    lock = FileLock(folder / "making.lock", nothing, 10.0)
    yield lock
    await lock.close()


async def freed(lock: FileLock) -> None:
    while lock.stats.held:
        await asyncio.sleep(0)


async def test_alone_it_is_held_at_once_and_freed(lock: FileLock) -> None:
    async with lock.held("k") as holding:
        assert (holding, lock.stats.held) == (True, 1)
    await freed(lock)
    assert lock.stats == LockStats(taken=1)
    assert repr(lock) == "FileLock(0 held, 1 taken, 0 waited, 0 alone, 0 failures)"


async def test_who_comes_while_another_holds_it_waits_until_that_one_has_settled(lock: FileLock) -> None:
    with another(lock.path) as holder:
        waiting = asyncio.ensure_future(lock.held("k").__aenter__())
        await asyncio.sleep(0.01)
        holder.go()
        assert [holder.heard(), holder.heard()] == ["left", "settling"]
        await asyncio.sleep(0.01)
        assert not waiting.done()
        holder.go()
        assert holder.heard() == "free"
        assert await waiting
        assert (lock.stats.waited, lock.stats.alone) == (1, 0)


async def test_other_keys_do_not_wait(lock: FileLock) -> None:
    with another(lock.path):
        async with lock.held("l") as holding:
            assert (holding, lock.stats.waited) == (True, 0)


async def test_when_a_holder_is_killed_its_lock_is_free(lock: FileLock) -> None:
    with another(lock.path) as holder:
        holder.program.send_signal(signal.SIGKILL)
        async with lock.held("k") as holding:
            assert holding


async def test_whose_patience_is_over_goes_alone(folder: Path) -> None:
    lock = FileLock(folder / "making.lock", nothing, 0.02)
    with another(lock.path):
        async with lock.held("k") as holding:
            assert not holding
    assert lock.stats == LockStats(alone=1)
    await lock.close()


async def test_a_waiter_who_leaves_holds_nothing(lock: FileLock) -> None:
    with another(lock.path):
        waiting = asyncio.ensure_future(lock.held("k").__aenter__())
        await asyncio.sleep(0.005)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert lock.stats == LockStats()


async def test_it_is_held_until_the_cache_has_settled_though_the_maker_failed_or_left(folder: Path) -> None:
    settled = asyncio.Event()
    lock = FileLock(folder / "making.lock", settled.wait, 10.0)

    async def make() -> None:
        async with lock.held("k"):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await make()
    assert lock.stats.held == 1
    settled.set()
    await freed(lock)
    await lock.close()


async def test_the_same_process_may_take_it_again_while_it_settles(folder: Path) -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    turns = iter(gates)
    lock = FileLock(folder / "making.lock", lambda: next(turns).wait(), 10.0)
    for _ in gates:
        async with lock.held("k") as holding:
            assert holding
        await asyncio.sleep(0)
    gates[0].set()
    await asyncio.sleep(0.001)
    assert lock.stats.held == 1
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASKER, lock.path, stdout=subprocess.PIPE, env=HERE
    )
    assert (await asked.communicate())[0] == b"False\n"
    gates[1].set()
    await freed(lock)
    await lock.close()


async def test_a_settling_that_fails_frees_it_too(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def settle() -> None:
        raise RuntimeError("cannot settle")

    lock = FileLock(folder / "making.lock", settle, 10.0)
    async with lock.held("k"):
        pass
    await freed(lock)
    assert "could not be settled" in caplog.text
    await lock.close()


async def test_a_file_that_cannot_be_locked_is_gone_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    lock = FileLock(tmp_path / "file" / "making.lock", nothing, 10.0)
    for _ in range(3):
        async with lock.held("k") as holding:
            assert not holding
    assert lock.stats == LockStats(failures=3)
    assert len(caplog.records) == 1
    await lock.close()


async def test_a_file_that_was_taken_away_is_made_again(lock: FileLock) -> None:
    async with lock.held("k"):
        pass
    await freed(lock)
    lock.path.unlink()
    with another(lock.path):
        waiting = asyncio.ensure_future(lock.held("k").__aenter__())
        await asyncio.sleep(0.005)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_closed_it_has_freed_everything_and_is_gone_without(folder: Path) -> None:
    before = open_descriptors()
    lock = FileLock(folder / "making.lock", asyncio.Event().wait, 10.0)
    async with lock.held("k"):
        pass
    await asyncio.sleep(0)
    await lock.close()
    assert (open_descriptors(), lock.stats.held) == (before, 0)
    async with lock.held("k") as holding:
        assert not holding
    await lock.close()


async def test_keys_are_any_text(lock: FileLock) -> None:
    for key in ("", "\0", "\ud800", "k" * 10_000):
        async with lock.held(key) as holding:
            assert holding


MAKER = """
import asyncio, os, sys
from cache.disk import DiskTier
from cache.entry import Entry
from cache.flight import Flight
from cache.lock import FileLock
from cache.memory import Memory
from cache.tiered import Tiered

async def main():
    folder, made = sys.argv[1:]
    tiers = Tiered(Memory(1 << 20), DiskTier(folder, 64 << 20))
    lock = FileLock(os.path.join(folder, "making.lock"), tiers.written, 20.0)
    flight = Flight(lock)

    async def one(key):
        async def make():
            if await tiers.get(key) is None:
                with open(made, "a") as file:
                    file.write(key + "\\n")
                await asyncio.sleep(0.003)
                tiers.put_behind(key, Entry(b"x" * 20_000))
        await flight.join(key, make)

    print("ready", flush=True)
    sys.stdin.readline()
    for start in range(0, 40, 8):
        await asyncio.gather(*(one(f"k{number}") for number in range(start, start + 8)))
    await tiers.close()
    await lock.close()

asyncio.run(main())
"""


async def test_two_processes_make_each_key_once(folder: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    program = [sys.executable, "-c", MAKER, str(folder), str(made)]
    makers = [
        subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=HERE, text=True) for _ in range(2)
    ]
    for maker in makers:
        assert maker.stdout is not None
        assert maker.stdout.readline() == "ready\n"
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("\n")
        maker.stdin.flush()
    for maker in makers:
        maker.communicate()
        assert maker.returncode == 0
    assert sorted(made.read_text().split()) == sorted(f"k{number}" for number in range(40))


async def test_a_flight_holds_it_around_its_production(lock: FileLock) -> None:
    async def make() -> int:
        return lock.stats.held

    assert (await Flight(lock).join("k", make)).value == 1
    await freed(lock)
