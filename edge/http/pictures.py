"""The public listener: a request as it stood on the wire, to the spine, and its answer back."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from aiohttp import web

from edge.errors import BadRequest, EdgeError, MethodNotAllowed, Unavailable
from edge.exchange import Fields, ImageRequest, Reply, Story
from edge.http.answers import problem, send
from edge.http.clients import Network, client_of
from edge.observe.log import redact

log = logging.getLogger("edge.http")
access = logging.getLogger("edge.access")

_ALLOWED = "GET, HEAD, OPTIONS"


class Watcher(Protocol):
    def answered(self, story: Story, status: int, length: int, seconds: float) -> None: ...

    def failed(self, kind: str) -> None: ...


class Pictures:
    """`respond` is the spine; `pages` are fixed answers by path, looked up first."""

    def __init__(
        self,
        respond: Callable[[ImageRequest], Awaitable[Reply]],
        watcher: Watcher,
        *,
        pages: Mapping[str, Reply] | None = None,
        max_connections: int = 10_000,
        timing: bool = True,
        trusted: Sequence[Network] = (),
    ) -> None:
        self._respond = respond
        self._watcher = watcher
        self._pages = pages or {}
        self._timing = timing
        self._trusted = trusted
        self._max_connections = max_connections
        self.server: web.Server | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        began = time.perf_counter()
        fields = Fields(request.headers.items())
        reply = await self._reply(request, fields)
        took = time.perf_counter() - began
        length = 0 if request.method == "HEAD" else _length(reply)
        self._watcher.answered(reply.story, reply.status, length, took)
        if access.isEnabledFor(logging.INFO):
            self._write(request, reply, length, took)
        return await send(request, reply, fields, timing=self._timing)

    async def _reply(self, request: web.BaseRequest, fields: Fields) -> Reply:
        try:
            return await self._answer(request, fields)
        except EdgeError as error:
            self._watcher.failed(type(error).__name__)
            return problem(error)
        except Exception:
            log.exception("an answer failed: %s", redact(request.raw_path[:500]))
            self._watcher.failed("internal")
            return problem(EdgeError("Something went wrong inside the edge"))

    async def _answer(self, request: web.BaseRequest, fields: Fields) -> Reply:
        if self.server is not None and len(self.server.connections) > self._max_connections:
            raise Unavailable("The edge has as many connections as it may")
        if request.method == "OPTIONS":
            return Reply(204, Fields([("allow", _ALLOWED)]))
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("Expected GET, HEAD or OPTIONS", {"Allow": _ALLOWED})
        path, query = target(request.raw_path, fields.get("host") or "")
        page = self._pages.get(path)
        if page is not None:
            return page
        return await self._respond(
            ImageRequest(request.method, path, query, authority(fields.get("host") or ""), fields, received=time.time())
        )

    def _write(self, request: web.BaseRequest, reply: Reply, length: int, took: float) -> None:
        story = reply.story
        access.info(
            "%s %s",
            request.method,
            request.raw_path[:2000],
            extra={
                "status": reply.status,
                "bytes": length,
                "ms": round(took * 1000, 2),
                "cache": story.tier or ("collapsed" if story.collapsed else story.fwd) or "-",
                "client": client_of(request.remote, request.headers.get("X-Forwarded-For"), self._trusted),
            },
        )


def target(raw: str, host: str) -> tuple[str, str]:
    """Path and query of a request target, both raw. The absolute form must name the Host (RFC 9112 §3.2.2)."""
    if not raw.startswith("/"):
        scheme, found, rest = raw.partition("://")
        if not found or scheme.lower() not in ("http", "https"):
            raise BadRequest("Expected a request target that begins with a slash")
        named, _, path = rest.partition("/")
        if named.lower() != host.lower():
            raise BadRequest("The request target and the Host name different servers")
        raw = "/" + path
    path, _, query = raw.partition("?")
    return path, query


def authority(host: str) -> str:
    """The host's name, lower case, without port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _length(reply: Reply) -> int:
    return len(reply.body) if isinstance(reply.body, bytes) else reply.body.length
