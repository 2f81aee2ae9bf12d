"""What the tests of the pool share: small pools with workers that obey hooks, and ways to look at processes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode
from edge.plan.work import Source
from edge.workers.pool import Pool
from edge.workers.terms import Hooks, Sandbox

PLAN = Plan.chain(Decode(), Encode("png"))
MEMORY = 512 << 20


@asynccontextmanager
async def pool_of(
    size: int = 1,
    *,
    memory: int | None = None,
    timeout: float = 20.0,
    sandbox: Sandbox = "auto",
    recycle_after: int = 2000,
    clock: Callable[[], float] | None = None,
    hooks: Hooks = "alone",
) -> AsyncIterator[Pool]:
    """Without libvips, so that a worker starts in a twentieth of a second and gives its input back as it is."""
    given = {} if clock is None else {"clock": clock}
    pool = Pool(
        size,
        memory=memory or (MEMORY if hooks == "alone" else 1 << 30),
        timeout=timeout,
        limits=Limits(),
        sandbox=sandbox,
        recycle_after=recycle_after,
        hooks=hooks,
        **given,
    )
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


def hook(name: str, digest: str = "") -> list[Source]:
    return [Source(data=b"edge-hook:" + name.encode(), digest=digest)]


def inline(data: bytes) -> list[Source]:
    return [Source(data=data, digest=data[:8].hex())]


async def until(met: Callable[[], object], within: float = 30.0) -> None:
    async with asyncio.timeout(within):
        while not met():
            await asyncio.sleep(0.002)


async def recovered(pool: Pool, size: int, deaths: dict[str, int]) -> None:
    """So many workers died, of these causes, and the pool has all its workers again, idle."""
    await until(lambda: sum(pool.stats().deaths.values()) >= sum(deaths.values()) and pool.stats().idle == size + 1)
    assert pool.stats().deaths == deaths


async def killed_while_busy(pool: Pool, sources: Sequence[Source]) -> "asyncio.Task[object]":
    """A job whose worker was killed from outside in the middle of it."""
    before = set(pool.idle_pids)
    task: asyncio.Task[object] = asyncio.create_task(pool.run(PLAN, sources))
    await until(lambda: before - set(pool.idle_pids))
    pid = next(iter(before - set(pool.idle_pids)))
    await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return task


def is_running(pid: int) -> bool:
    """Neither gone nor a zombie that nobody reaped yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def open_descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())
