"""Jobs in workers of their own: what a hostile picture does there costs one job and one worker.

Theory of operation. The workers are edge.workers.pool's, and that wants an event loop; so a thread has one, for as long
as the workers live. Any thread may call: its job is handed to the loop, and it waits for the answer. Workers start with
the first call (or `with`), and end with `close`, or with the program.

At the end of a program Python joins the threads of executors before it calls atexit, and workers die with the thread
that started them. So what ends them in order is registered where executors register theirs, and comes before.

A fork inherits neither the thread nor a right to the workers: there the first call starts its own.
"""

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from types import TracebackType
from typing import Final, Self, TypeVar

from edge.dialects.imageflow.errors import JobError
from edge.errors import expected
from edge.jobs.library import LIMITS, Jobs
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Source
from edge.workers.boarding import lower
from edge.workers.pool import Pool, StartError, processors

A = TypeVar("A")

MEMORY: Final = 1 << 30  # bytes
TIMEOUT: Final = 30.0  # seconds
GRACE: Final = 2.0  # seconds for the jobs under way when it ends


class _Workshop:
    """A running pool and the thread of its loop. Made by one process, and of use to that one only."""

    def __init__(self, make: Callable[[], Pool]) -> None:
        self.pid = os.getpid()
        self._make = make
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, Pool]] = Future()
        self._thread = threading.Thread(target=self._main, name="edge-jobs-isolated", daemon=True)
        self._thread.start()
        self._loop, self._enough, self.pool = self._ready.result()

    def call(self, work: Callable[[Pool], Coroutine[object, object, A]]) -> A:
        """From any thread but the loop's. Raises EdgeErrors."""
        awaited = work(self.pool)
        try:
            future = asyncio.run_coroutine_threadsafe(awaited, self._loop)
        except RuntimeError:  # closed meanwhile
            awaited.close()
            raise _closed() from None
        try:
            return future.result()
        except CancelledError:
            raise _closed() from None
        except BaseException:
            future.cancel()  # an interrupted caller wants nothing any more
            raise

    def close(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._enough.set)
        except RuntimeError:
            return  # closed already
        self._thread.join()

    def _main(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:  # the thread that waits for the start shall hear of it
            if not self._ready.done():
                self._ready.set_exception(error)

    async def _live(self) -> None:
        pool, enough = self._make(), asyncio.Event()
        await pool.start()
        self._ready.set_result((asyncio.get_running_loop(), enough, pool))
        await enough.wait()
        await pool.close(GRACE)


class _Apart:
    """The engine: workers that are started when they are first wanted."""

    def __init__(self, make: Callable[[], Pool]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._workshop: _Workshop | None = None
        self._closed = False
        _ALL.add(self)

    @property
    def capabilities(self) -> Capabilities:
        return self.started().pool.capabilities

    def probe(self, source: Source, limits: Limits) -> Facts:
        return self.started().call(lambda pool: pool.probe(source))

    def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Done:
        return self.started().call(lambda pool: pool.run_all(plan, sources, limits))

    def started(self) -> _Workshop:
        with self._lock:
            if self._closed:
                raise _closed()
            if self._workshop is None:
                try:
                    self._workshop = _Workshop(self._make)
                except StartError as error:
                    raise JobError("InternalError", str(error)) from error
            return self._workshop

    def close(self) -> None:
        with self._lock:
            workshop, self._workshop, self._closed = self._workshop, None, True
        if workshop is not None:
            workshop.close()

    def disown(self) -> None:
        """In a fork. The parent's are kept, unused: to close them would be to close what the parent uses."""
        if self._workshop is not None:
            _DISOWNED.append(self._workshop)
        self._lock, self._workshop = threading.Lock(), None

    def __repr__(self) -> str:
        return repr(self._workshop.pool) if self._workshop else "no workers"


class Isolated(Jobs):
    """The library in `workers` processes of their own, each with so many bytes of `memory` and seconds of `timeout`
    for one job:

        with Isolated(workers=2, memory=1 << 30, timeout=30) as jobs:
            jobs.run(…)

    `workers`: as many jobs run at once; by default one for each processor. `limits` hold on top of those of a call.
    A crash, a hang or too much memory is a JobError of the one job. Threads may share it."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        memory: int = MEMORY,
        timeout: float = TIMEOUT,
        limits: Limits = LIMITS,
    ) -> None:
        for name, number in (("workers", workers), ("memory", memory), ("timeout", timeout)):
            if number is not None and number <= 0:
                raise JobError("InvalidArgument", expected("more than 0", name, number))
        size = workers or processors()
        self._apart = _Apart(lambda: Pool(size, memory=memory, timeout=timeout, limits=limits))
        super().__init__(self._apart, limits, threads=size + 2)

    def _held(self, limits: Limits | None) -> Limits:
        """Those of a call, and never more than the workers allow."""
        return lower(self._limits, limits)

    def close(self) -> None:
        """End the workers; jobs under way have two seconds. May be called twice. What comes afterwards is refused."""
        self._apart.close()
        self._dismiss()

    def __enter__(self) -> Self:
        self._apart.started()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._apart.started)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        return f"Isolated({self._apart!r})"


def shared() -> Isolated:
    """The workers behind `isolated=True`."""
    global _shared  # noqa: PLW0603  # one for the program
    with _LOCK:
        if _shared is None:
            _shared = Isolated()
        return _shared


def close() -> None:
    """End the workers behind `isolated=True`, if there are any. The next call starts new ones."""
    global _shared  # as above
    with _LOCK:
        ended, _shared = _shared, None
    if ended is not None:
        ended.close()


def _closed() -> JobError:
    return JobError("OperationCancelled", "The workers of this job have been ended")


def _end_all() -> None:
    for each in list(_ALL):
        each.close()


def _disown_all() -> None:
    global _LOCK  # noqa: PLW0603  # as above; another thread may have held it
    _LOCK = threading.Lock()
    for each in list(_ALL):
        each.disown()


_LOCK = threading.Lock()
_shared: Isolated | None = None
_ALL: "weakref.WeakSet[_Apart]" = weakref.WeakSet()
_DISOWNED: list[_Workshop] = []

# After edge.workers.pool was imported, and with it the executors, whose turn then comes later.
getattr(threading, "_register_atexit", atexit.register)(_end_all)
os.register_at_fork(after_in_child=_disown_all)
