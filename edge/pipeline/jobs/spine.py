"""THE SPINE for jobs: from what a client sent to pictures, each verb one call into one room.

Theory of operation. A job is a request that carries its inputs: nothing of it is looked up, nothing is stored, and
nobody shares its answer. So it has no key and no flight; all else is as for pictures. Originals behind routes are
leases, opened by identity; if one changes while it is read, the job begins again, once. A fetch holds no worker; what
the work will cost is predicted before it is admitted; and whatever was opened is closed with the answer.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from edge.dialects.imageflow import endpoints
from edge.dialects.imageflow.endpoints import Endpoint
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.lowering import query_recipe, recipe_of
from edge.dialects.imageflow.model import (
    Build,
    EstimateRequest,
    Execute,
    File,
    ImageInfoRequest,
    IoObject,
    Steps,
    TellDecoder,
    Url,
    ValidateQuery,
)
from edge.dialects.imageflow.reading import read
from edge.dialects.imageflow.recipe import Recipe
from edge.dialects.imageflow.results import Estimate
from edge.dialects.imageflow.tagged import Record
from edge.errors import BadGateway, BadRequest, MethodNotAllowed, NotFound, Unavailable, UriTooLong
from edge.exchange import ImageRequest, Reply
from edge.jobs.security import Caps
from edge.jobs.settling import Settled, settle_job
from edge.jobs.working import estimate_of, inputs_of, result_of
from edge.originals import OriginalChanged, Originals
from edge.pipeline.jobs import replies
from edge.pipeline.jobs.inputs import Inputs, Opened, Urls
from edge.pipeline.jobs.replies import Ran
from edge.pipeline.jobs.route import JobsRoute
from edge.pipeline.jobs.sent import Bounds, Room, Sent, Taking
from edge.plan.cost import Cost, check_memory, predict
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Node, Plan
from edge.plan.rates import SHIPPED, Rates
from edge.plan.steps import Decode
from edge.plan.work import Capabilities, Done, Source
from edge.routing.prefixes import Placed, RouteMap

T = TypeVar("T")
M = TypeVar("M", bound=Record)

_SHORT: Final = 16 << 10  # bytes of a job that is read and settled on the event loop: a few milliseconds
_NODE: Final = 512  # bytes that take as long to read as a node, of nine letters perhaps, takes to settle
_LONGEST_WAIT: Final = 5.0  # seconds until a job is read or settled beside the event loop
_LATER: Final = 2  # seconds
_DOCUMENT: Final = "openapi.json"
_READABLE: Final = "GET, HEAD, POST, OPTIONS"
_SENDABLE: Final = "POST, OPTIONS"


class Workers(Protocol):
    @property
    def capabilities(self) -> Capabilities: ...

    async def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits | None = None) -> Done: ...

    async def probe(self, source: Source) -> Facts: ...


class Gate(Protocol):
    """Admission by predicted cost. Raises Unavailable when the wait would be too long."""

    def slot(self, cost_ms: float) -> AbstractAsyncContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that may pass. Its query is without what only access reads. `bare`: the document itself is asked for,
    not the endpoint's answer that holds it."""

    route: JobsRoute
    endpoint: Endpoint
    request: ImageRequest
    bare: bool = False

    @property
    def takes(self) -> Taking:
        """What content of one piece is here."""
        reads = self.request.method in ("GET", "HEAD")
        return "nothing" if reads else "picture" if self.endpoint is endpoints.QUERYSTRING else "document"


@dataclass(frozen=True, slots=True)
class Task:
    """A job that was read: its inputs and outputs, and how much work it is to settle, as bytes to read."""

    said: Sequence[IoObject]
    recipe: Recipe
    weight: int


