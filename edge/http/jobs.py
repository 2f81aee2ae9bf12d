"""Requests for jobs: admitted, taken in, answered in the words of the job API."""

import logging
from collections.abc import Callable
from typing import Final, Protocol

from aiohttp import web

from edge.dialects.imageflow.errors import JobError, job_error
from edge.errors import EdgeError
from edge.exchange import Fields, ImageRequest, Reply
from edge.http.bodies import take
from edge.observe.log import redact
from edge.pipeline.jobs.replies import refusal
from edge.pipeline.jobs.sent import Bounds, Room, Sent
from edge.pipeline.jobs.spine import Entry

log = logging.getLogger("edge.http")

SHOWN: Final = web.RequestKey("shown", str)  # what of a request is its URL for a log


class Working(Protocol):
    """`serves`: is this a route of jobs? `path` is raw. `shown` is the URL for a log. The others raise EdgeErrors."""

    spool_folder: str | None
    bounds: Bounds
    room: Room

    def serves(self, host: str, path: str) -> bool: ...

    def allowed(self, request: ImageRequest) -> str: ...

    def shown(self, request: ImageRequest) -> str: ...

    def enter(self, request: ImageRequest) -> Entry: ...

    async def respond(self, entry: Entry, sent: Sent) -> Reply: ...


async def answer(jobs: Working, request: web.BaseRequest, came: ImageRequest, failed: Callable[[str], None]) -> Reply:
    """The reply, whatever goes wrong; `failed` hears what kind of error it tells."""
    request[SHOWN] = jobs.shown(came)
    try:
        return await _answer(jobs, request, came)
    except EdgeError as error:
        told = job_error(error)
    except Exception:
        log.exception("a job failed: %s", redact(request[SHOWN][:500]))
        told = JobError("InternalError", "Something went wrong inside the edge")
    failed(told.kind)
    return refusal(told)


async def _answer(jobs: Working, request: web.BaseRequest, came: ImageRequest) -> Reply:
    if came.method == "OPTIONS":
        return Reply(204, Fields([("allow", jobs.allowed(came))]))
    entry = jobs.enter(came)
    sent = await take(request, came.headers, entry.takes, jobs.bounds, jobs.room, jobs.spool_folder)
    try:
        return await jobs.respond(entry, sent)
    finally:
        sent.close()
