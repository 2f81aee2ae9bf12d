"""A pool of isolated imaging processes.

Theory of operation. `size` jobs run at once, and one worker more than that stands ready, so that a death costs the next
job no waiting. A worker is starting (a task of `_tasks` owns it), idle (in `_idle`; its socket is watched, and if it
says anything or vanishes it is replaced at once) or busy (in `_busy`; a call of `_call` owns it, alone). Only its owner
ends it. Whoever ends one starts its replacement in the background and never waits for it.

What a job may do to a worker, and what becomes of both:

    it answers, be it an error            the answer                                worker kept
    it outlives `timeout`                 422; its inputs are refused for a while   killed
    the worker dies, or talks nonsense    tried once more, elsewhere, unnoticed     replaced
    … and again                           422; its inputs are refused for a while   replaced
    its last client leaves                –                                         killed: libvips cannot be stopped

A death is a strike against the job only when the worker had the whole job. If it was killed from outside before that,
the job goes to another one, as often as ATTEMPTS allows.

Rules for editing. Between taking a worker from `_idle` and the try of `_call` there is no await. `_lose` is the only
way out of the pool, and is plain code, so that no cancellation can leak a worker. The thread of `_forks` starts all
workers and must outlive them (edge.workers.sandbox, parent_death).
"""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from edge.errors import EdgeError, TooLarge, Unavailable, Unprocessable
from edge.plan.canonical import print_plan
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Made, Source
from edge.workers import sandbox, wire
from edge.workers.boarding import boarded, inline_most, lower, refuse_many
from edge.workers.child import NONSENSE, Child, Lost, fork
from edge.workers.quarantine import Quarantine
from edge.workers.remarks import Remarks, printable
from edge.workers.terms import Hooks, Sandbox, Terms

ATTEMPTS = 5
STRIKES = 2
HELLO = 30.0  # seconds; import and warm-up take 0.1 to 0.4 s under load (SANDBOX §2)
GRACE = 1.0  # seconds for an idle worker to leave by itself
YOUNG = 1.0  # seconds of life below which an unprovoked death counts as a failed start
BACKOFF_FIRST, BACKOFF_MOST = 0.1, 10.0  # seconds between attempts to start a worker
MEMORY_LEAST = 256 << 20  # libvips, its codecs and eight stacks take 180 MiB of addresses before the first picture
ADDRESSES = 128 << 20  # of the memory it may have, what it takes in addresses alone and never holds
RESIDENT_MOST = 256 << 20  # an idle worker that holds more is replaced (SANDBOX §4.2)
WEIGHED = 8  # jobs between two looks at a worker's memory, each a quarter of a millisecond

QUIET = {"closed", "recycled", "cancelled"}  # causes of death that are no news
SHUTTING_DOWN = "The edge is shutting down"

log = logging.getLogger("edge.workers")

A = TypeVar("A", Made, Done, Facts)


class StartError(RuntimeError):
    """Workers cannot be started here at all; the sentence says why."""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """`deaths` by cause: a signal's name, exit, deadline, cancelled, nonsense, recycled, idle …"""

    alive: int
    idle: int
    busy: int
    starting: int
    jobs: int
    respawns: int
    deaths: Mapping[str, int]
    held: int