class Jobs:
    """All routes of jobs. `memory`: bytes that a worker may hold; `most`: of one input."""

    def __init__(  # noqa: PLR0913 - the composition root hands over each room once
        self,
        places: RouteMap[Placed],
        originals: Originals,
        workers: Workers,
        gate: Gate,
        limits: Limits,
        *,
        memory: int = sys.maxsize,
        spool_folder: str | None = None,
        url_bytes: int = 8 << 10,
        clock: Callable[[], float] = time.time,
        rates: Rates = SHIPPED,
    ) -> None:
        self._rates = rates
        self._places = places
        self._urls = Urls(places, originals, url_bytes, clock)
        self._workers = workers
        self._gate = gate
        self._limits = limits
        self._memory = memory
        self._url_bytes = url_bytes
        self._clock = clock
        self.spool_folder = spool_folder
        self.bounds = Bounds(limits.source_bytes)
        self.room = Room()
        self._desk = asyncio.Semaphore(1)

    def serves(self, host: str, path: str) -> bool:
        """Does a route of jobs lead there? `path` is raw."""
        try:
            return isinstance(self._places.find(host, path)[0], JobsRoute)
        except (BadRequest, NotFound):
            return False

    def allowed(self, request: ImageRequest) -> str:
        """The methods of what is asked for, for Allow."""
        _, name = self._places.find(request.host, request.path)
        return _READABLE if name == _DOCUMENT or _is_readable(endpoints.find(name)) else _SENDABLE

    def shown(self, request: ImageRequest) -> str:
        """The URL for a log: without the key."""
        route, _ = self._places.find(request.host, request.path)
        assert isinstance(route, JobsRoute)  # see `serves`
        query = route.keys.hidden(request.query)
        return f"{request.path}?{query}" if query else request.path

    def enter(self, request: ImageRequest) -> Entry:
        """Before any content is read. Raises the refusal."""
        if len(request.path) + len(request.query) > self._url_bytes:
            raise UriTooLong(f"The URL is longer than {self._url_bytes} bytes")
        route, name = self._places.find(request.host, request.path)
        assert isinstance(route, JobsRoute)  # see `serves`
        query = route.admit(request, self._clock())
        bare = name == _DOCUMENT
        endpoint = endpoints.OPENAPI if bare else endpoints.find(name)
        allowed = _READABLE if _is_readable(endpoint) else _SENDABLE
        if request.method not in allowed.split(", "):
            raise MethodNotAllowed(f"Expected {allowed.replace(', ', ' or ')}", {"Allow": allowed})
        return Entry(route, endpoint, replace(request, query=query), bare)

    async def respond(self, entry: Entry, sent: Sent) -> Reply:
        """Raises EdgeErrors."""
        return await _ANSWERS[entry.endpoint.name](self, entry, sent)

    # What pictures are made by.

    async def build(self, entry: Entry, sent: Sent) -> Reply:
        job = await self._read(Build, sent)
        return await self._make(entry, sent, job)

    async def execute(self, entry: Entry, sent: Sent) -> Reply:
        """Without `io` nothing is registered beforehand: the nodes tell what there is."""
        job = await self._read(Execute, sent)
        if job.io is None:
            named = await self._aside(_weight(job, sent), recipe_of, job, entry.route.book)
            job = job.model_copy(update={"io": _implied(named)})
        return await self._make(entry, sent, job)

    async def querystring(self, entry: Entry, sent: Sent) -> Reply:
        if set(sent.parts) != {0} or sent.document is not None:
            raise BadRequest("Expected the picture as the request's content, or as its part 0 and no other")
        recipe = query_recipe(entry.request.query, entry.route.book, decode=0, encode=1)
        said = _implied(recipe)
        ran = await self._run(entry, sent, Task(said, recipe, len(entry.request.query)))
        return replies.made(ran, said, entry)

    async def _make(self, entry: Entry, sent: Sent, job: Build | Execute) -> Reply:
        said = _completed(job.io or [], sent)
        whole = job.model_copy(update={"io": said})
        weight = _weight(job, sent)
        recipe = await self._aside(weight, recipe_of, whole, entry.route.book)
        ran = await self._run(entry, sent, Task(said, recipe, weight))
        return replies.made(ran, said, entry)

    async def _run(self, entry: Entry, sent: Sent, task: Task) -> Ran:
        """A job whose originals change meanwhile begins again, once."""
        inputs = self._inputs()
        try:
            try:
                return await self._work(entry, inputs, sent, task)
            except OriginalChanged:
                return await self._work(entry, inputs, sent, task)
        except OriginalChanged:
            raise BadGateway("An original keeps changing while it is read") from None
        finally:
            inputs.close()

    async def _work(self, entry: Entry, inputs: Inputs, sent: Sent, task: Task) -> Ran:
        with ExitStack() as opened:
            given = await inputs.open(task.said, sent, entry.request, opened)
            facts = [each.facts for each in given]
            settled, predicted = await self._settle(entry, task, given)
            check_memory(Cost(predicted.cpu_ms, predicted.peak_bytes), self._memory)
            queued = time.perf_counter()
            async with self._gate.slot(predicted.cpu_ms):
                waited = time.perf_counter() - queued
                done = await self._workers.run_all(settled.plan, [each.source for each in given], settled.limits)
            for each in given:
                await each.verify()
        return Ran(result_of(task.recipe, settled, facts, done, predicted), given, waited)

    async def _settle(self, entry: Entry, task: Task, given: Sequence[Opened]) -> tuple[Settled, Estimate]:
        caps = Caps.of(task.recipe.securities, self._limits)
        for each in given:
            caps.check_bytes(each.length)
        facts, lengths = [each.facts for each in given], [each.length for each in given]
        savers, compat = self._workers.capabilities.savers, entry.route.book.compat

        def foreseen() -> tuple[Settled, Estimate]:
            settled = settle_job(task.recipe, facts, savers, self._limits, compat)
            return settled, estimate_of(settled, facts, lengths, self._rates)

        return await self._aside(task.weight, foreseen)

    # What is told of pictures.

    async def image_info(self, entry: Entry, sent: Sent) -> Reply:
        asked = await self._read(ImageInfoRequest, sent)
        (given,) = await self._look(entry, sent, _completed(asked.io or [], sent), asked.io_id)
        (told,) = inputs_of([given.io_id], [given.facts])
        return replies.image_info(told, given, entry)

    async def tell_decoder(self, entry: Entry, sent: Sent) -> Reply:
        asked = await self._read(TellDecoder, sent)
        await self._look(entry, sent, _completed(asked.io or [], sent), asked.io_id)
        return replies.told({}, entry)

    async def estimate(self, entry: Entry, sent: Sent) -> Reply:
        asked = await self._read(EstimateRequest, sent)
        said = _completed(asked.io or [], sent)
        if asked.framewise is None:
            (given,) = await self._look(entry, sent, said, asked.io_id)
            (told,) = inputs_of([given.io_id], [given.facts])
            cost = predict(Plan((Node(Decode()),)), given.facts, self._rates, [given.length])  # decoded whole
            return replies.estimate(told, Estimate(cost.milliseconds, cost.memory), entry)
        weight = _weight(asked, sent)
        recipe = await self._aside(weight, recipe_of, asked.model_copy(update={"io": said}), entry.route.book)
        return await self._predict(entry, sent, Task(said, recipe, weight), asked.io_id)

    async def _predict(self, entry: Entry, sent: Sent, task: Task, io_id: int) -> Reply:
        """Of the whole job; upstream's numbers are of the input that was named, or else of the first."""
        inputs = self._inputs()
        with ExitStack() as opened:
            opened.callback(inputs.close)
            given = await inputs.open(task.said, sent, entry.request, opened)
        facts = [each.facts for each in given]
        _, predicted = await self._settle(entry, task, given)
        told = sorted(inputs_of(task.recipe.inputs, facts), key=lambda each: each.io_id != io_id)
        return replies.estimate(told[0] if told else None, predicted, entry)

    async def _look(self, entry: Entry, sent: Sent, said: Sequence[IoObject], io_id: int) -> tuple[Opened, ...]:
        """At one input; nothing is decoded."""
        wanted = [each for each in said if each.io_id == io_id and each.direction == "in"]
        if not wanted:
            raise JobError("IoIdNotFound", f"No input has the io_id {io_id}")
        inputs = self._inputs()
        with ExitStack() as opened:
            opened.callback(inputs.close)
            return await inputs.open(wanted[:1], sent, entry.request, opened)

    # What asks for no picture.

    async def static(self, entry: Entry, sent: Sent) -> Reply:
        if sent.parts:
            raise BadRequest("Expected no pictures at this endpoint")
        asked = await self._read(entry.endpoint.request, sent)
        query = asked.query_string if isinstance(asked, ValidateQuery) else ""
        return await replies.static(entry, query, self._workers.capabilities)

    def _inputs(self) -> Inputs:
        return Inputs(self._urls, self._workers, self.bounds.part, self.spool_folder)

    async def _read(self, kind: type[M], sent: Sent) -> M:
        text = sent.document if sent.document is not None else b"{}" if sent.parts else b""
        return await self._aside(len(text), read, kind, text)

    async def _aside(self, length: int, work: Callable[..., T], *given: object) -> T:
        """What is long is done beside the event loop, one after the other: threads that compute take turns with the
        loop, so that each further one would make everybody else wait longer."""
        if length <= _SHORT:
            return work(*given)
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._desk.acquire()
        except TimeoutError:
            raise Unavailable("The edge has more jobs to read than it can read in time", _LATER) from None
        working = asyncio.ensure_future(asyncio.to_thread(work, *given))
        working.add_done_callback(self._leave)
        return await asyncio.shield(working)

    def _leave(self, working: "asyncio.Future[T]") -> None:
        """Only now: a thread computes to its end, whoever has left."""
        self._desk.release()
        if not working.cancelled():
            working.exception()  # somebody has left who would have been told

    def __repr__(self) -> str:
        return f"Jobs({len(self._places)} routes)"


