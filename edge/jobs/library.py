"""Jobs without a server: what `edge.jobs` offers, in this process or isolated, blocking or awaited.

Every call goes the same way: read the job, open its inputs, learn their facts from their headers, settle what is to be
done, have an engine do it, hand over or write the outputs. Only the engine differs: libvips in this process
(edge.jobs.here), or workers of their own (edge.jobs.isolated). No call needs an event loop or minds one.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Protocol, TypeVar

from edge.calibration.kept import load_rates
from edge.dialects.book import Book, Compat
from edge.dialects.imageflow.errors import JobError, job_error
from edge.dialects.imageflow.lowering import query_recipe, recipe_of
from edge.dialects.imageflow.recipe import Recipe
from edge.dialects.imageflow.results import Estimate, Input, JobResult, Output
from edge.errors import EdgeError, expected
from edge.jobs.destinations import written
from edge.jobs.filling import AnyJob, Inputs, Outputs, filled
from edge.jobs.here import Here
from edge.jobs.security import Caps
from edge.jobs.settling import Settled, settle_job
from edge.jobs.sources import AnySource, facts_of, length_of, opened
from edge.jobs.working import estimate_of, inputs_of, result_of
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Source

A = TypeVar("A")

# What may be read and made where nothing else is said: 256 MiB, 100 megapixels, 400 over all frames of an animation.
LIMITS = Limits(
    source_bytes=256 << 20,
    source_pixels=100_000_000,
    output_pixels=100_000_000,
    animation_pixels=400_000_000,
)

logging.getLogger("edge").addHandler(logging.NullHandler())  # what goes wrong is raised; the log is for who wants it


class Engine(Protocol):
    """What makes pictures. Raises EdgeErrors only."""

    @property
    def capabilities(self) -> Capabilities: ...

    def probe(self, source: Source, limits: Limits) -> Facts: ...

    def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Done: ...


_rates = cache(load_rates)  # this machine's, for these libraries: looked up once


@dataclass(frozen=True, slots=True)
class _Task:
    """A job about to be done, its sources open."""

    recipe: Recipe
    settled: Settled
    facts: Sequence[Facts]
    sources: Sequence[Source]
    pipeline: str

    @property
    def estimate(self) -> Estimate:
        lengths = [length_of(source) for source in self.sources]
        return estimate_of(self.settled, self.facts, lengths, _rates(self.pipeline))


class Jobs:
    """The library over one engine. `limits` are those of a call that names none. May be shared by threads."""

    def __init__(self, engine: Engine, limits: Limits = LIMITS, threads: int = 4) -> None:
        self._engine = engine
        self._limits = limits
        self._threads = threads  # for awaited calls
        self._executor: tuple[int, ThreadPoolExecutor] | None = None  # and the process it is of

    def run(
        self,
        job: AnyJob,
        inputs: Inputs | None = None,
        *,
        limits: Limits | None = None,
        compat: Compat = "modern",
        outputs: Outputs | None = None,
    ) -> JobResult:
        """As edge.jobs.run."""
        with _in_our_words(), ExitStack() as closing:
            whole = filled(job, inputs, outputs)
            destinations = whole.destinations()
            recipe = recipe_of(whole.job, Book(compat=compat))
            task = self._task(recipe, whole.sources, limits, compat, closing)
            return written(self._done(task), destinations)

    def querystring(
        self, source: AnySource, query: str, *, limits: Limits | None = None, compat: Compat = "modern"
    ) -> Output:
        """As edge.jobs.querystring."""
        with _in_our_words(), ExitStack() as closing:
            if not isinstance(query, str):
                raise JobError("InvalidArgument", expected("text", "the query", type(query).__name__))
            recipe = query_recipe(query.removeprefix("?"), Book(compat=compat), 0, 1)
            task = self._task(recipe, {0: source}, limits, compat, closing)
            return self._done(task).outputs[0]

    def info(self, source: AnySource, *, limits: Limits | None = None) -> Input:
        """As edge.jobs.info."""
        with _in_our_words(), ExitStack() as closing:
            limits = self._held(limits)
            facts = self._facts(opened(source, 0, limits.source_bytes, closing), 0, limits)
            return inputs_of((0,), (facts,))[0]

    def predict(
        self,
        job: AnyJob,
        inputs: Inputs | None = None,
        *,
        limits: Limits | None = None,
        compat: Compat = "modern",
    ) -> Estimate:
        """As edge.jobs.predict."""
        with _in_our_words(), ExitStack() as closing:
            whole = filled(job, inputs)
            recipe = recipe_of(whole.job, Book(compat=compat))
            task = self._task(recipe, whole.sources, limits, compat, closing)
            return task.estimate

    async def arun(
        self,
        job: AnyJob,
        inputs: Inputs | None = None,
        *,
        limits: Limits | None = None,
        compat: Compat = "modern",
        outputs: Outputs | None = None,
    ) -> JobResult:
        """`run`, awaited."""
        return await self._aside(partial(self.run, job, inputs, limits=limits, compat=compat, outputs=outputs))

    async def aquerystring(
        self, source: AnySource, query: str, *, limits: Limits | None = None, compat: Compat = "modern"
    ) -> Output:
        """`querystring`, awaited."""
        return await self._aside(partial(self.querystring, source, query, limits=limits, compat=compat))

    async def ainfo(self, source: AnySource, *, limits: Limits | None = None) -> Input:
        """`info`, awaited."""
        return await self._aside(partial(self.info, source, limits=limits))

    async def apredict(
        self,
        job: AnyJob,
        inputs: Inputs | None = None,
        *,
        limits: Limits | None = None,
        compat: Compat = "modern",
    ) -> Estimate:
        """`predict`, awaited."""
        return await self._aside(partial(self.predict, job, inputs, limits=limits, compat=compat))

    def _task(
        self,
        recipe: Recipe,
        given: Mapping[int, AnySource],
        limits: Limits | None,
        compat: Compat,
        closing: ExitStack,
    ) -> _Task:
        limits = self._held(limits)
        most = Caps.of(recipe.securities, limits).max_input_file_bytes
        sources = [opened(given[io_id], io_id, most, closing) for io_id in recipe.inputs]
        facts = [self._facts(source, io_id, limits) for io_id, source in zip(recipe.inputs, sources, strict=True)]
        able = self._engine.capabilities
        settled = settle_job(recipe, facts, able.savers, limits, compat)
        return _Task(recipe, settled, facts, sources, able.pipeline)

    def _held(self, limits: Limits | None) -> Limits:
        """Those of a call."""
        return limits or self._limits

    def _facts(self, source: Source, io_id: int, limits: Limits) -> Facts:
        return facts_of(source, io_id) or self._engine.probe(source, limits)

    def _done(self, task: _Task) -> JobResult:
        done = self._engine.run_all(task.settled.plan, task.sources, task.settled.limits)
        return result_of(task.recipe, task.settled, task.facts, done, task.estimate)

    def _dismiss(self) -> None:
        """The threads of awaited calls, once those have ended."""
        executor, self._executor = self._executor, None
        if executor is not None and executor[0] == os.getpid():
            executor[1].shutdown()

    async def _aside(self, work: Callable[[], A]) -> A:
        """In a thread of ours: asyncio's own are few, and a caller's."""
        here = os.getpid()
        if self._executor is None or self._executor[0] != here:  # threads do not live on in a fork
            self._executor = here, ThreadPoolExecutor(self._threads, thread_name_prefix="edge-jobs")
        return await asyncio.get_running_loop().run_in_executor(self._executor[1], work)

    def __repr__(self) -> str:
        return f"Jobs({self._engine!r})"


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Nothing but a JobError leaves, unless a caller's own file raises what is its own."""
    try:
        yield
    except JobError:
        raise
    except EdgeError as error:
        raise job_error(error) from error
    except MemoryError as error:
        raise JobError("AllocationFailed", "There is not enough memory for this job") from error


