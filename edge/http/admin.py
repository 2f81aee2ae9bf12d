"""The admin listener: health, metrics, sizes, purge, explain. Never on the public one."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from edge.errors import BadRequest, EdgeError, Forbidden, MethodNotAllowed, NotFound, Unauthorized, expected
from edge.exchange import Fields, ImageRequest, Reply
from edge.http.answers import json_reply, problem, send, text_reply
from edge.http.orders import ordered, told_by
from edge.http.targets import authority, target
from edge.originals.purge import Order

log = logging.getLogger("edge.http")

Explain = Callable[[ImageRequest], Awaitable[Mapping[str, object]]]
Purge = Callable[[Order], Awaitable[int]]  # how many originals went
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_OPEN = ("/livez", "/readyz")  # probes carry no token


class Admin:
    """`ready` says what keeps the edge from serving: an empty mapping means ready."""

    def __init__(
        self,
        explain: Explain,
        metrics: Callable[[], bytes],
        ready: Callable[[], Mapping[str, object]],
        cache: Callable[[], Mapping[str, object]],
        *,
        token: str = "",
        purge: Purge | None = None,
    ) -> None:
        self._explain = explain
        self._metrics = metrics
        self._ready = ready
        self._cache = cache
        self._token = token
        self._purge = purge
        self._doors: dict[tuple[str, str], Callable[[web.BaseRequest], Awaitable[Reply]]] = {
            ("GET", "/livez"): self._livez,
            ("GET", "/readyz"): self._readyz,
            ("GET", "/metrics"): self._metrics_page,
            ("GET", "/cache"): self._cache_page,
            ("POST", "/explain"): self._explain_page,
        }
        if purge is not None:
            self._doors["POST", "/purge"] = self._purge_page

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            reply = await self._reply(request)
        except EdgeError as error:
            reply = problem(error)
        except Exception:
            log.exception("an admin answer failed: %s", request.raw_path[:200])
            reply = problem(EdgeError("Something went wrong inside the edge"))
        return await send(request, reply, Fields())

    async def _reply(self, request: web.BaseRequest) -> Reply:
        path = request.raw_path.partition("?")[0]
        if path not in _OPEN:
            self._authorise(request)
        method = "GET" if request.method == "HEAD" else request.method
        door = self._doors.get((method, path))
        if door is not None:
            _judge_site(request)
            return await door(request)
        allowed = sorted(known for known, known_path in self._doors if known_path == path)
        if allowed:
            raise MethodNotAllowed(f"Expected {' or '.join(allowed)}", {"Allow": ", ".join(allowed)})
        raise NotFound("The admin listener has no such page")

    def _authorise(self, request: web.BaseRequest) -> None:
        said = request.headers.get("Authorization", "")
        if self._token and not hmac.compare_digest(
            said.encode("utf-8", "surrogateescape"), f"Bearer {self._token}".encode()
        ):
            raise Unauthorized("Expected the admin token", {"WWW-Authenticate": "Bearer"})

    async def _livez(self, _request: web.BaseRequest) -> Reply:
        return text_reply("live\n", "text/plain; charset=utf-8", {"cache-control": "no-store"})

    async def _readyz(self, _request: web.BaseRequest) -> Reply:
        state = self._ready()
        return json_reply(state, 200 if state.get("ready") else 503)

    async def _metrics_page(self, _request: web.BaseRequest) -> Reply:
        return text_reply(self._metrics(), _METRICS, {"cache-control": "no-store"})

    async def _cache_page(self, _request: web.BaseRequest) -> Reply:
        return json_reply(self._cache())

    async def _explain_page(self, request: web.BaseRequest) -> Reply:
        return json_reply(await self._explain(await asked(request)))

    async def _purge_page(self, request: web.BaseRequest) -> Reply:
        assert self._purge is not None
        return json_reply({"purged": await self._purge(ordered(await told_by(request)))})


def _judge_site(request: web.BaseRequest) -> None:
    """On loopback nobody needs the token: then a page of any site, open in a browser of this machine, could ask too."""
    site = request.headers.get("Origin")
    if site is not None and site.partition("://")[2].lower() != request.headers.get("Host", "").lower():
        raise Forbidden("Expected no request from a page of another site")


async def asked(request: web.BaseRequest) -> ImageRequest:
    """The request that a body {"url": …, "headers": {…}} describes."""
    told = await told_by(request)
    if not isinstance(told, dict) or not isinstance(told.get("url"), str):
        raise BadRequest(expected("a path or a URL", "url", told.get("url") if isinstance(told, dict) else told))
    headers = told.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise BadRequest(expected("an object of texts", "headers", headers))
    url = told["url"]
    host = headers.get("Host", headers.get("host", url.partition("://")[2].partition("/")[0]))
    path, query = target(url, host)
    return ImageRequest("GET", path, query, authority(host), Fields(headers.items()))