class Pool:
    """`memory` is bytes for one worker, `timeout` seconds for one job. `start` before use, `close` after."""

    def __init__(  # noqa: PLR0913  # the settings, each by its name; only the composition root calls it
        self,
        size: int,
        *,
        memory: int,
        timeout: float,
        limits: Limits,
        sandbox: Sandbox = "auto",
        recycle_after: int = 2000,
        clock: Callable[[], float] = time.monotonic,
        hooks: Hooks = "off",
    ) -> None:
        self._size = size
        self._timeout = timeout
        self._limits = limits
        self._recycle_after = recycle_after
        self._clock = clock
        self._terms = Terms(-1, 0, memory, inline_most(limits), sandbox, hooks)
        self._resident_most = min(RESIDENT_MOST, memory // 4)
        self._capabilities: Capabilities | None = None
        self._layers: Mapping[str, str] = {}
        self._slots = asyncio.Semaphore(size)
        self._alive: set[Child] = set()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._forks = ThreadPoolExecutor(1, thread_name_prefix="edge-fork")
        self._quarantine = Quarantine()
        self._remarks = Remarks()
        self._failures = 0
        self._jobs = 0
        self._respawns = 0
        self._deaths: Counter[str] = Counter()

    # ------------------------------------------------------------------------------------------------- for callers

    async def start(self) -> None:
        """Wait until every worker is ready. Raises StartError with the reason when one cannot be."""
        tasks = [self._begin(self._enlist()) for _ in range(self._size + 1)]
        try:
            await asyncio.wait(tasks)
        except BaseException:
            await self.close()
            raise
        failures = [error for task in tasks if (error := task.exception())]
        if failures:
            await self.close()
            raise failures[0]
        log.info("%d imaging workers are ready; sandbox: %s", len(self._alive), self._layers)

    @property
    def capabilities(self) -> Capabilities:
        if self._capabilities is None:
            raise RuntimeError("The pool was not started")
        return self._capabilities

    @property
    def layers(self) -> Mapping[str, str]:
        """The sandbox of the newest worker: layer → "on", "off" or "unavailable: …"."""
        return self._layers

    @property
    def pids(self) -> tuple[int, ...]:
        """Its processes, for whoever watches them from outside."""
        return tuple(child.pid for child in self._alive)

    @property
    def idle_pids(self) -> tuple[int, ...]:
        return tuple(child.pid for child in self._idle)

    async def run(self, plan: Plan, sources: Sequence[Source]) -> Made:
        """Carry out a concrete plan. Raises EdgeErrors only (edge.workers.base)."""
        return _expect(Made, await self._job(wire.write_job("run", print_plan(plan), sources, self._limits), sources))

    async def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits | None = None) -> Done:
        """Every output. `limits` may be lower than the pool's own, never higher: the lower of each two counts."""
        refuse_many(plan)
        sources = await boarded(sources, self._terms.body_max)
        request = wire.write_job("all", print_plan(plan), sources, lower(self._limits, limits))
        return _expect(Done, await self._job(request, sources))

    async def probe(self, source: Source) -> Facts:
        """What the picture's header says, for pictures whose header the edge cannot read itself."""
        return _expect(Facts, await self._job(wire.write_job("probe", "", [source], self._limits), [source]))

    def stats(self) -> PoolStats:
        alive, idle, busy = len(self._alive), len(self._idle), len(self._busy)
        starting, held = alive - idle - busy, len(self._quarantine)
        return PoolStats(alive, idle, busy, starting, self._jobs, self._respawns, dict(self._deaths), held)

    async def close(self, grace: float = 2.0) -> None:
        """Take no more jobs, give the running ones `grace` seconds, leave no process behind. May be called twice."""
        self._closing.set()
        self._changed.set()
        try:
            async with asyncio.timeout(grace):
                await self._until(lambda: not self._busy)
        except TimeoutError:
            log.warning("%d jobs did not end within %g s", len(self._busy), grace)
        for child in list(self._idle):
            self._lose(child, "closed", GRACE)
        for child in self._alive:
            child.kill("closed")  # its owner sees the end, and buries it
        await self._until(lambda: not self._alive and not self._tasks)
        self._forks.shutdown()

    # ------------------------------------------------------------------------------------------------------ a job

    async def _job(self, request: wire.Request, sources: Sequence[Source]) -> wire.Answer:
        if sum(map(len, request.bodies)) > self._terms.body_max:
            raise TooLarge(f"Expected inputs of at most {self._terms.body_max} bytes together")
        digests = [source.digest for source in sources]
        strikes = 0
        async with self._slots:
            for _ in range(ATTEMPTS):
                self._refuse(digests)
                child = await self._take()
                try:
                    return await self._call(child, request)
                except TimeoutError:
                    raise self._hold(digests, f"The picture's work took longer than {self._timeout:g} s") from None
                except Lost as lost:
                    named = ", ".join(digest[:16] or "?" for digest in digests)
                    log.warning("worker %d was lost (%s) with a job on %s", child.pid, lost.cause, named)
                    strikes += lost.strike
                if strikes == STRIKES:
                    raise self._hold(digests, "The picture ended two imaging workers")
        raise Unavailable("The edge keeps losing its imaging workers")

    def _refuse(self, digests: Sequence[str]) -> None:
        if sentence := self._quarantine.refusal(digests, self._clock()):
            raise Unprocessable(sentence)

    def _hold(self, digests: Sequence[str], sentence: str) -> Unprocessable:
        self._quarantine.hold(digests, sentence, self._clock())
        return Unprocessable(sentence)

    async def _take(self) -> Child:
        """An idle worker, now the caller's. Usually there is one, since one more was started than jobs may run."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._until(lambda: bool(self._idle) or self._closing.is_set())
        except TimeoutError:
            raise Unavailable("The edge has no imaging worker at hand", retry_after=int(BACKOFF_MOST)) from None
        if self._closing.is_set():
            raise Unavailable(SHUTTING_DOWN)
        child = self._idle.pop()
        child.unwatch()
        self._busy.add(child)
        return child

    async def _call(self, child: Child, request: wire.Request) -> wire.Answer:
        """Raises TimeoutError or Lost; by then the worker is being replaced."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await child.ask(request, wire.BODY_MAX)
        except BaseException as error:
            self._lose(child, _cause(error))
            raise
        self._jobs += 1
        self._failures = 0
        if self._closing.is_set() or self._worn(child):
            self._lose(child, "recycled", GRACE)
        else:
            self._lie_idle(child)
        return answer

    # ------------------------------------------------------------------------------------------------- the workers

    async def _enlist(self) -> None:
        """Start one worker and put it among the idle. Raises StartError."""
        try:
            popen, sock = await asyncio.get_running_loop().run_in_executor(self._forks, fork, self._terms)
        except OSError as error:
            raise StartError(f"An imaging worker could not be started: {error}") from error
        child = Child(popen, sock, self._hear, self._clock())
        self._alive.add(child)
        if self._closing.is_set():
            child.kill("closed")
        try:
            async with asyncio.timeout(HELLO):
                self._welcome(await child.greet())
        except BaseException as error:
            self._alive.discard(child)
            child.kill()
            cause = await child.bury()
            if isinstance(error, Lost | TimeoutError):
                raise self._stillborn(child, cause) from None
            raise
        self._lie_idle(child)

    def _welcome(self, hello: wire.Hello) -> None:
        lacking = sandbox.missing(hello.sandbox) if self._terms.sandbox == "required" else []
        if lacking:
            raise StartError(f"The sandbox is required, but this system lacks {', '.join(lacking)}")
        self._layers = hello.sandbox
        if self._capabilities and self._capabilities != hello.capabilities:
            log.warning("libvips was exchanged under the running edge; the workers that have the old one are replaced")
            self._capabilities = hello.capabilities
            for child in list(self._idle):
                self._lose(child, "recycled", GRACE)
        self._capabilities = hello.capabilities

    def _stillborn(self, child: Child, cause: str) -> StartError:
        if self._terms.memory < MEMORY_LEAST:
            return StartError(f"An imaging worker cannot start in {self._terms.memory >> 20} MiB; give it 256 or more")
        lines = [line for line in child.first_words.decode("utf-8", "replace").splitlines() if line.strip()]
        # A traceback ends with its reason; a crash report begins with it.
        why = printable(lines[0 if cause.startswith("SIG") else -1]) if lines else "it said nothing"
        return StartError(f"An imaging worker ended before it was ready ({cause}): {why}")

    def _lie_idle(self, child: Child) -> None:
        self._busy.discard(child)
        self._idle.append(child)
        child.watch(self._vanished)
        self._changed.set()

    def _vanished(self, child: Child) -> None:
        """An idle worker died, or spoke out of turn. If it was new, that may be a sign that none can live here."""
        young = self._clock() - child.born < YOUNG
        self._failures = self._failures + 1 if young else 0
        self._lose(child)

    def _lose(self, child: Child, cause: str | None = None, grace: float = 0.0) -> None:
        """Out of the pool, whatever it was doing; another takes its place. With `grace` it may leave by itself."""
        self._alive.discard(child)
        self._busy.discard(child)
        if child in self._idle:
            self._idle.remove(child)
            child.unwatch()
        child.cause = child.cause or cause
        if not grace:
            child.kill()
        self._begin(self._bury(child, grace))
        if not self._closing.is_set():
            self._begin(self._replace())
        self._changed.set()

    async def _bury(self, child: Child, grace: float) -> None:
        cause = await child.bury(grace)
        self._deaths[cause] += 1
        log.log(logging.DEBUG if cause in QUIET else logging.WARNING, "worker %d ended: %s", child.pid, cause)

    async def _replace(self) -> None:
        """Start one worker, however often it takes; the longer it goes wrong, the rarer."""
        while not self._closing.is_set():
            await self._pause()
            try:
                await self._enlist()
            except StartError as error:
                self._failures += 1
                if not self._closing.is_set():
                    log.error("%s", error)
            else:
                self._respawns += 1
                return

    async def _pause(self) -> None:
        delay = min(BACKOFF_MOST, BACKOFF_FIRST * 2.0 ** (self._failures - 1)) if self._failures else 0.0
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._closing.wait()

    def _worn(self, child: Child) -> bool:
        """Old or fat workers are replaced between two jobs: fragmented heaps do not shrink."""
        stale = child.hello is None or child.hello.capabilities != self._capabilities
        weighed = child.jobs % WEIGHED == 0 and child.resident() > self._resident_most
        return stale or child.jobs >= self._recycle_after or weighed

    # ------------------------------------------------------------------------------------------------------- little

    def _hear(self, chunk: bytes) -> None:
        for line in self._remarks.heard(chunk, self._clock()):
            log.warning("a worker says: %s", line)

    def _begin(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    async def _until(self, met: Callable[[], bool]) -> None:
        while not met():
            self._changed.clear()
            await self._changed.wait()

    def __repr__(self) -> str:
        return f"Pool({len(self._alive)} of {self._size + 1} alive, {len(self._busy)} busy, {self._jobs} jobs)"


def _cause(error: BaseException) -> str | None:
    if isinstance(error, TimeoutError):
        return "deadline"
    if isinstance(error, Lost):
        return NONSENSE if error.cause == NONSENSE else None
    return "cancelled"


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _expect(kind: type[A], answer: wire.Answer) -> A:
    if isinstance(answer, EdgeError):
        raise answer
    if not isinstance(answer, kind):
        raise TypeError(f"read_answer let a {type(answer).__name__} pass")
    return answer