_HERE = Jobs(Here())


def _jobs(isolated: bool) -> Jobs:
    if not isolated:
        return _HERE
    from edge.jobs.isolated import shared  # noqa: PLC0415  # processes are there for who asks for them

    return shared()


def run(
    job: AnyJob,
    inputs: Inputs | None = None,
    *,
    isolated: bool = False,
    limits: Limits | None = None,
    compat: Compat = "modern",
    outputs: Outputs | None = None,
) -> JobResult:
    """Do a job of several inputs, steps and outputs (Imageflow's v1/build).

    `job`: a dict, JSON text or bytes, the path of a JSON file, or a Build. `inputs`: a source for each io_id, or one
    source for io 0; it comes before what the job's own io says. `outputs`: a path for each io_id, or one path for the
    only output; likewise. A job without `io` takes its inputs from `inputs` and gives every encode back as bytes.
    A source is bytes, a path or a binary file, read from where it stands.

    The outputs' `data` are their bytes; it is empty for those that were written to files. `limits` are bytes and
    pixels. Raises JobError; then no file has been written.
    """
    return _jobs(isolated).run(job, inputs, limits=limits, compat=compat, outputs=outputs)


def querystring(
    source: AnySource,
    query: str,
    *,
    isolated: bool = False,
    limits: Limits | None = None,
    compat: Compat = "modern",
) -> Output:
    """One picture from another by a RIAPI query: `querystring("a.jpg", "w=400&format=webp").data`. Width and height of
    the Output are pixels of one frame. Raises JobError."""
    return _jobs(isolated).querystring(source, query, limits=limits, compat=compat)


def info(source: AnySource, *, isolated: bool = False, limits: Limits | None = None) -> Input:
    """What a picture's header says: format, media type, upright width and height in pixels, frames, alpha. Decodes
    nothing. Raises JobError."""
    return _jobs(isolated).info(source, limits=limits)


def predict(
    job: AnyJob,
    inputs: Inputs | None = None,
    *,
    isolated: bool = False,
    limits: Limits | None = None,
    compat: Compat = "modern",
) -> Estimate:
    """What `run` would take and give, from headers alone: milliseconds of one processor, bytes at the peak, and of each
    output its io_id, width and height in pixels. Raises JobError where `run` would, as far as headers tell."""
    return _jobs(isolated).predict(job, inputs, limits=limits, compat=compat)


async def arun(
    job: AnyJob,
    inputs: Inputs | None = None,
    *,
    isolated: bool = False,
    limits: Limits | None = None,
    compat: Compat = "modern",
    outputs: Outputs | None = None,
) -> JobResult:
    """`run`, awaited. Who stops waiting leaves the work to end by itself."""
    return await _jobs(isolated).arun(job, inputs, limits=limits, compat=compat, outputs=outputs)


async def aquerystring(
    source: AnySource,
    query: str,
    *,
    isolated: bool = False,
    limits: Limits | None = None,
    compat: Compat = "modern",
) -> Output:
    """`querystring`, awaited."""
    return await _jobs(isolated).aquerystring(source, query, limits=limits, compat=compat)


async def ainfo(source: AnySource, *, isolated: bool = False, limits: Limits | None = None) -> Input:
    """`info`, awaited."""
    return await _jobs(isolated).ainfo(source, limits=limits)


async def apredict(
    job: AnyJob,
    inputs: Inputs | None = None,
    *,
    isolated: bool = False,
    limits: Limits | None = None,
    compat: Compat = "modern",
) -> Estimate:
    """`predict`, awaited."""
    return await _jobs(isolated).apredict(job, inputs, limits=limits, compat=compat)
