"""The public listener: a request as it stood on the wire, to one of the spines or to the relay, and its answer back."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from aiohttp import web

from edge.errors import BadRequest, EdgeError, LoopDetected, MethodNotAllowed, Unavailable
from edge.exchange import Fields, ImageRequest, Reply, Story, StreamBody
from edge.http.answers import problem
from edge.http.clients import Network, client_of
from edge.http.jobs import SHOWN, Working, answer
from edge.http.raw import Relaying, ends_connection, is_followed, judge_framing, pass_on
from edge.http.sending import Counted, Manner, send
from edge.http.targets import authority, target
from edge.observe.log import redact
from edge.routing.loops import PSEUDONYM, forwards_left, is_loop

log = logging.getLogger("edge.http")
access = logging.getLogger("edge.access")

_ALLOWED = "GET, HEAD, OPTIONS"
_READING = ("GET", "HEAD")
_REFUSED = ("CONNECT", "TRACE")  # a tunnel, and a mirror for credentials


class Watcher(Protocol):
    def answered(self, story: Story, status: int, length: int, seconds: float) -> None: ...

    def failed(self, kind: str) -> None: ...


class Pictures:
    """`respond` is the spine; `pages` are fixed answers by path, looked up first; `relay` answers for the routes that
    pass on, of whatever method, `jobs` for those of jobs. `pseudonym` is what CDN-Loop calls this installation."""

    def __init__(  # noqa: PLR0913 - the composition root hands over each room once
        self,
        respond: Callable[[ImageRequest], Awaitable[Reply]],
        watcher: Watcher,
        *,
        pages: Mapping[str, Reply] | None = None,
        max_connections: int = 10_000,
        timing: bool = True,
        trusted: Sequence[Network] = (),
        relay: Relaying | None = None,
        jobs: Working | None = None,
        pseudonym: str = PSEUDONYM,
    ) -> None:
        self._respond = respond
        self._watcher = watcher
        self._pages = pages or {}
        self._usual = Manner(timing=timing)
        self._exact = Manner(timing=timing, exact=True)
        self._trusted = trusted
        self._max_connections = max_connections
        self._relay = relay
        self._jobs = jobs
        self._pseudonym = pseudonym
        self.server: web.Server | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        began = time.perf_counter()
        fields = Fields(request.headers.items())
        reply, manner = await self._reply(request, fields)
        took = time.perf_counter() - began
        if not isinstance(reply.body, bytes) and isinstance(reply.body, StreamBody):
            return await self._stream(request, fields, reply, manner, took)
        self._tell(request, reply, 0 if request.method == "HEAD" else _length(reply), took)
        return await send(request, reply, fields, manner)

    async def _stream(  # the length is known when it is over
        self, request: web.BaseRequest, fields: Fields, reply: Reply, manner: Manner, took: float
    ) -> web.StreamResponse:
        assert isinstance(reply.body, StreamBody)
        body = Counted(reply.body)
        try:
            return await send(request, replace(reply, body=body), fields, manner)
        finally:
            self._tell(request, reply, body.taken, took)

    async def _reply(self, request: web.BaseRequest, fields: Fields) -> tuple[Reply, Manner]:
        manner = self._usual
        try:
            reply, manner = await self._answer(request, fields)
        except EdgeError as error:
            self._watcher.failed(type(error).__name__)
            reply = problem(error)
        except Exception:
            log.exception("an answer failed: %s", redact(request.raw_path[:500]))
            self._watcher.failed("internal")
            reply = problem(EdgeError("Something went wrong inside the edge"))
        if (request.body_exists or "upgrade" in fields) and ends_connection(request, fields):
            manner = replace(manner, last=True)
        return reply, manner

    async def _answer(self, request: web.BaseRequest, fields: Fields) -> tuple[Reply, Manner]:
        if self.server is not None and len(self.server.connections) > self._max_connections:
            raise Unavailable("The edge has as many connections as it may")
        local = _answered_here(request, fields)
        if local is not None:
            return local, self._usual
        host = fields.get("host") or ""
        name = authority(host)
        path, query = target(request.raw_path, host)
        page = self._pages.get(path)
        if page is not None and request.method in _READING:
            return page, self._usual
        if is_loop(fields, self._pseudonym):
            raise LoopDetected("The request has been here before", error="proxy_loop_detected")
        came = ImageRequest(request.method, path, query, name, fields, received=time.time())
        if self._jobs is not None and self._jobs.serves(name, path):
            reply = await answer(self._jobs, request, came, self._watcher.failed)
            return reply, replace(self._usual, last=is_followed(request))
        if self._relay is not None and self._relay.serves(name, path):
            return await pass_on(self._relay, request, came), self._exact
        return await self._picture(came), self._usual

    async def _picture(self, came: ImageRequest) -> Reply:
        if came.method in _READING:
            return await self._respond(came)
        if came.method == "OPTIONS":
            return _options()
        raise MethodNotAllowed("Expected GET, HEAD or OPTIONS", {"Allow": _ALLOWED})

    def _tell(self, request: web.BaseRequest, reply: Reply, length: int, took: float) -> None:
        story = reply.story
        self._watcher.answered(story, reply.status, length, took)
        if not access.isEnabledFor(logging.INFO):
            return
        access.info(
            "%s %s",
            request.method,
            request.get(SHOWN, request.raw_path)[:2000],
            extra={
                "status": reply.status,
                "bytes": length,
                "ms": round(took * 1000, 2),
                "cache": story.tier or ("collapsed" if story.collapsed else story.fwd) or "-",
                "client": client_of(request.remote, request.headers.get("X-Forwarded-For"), self._trusted),
            },
        )


def _answered_here(request: web.BaseRequest, fields: Fields) -> Reply | None:
    """What is never passed on, whatever the route (RFC 9110 §7.6.2, §9.3.6–9.3.8)."""
    if request.version.major != 1:
        raise BadRequest("Expected HTTP/1.0 or HTTP/1.1")
    if request.method in _REFUSED:
        raise MethodNotAllowed("The edge neither tunnels nor mirrors", {"Allow": _ALLOWED})
    if request.body_exists:
        judge_framing(request, fields)
    if request.method == "OPTIONS" and (request.raw_path == "*" or forwards_left(fields) == 0):
        return _options()
    return None


def _options() -> Reply:
    return Reply(204, Fields([("allow", _ALLOWED)]))


def _length(reply: Reply) -> int:
    return len(reply.body) if isinstance(reply.body, bytes) else reply.body.length or 0