_ANSWERS: Final = {
    **{each.name: Jobs.static for each in endpoints.ENDPOINTS if each.static},
    endpoints.BUILD.name: Jobs.build,
    endpoints.EXECUTE.name: Jobs.execute,
    endpoints.QUERYSTRING.name: Jobs.querystring,
    endpoints.IMAGE_INFO.name: Jobs.image_info,
    endpoints.SCALED_IMAGE_INFO.name: Jobs.image_info,
    endpoints.TELL_DECODER.name: Jobs.tell_decoder,
    endpoints.ESTIMATE.name: Jobs.estimate,
}


def _is_readable(endpoint: Endpoint) -> bool:
    """May it be asked for with GET? Whoever validates has something to send."""
    return endpoint.static and endpoint is not endpoints.VALIDATE


def _implied(recipe: Recipe) -> list[IoObject]:
    """The io of a job that speaks of none."""
    return [*map(_incoming, recipe.inputs), *(_io(each, "out", "output_base_64") for each in recipe.outputs)]


def _incoming(io_id: int) -> IoObject:
    return _io(io_id, "in", "placeholder")


def _io(io_id: int, direction: str, kind: str) -> IoObject:
    return IoObject.model_validate({"io_id": io_id, "direction": direction, "io": kind})


def _completed(said: Sequence[IoObject], sent: Sent) -> list[IoObject]:
    """With the inputs that came without being announced. Raises JobErrors for files, and for what is sent for an
    output."""
    for each in said:
        if isinstance(each.io, File):
            sentence = f"The io {each.io_id} names a file: over HTTP, pictures are sent along and answered with"
            raise JobError("ActionForbidden", sentence)
        if each.direction == "out" and isinstance(each.io, Url):
            raise JobError("InvalidArgument", f"The output {each.io_id} names a url, which is for inputs alone")
        if each.direction == "out" and each.io_id in sent.parts:
            raise JobError("InvalidArgument", f"The part {each.io_id} came for an output")
    known = {each.io_id for each in said}
    unannounced = [io_id for io_id in sent.parts if io_id not in known]
    return [*said, *map(_incoming, unannounced)]


def _weight(job: Build | Execute | EstimateRequest, sent: Sent) -> int:
    """How much work a job is, as bytes to read."""
    if job.framewise is None:
        return len(sent.document or b"")
    nodes = job.framewise.value if isinstance(job.framewise, Steps) else job.framewise.value.nodes
    return max(len(sent.document or b""), _NODE * len(nodes))
