"""Whatever happens to a worker, the others' jobs are done, and soon the pool is full again."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from edge.errors import EdgeError, Unprocessable
from edge.plan.work import Made
from tests.edge.workers.rig import PLAN, hook, inline, is_running, killed_while_busy, pool_of, recovered, until

PARENT = """
import asyncio, sys
from tests.edge.workers.rig import PLAN, hook, pool_of, until
async def main():
    async with pool_of(1) as pool:
        job = asyncio.create_task(pool.run(PLAN, hook("hang")))
        await until(lambda: pool.stats().busy)
        print(*pool.pids, flush=True)
        await job
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("fault", "cause"), [("segv", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "exit"), ("babble", "nonsense")]
)
async def test_a_job_that_ends_two_workers_is_refused_from_then_on(fault: str, cause: str) -> None:
    async with pool_of(1) as pool:
        for _ in range(2):
            with pytest.raises(Unprocessable, match="ended two imaging workers"):
                await pool.run(PLAN, hook(fault, digest="poison"))
        assert (await pool.run(PLAN, inline(b"fine"))).body == b"fine"
        await recovered(pool, 1, {cause: 2})
        assert pool.stats().held == 1


async def test_a_job_that_outlives_its_deadline_ends_one_worker_and_is_refused_for_ten_minutes() -> None:
    now = 1000.0
    async with pool_of(1, timeout=0.2, clock=lambda: now) as pool:
        with pytest.raises(Unprocessable, match=r"took longer than 0\.2 s"):
            await pool.run(PLAN, hook("hang", digest="slow"))
        now += 599
        with pytest.raises(Unprocessable, match=r"took longer than 0\.2 s"):
            await pool.run(PLAN, hook("refuse", digest="slow"))
        now += 2
        with pytest.raises(EdgeError, match="This is no picture"):
            await pool.run(PLAN, hook("refuse", digest="slow"))
        await recovered(pool, 1, {"deadline": 1})


async def test_a_job_whose_worker_is_killed_once_succeeds_unnoticed() -> None:
    async with pool_of(1) as pool:
        made = await (await killed_while_busy(pool, hook("sleep", digest="innocent")))
        assert isinstance(made, Made)
        assert made.body == b"slept"
        await recovered(pool, 1, {"SIGKILL": 1})
        assert pool.stats().held == 0


async def test_idle_workers_that_are_killed_cost_no_job_and_no_strike() -> None:
    async with pool_of(1) as pool:
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        assert (await pool.run(PLAN, hook("sleep", digest="innocent"))).body == b"slept"
        await recovered(pool, 1, {"SIGKILL": 2})
        assert pool.stats().held == 0


async def test_faults_of_some_among_fifty_jobs_touch_no_other() -> None:
    faults = {at: hook(name, digest=name) for at, name in zip((7, 17, 27), ("segv", "oom", "exit"), strict=True)}
    async with pool_of(2) as pool:
        jobs = [pool.run(PLAN, faults.get(at) or inline(b"job %d" % at)) for at in range(50)]
        outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        for at, outcome in enumerate(outcomes):
            assert isinstance(outcome, Unprocessable if at in faults else Made)
            assert at in faults or (isinstance(outcome, Made) and outcome.body == b"job %d" % at)
        await recovered(pool, 2, {"SIGSEGV": 2, "exit": 2})


async def test_a_kill_from_outside_among_fifty_jobs_fails_none() -> None:
    async with pool_of(2) as pool:
        jobs = [asyncio.create_task(pool.run(PLAN, inline(bytes([at]) * 50_000))) for at in range(50)]
        await until(lambda: pool.stats().jobs >= 10)
        os.kill(pool.pids[0], signal.SIGKILL)
        outcomes = await asyncio.gather(*jobs)
        assert [made.body for made in outcomes] == [bytes([at]) * 50_000 for at in range(50)]
        await recovered(pool, 2, {"SIGKILL": 1})


async def test_when_the_last_client_leaves_the_worker_ends_and_the_picture_is_not_blamed() -> None:
    async with pool_of(1) as pool:
        before = set(pool.pids)
        job = asyncio.create_task(pool.run(PLAN, hook("hang", digest="innocent")))
        await until(lambda: pool.stats().busy)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        await recovered(pool, 1, {"cancelled": 1})
        assert len(before & set(pool.pids)) == 1
        assert pool.stats().held == 0


async def test_many_who_leave_at_once_leave_no_slot_taken() -> None:
    async with pool_of(1) as pool:
        jobs = [asyncio.create_task(pool.run(PLAN, hook("hang"))) for _ in range(20)]
        await until(lambda: pool.stats().busy)
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)
        assert (await pool.run(PLAN, inline(b"next"))).body == b"next"


async def test_starts_that_fail_are_tried_again_but_not_without_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with pool_of(1) as pool:
        with monkeypatch.context() as patched:
            patched.setattr("edge.workers.child.BOOT", "raise SystemExit(1)")
            for pid in pool.pids:
                os.kill(pid, signal.SIGKILL)
            await until(lambda: caplog.text.count("ended before it was ready") >= 3)
        assert (await pool.run(PLAN, inline(b"again"))).body == b"again"
    assert caplog.text.count("ended before it was ready") < 10


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a busy worker ends after its job")
async def test_workers_end_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in (await asyncio.to_thread(parent.stdout.readline)).split()]
        assert len(pids) == 2
        assert all(map(is_running, pids))
        parent.kill()
    await until(lambda: not any(map(is_running, pids)), within=5)
