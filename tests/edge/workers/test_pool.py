"""The pool carries jobs to its workers and their answers back, and keeps its number of workers."""

import asyncio
import gc
import json
import os
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop

from edge.errors import BadRequest, TooLarge, Unavailable, Unprocessable, UnsupportedPicture
from edge.plan.facts import Facts, Limits
from edge.plan.work import Source
from edge.workers.base import Workers
from edge.workers.pool import Pool, StartError
from tests.edge.workers.rig import PLAN, hook, inline, is_running, open_descriptors, pool_of, recovered, until

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


async def test_one_worker_more_than_jobs_may_run_stands_ready() -> None:
    async with pool_of(1) as pool:
        assert pool.stats().idle == 2
        assert repr(pool) == "Pool(2 of 2 alive, 0 busy, 0 jobs)"
        assert set(pool.layers.values()) <= {"on"} or sys.platform != "linux"
        assert pool.capabilities.pipeline == "hooks"


async def test_sources_arrive_inline_by_descriptor_and_mixed() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"-" * 100 + b"y" * 2_000_000 + b"-" * 100)
        file.flush()
        stored = Source(fd=file.fileno(), offset=100, length=2_000_000)
        async with pool_of(1) as pool:
            workers: Workers = pool
            assert (await workers.run(PLAN, [Source(data=b"x" * 3_000_000)])).body == b"x" * 3_000_000
            assert (await workers.run(PLAN, [stored])).body == b"y" * 2_000_000
            assert (await workers.run(PLAN, [Source(data=b"a"), stored, Source(data=b"b"), stored])).body == (
                b"a" + b"y" * 2_000_000 + b"b" + b"y" * 2_000_000
            )
            assert await workers.probe(stored) == Facts("png", 1, 1)


async def test_no_more_jobs_run_at_once_than_the_size_says() -> None:
    async with pool_of(1) as pool:
        jobs = [asyncio.create_task(pool.run(PLAN, hook("sleep"))) for _ in range(2)]
        await until(lambda: pool.stats().busy)
        assert (pool.stats().idle, pool.stats().busy) == (1, 1)
        assert [made.body for made in await asyncio.gather(*jobs)] == [b"slept", b"slept"]


async def test_what_a_picture_deserves_is_raised_and_costs_no_worker() -> None:
    async with pool_of(1) as pool:
        before = set(pool.pids)
        with pytest.raises(UnsupportedPicture, match="This is no picture"):
            await pool.run(PLAN, hook("refuse"))
        with pytest.raises(Unprocessable, match="needs more memory"):
            await pool.run(PLAN, hook("oom"))
        with pytest.raises(Unprocessable) as broken:
            await pool.probe(hook("fail")[0])
        assert broken.value.sentence == "The picture is broken"
        assert set(pool.pids) == before
        assert pool.stats().jobs == 3


async def test_a_job_too_large_to_send_is_the_clients_error() -> None:
    async with pool_of(1) as pool:
        with pytest.raises(TooLarge):
            await pool.run(PLAN, [Source(data=bytes(65 << 20))] * 4)
        with pytest.raises(BadRequest):
            await pool.run(PLAN, [Source(fd=0, length=1)] * 33)


@linux
async def test_a_worker_knows_no_secret_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SIGNING_KEY", "do-not-tell")
    async with pool_of(1, sandbox="off") as pool:
        seen = json.loads((await pool.run(PLAN, hook("tell"))).body)
        assert set(seen["environment"]) <= {
            *("VIPS_CONCURRENCY", "VIPS_BLOCK_UNTRUSTED", "VIPS_DISC_THRESHOLD", "MALLOC_ARENA_MAX", "LANG"),
        }
        assert seen["folder"] == "/"
        assert seen["streams"] == ["/dev/null", "/dev/null"]
        for pid in pool.pids:
            assert b"do-not-tell" not in Path(f"/proc/{pid}/environ").read_bytes()
            assert b"do-not-tell" not in Path(f"/proc/{pid}/cmdline").read_bytes()


@linux
async def test_a_worker_has_no_descriptor_of_its_parent_but_the_socket() -> None:
    with tempfile.TemporaryFile() as secret:
        os.set_inheritable(secret.fileno(), True)
        async with pool_of(1, sandbox="off") as pool:
            links = [str(path.readlink()) for pid in pool.pids for path in Path(f"/proc/{pid}/fd").iterdir()]
        assert sum(link.startswith("socket:") for link in links) == 2
        assert {link.split(":")[0] for link in links} == {"socket", "pipe", "/dev/null"}


async def test_old_workers_are_replaced_between_two_jobs() -> None:
    async with pool_of(1, recycle_after=3) as pool:
        for at in range(7):
            assert (await pool.run(PLAN, inline(b"%d" % at))).body == b"%d" % at
        await recovered(pool, 1, {"recycled": 2})


async def test_a_worker_that_talks_much_is_heard_in_part_and_keeps_working(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of(1) as pool:
        assert (await pool.run(PLAN, hook("chatter"))).body == b"chattered"
        assert (await pool.run(PLAN, inline(b"on"))).body == b"on"
    assert 1 <= sum("chatter" in record.getMessage() for record in caplog.records) <= 40


async def test_closing_gives_running_jobs_their_time_and_takes_no_more() -> None:
    async with pool_of(1) as pool:
        running, waiting = (asyncio.create_task(pool.run(PLAN, hook("sleep"))) for _ in range(2))
        await until(lambda: pool.stats().busy)
        await pool.close()
        assert (await running).body == b"slept"
        with pytest.raises(Unavailable, match="shutting down"):
            await waiting
        with pytest.raises(Unavailable, match="shutting down"):
            await pool.run(PLAN, inline(b"late"))


async def test_closing_ends_jobs_that_outlive_its_grace() -> None:
    async with pool_of(1) as pool:
        job = asyncio.create_task(pool.run(PLAN, hook("hang")))
        await until(lambda: pool.stats().busy)
        await pool.close(grace=0.01)
        with pytest.raises(Unavailable, match="shutting down"):
            await job


async def test_nothing_is_left_behind() -> None:
    gc.collect()
    before = open_descriptors()
    async with pool_of(1) as pool:
        pids = set(pool.pids)
        with pytest.raises(Unprocessable):
            await pool.run(PLAN, hook("segv"))
        pids |= set(pool.pids)
    pids |= set(pool.pids)
    gc.collect()
    assert not any(map(is_running, pids))
    assert open_descriptors() == before
    for pid in pids:  # each has been waited for
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


@pytest.mark.parametrize("loop", [asyncio.run, uvloop.run])
def test_the_same_under_either_loop(loop) -> None:  # type: ignore[no-untyped-def]  # the two have no common type
    async def story() -> bytes:
        with tempfile.TemporaryFile() as file:
            file.write(b"z" * 1_500_000)
            file.flush()
            async with pool_of(1) as pool:
                body = (await pool.run(PLAN, [Source(fd=file.fileno(), length=1_500_000), *inline(b"!")])).body
                with pytest.raises(Unprocessable):
                    await pool.run(PLAN, hook("exit"))
                await recovered(pool, 1, {"exit": 2})
                return body

    assert loop(story()) == b"z" * 1_500_000 + b"!"


async def test_a_worker_that_cannot_start_stops_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_descriptors()
    monkeypatch.setattr("edge.workers.child.BOOT", "raise SystemExit('no libvips here')")
    pool = Pool(1, memory=1 << 30, timeout=1, limits=Limits())
    with pytest.raises(StartError, match=r"ended before it was ready \(exit\): no libvips here"):
        await pool.start()
    assert (pool.pids, open_descriptors()) == ((), before)
    with pytest.raises(RuntimeError, match="not started"):
        _ = pool.capabilities


async def test_a_cap_that_leaves_no_room_for_libvips_stops_the_start_with_a_sentence() -> None:
    pool = Pool(1, memory=64 << 20, timeout=1, limits=Limits())
    with pytest.raises(StartError, match="cannot start in 64 MiB; give it 256 or more"):
        await pool.start()


async def test_a_start_that_is_cancelled_leaves_nothing_behind() -> None:
    before = open_descriptors()
    pool = Pool(1, memory=1 << 30, timeout=1, limits=Limits(), hooks="alone")
    task = asyncio.create_task(pool.start())
    await until(lambda: pool.pids)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (pool.pids, open_descriptors()) == ((), before)


async def test_when_libvips_is_exchanged_no_worker_keeps_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pool_of(1) as pool:
        old = set(pool.pids)
        monkeypatch.setattr(pool, "_capabilities", replace(pool.capabilities, pipeline="of yesterday"))
        os.kill(pool.pids[0], signal.SIGKILL)
        await recovered(pool, 1, {"SIGKILL": 1, "recycled": 1})
        assert not old & set(pool.pids)
        assert pool.capabilities.pipeline == "hooks"


async def test_an_interpreter_that_is_not_there_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    pool = Pool(1, memory=1 << 30, timeout=1, limits=Limits())
    with pytest.raises(StartError, match="could not be started"):
        await pool.start()


async def test_a_required_sandbox_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.workers.sandbox.missing", lambda report: ["landlock (old kernel)"])
    with pytest.raises(StartError, match=r"sandbox is required, but this system lacks landlock \(old kernel\)"):
        async with pool_of(1, sandbox="required"):
            pass
