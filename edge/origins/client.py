"""The one HTTP client: asks a URL for an origin and hands up a streamed reply.

Theory of operation. One ask has one deadline, in which everything must happen: waiting for a connection, attempts and
the pauses between them, redirects, the body. aiohttp is left nothing to decide: it follows no redirect, keeps no
cookie, undoes no coding, reads no proxy or password from the environment, adds no header and does not retry, because
each of these is a rule of ours (T1). Every connection it opens passes the guard (edge.origins.guard).

An ask is retried only while no byte of an answer was handed on, only for GET and HEAD, never once content streamed,
and only out of a budget. What is idempotent and short is also asked again, at once and without the budget, where a
connection that had served before ended without a word (RFC 9112 §9.3.1). Without `retries`, each ask is one request.
A breaker leaves an origin alone that failed several times in a row.
"""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeGuard

import aiohttp
from yarl import URL

from edge.errors import BadGateway, GatewayTimeout, map_exceptions
from edge.exchange import Fields
from edge.origins import redirects, troubles
from edge.origins.base import Ask, Refused
from edge.origins.breaker import Breaker, Ticket
from edge.origins.guard import RefusedAddress, guarded_socket_factory
from edge.origins.retry import LONGEST_WAIT, RETRIED, RetryBudget, retry_after, wait_before
from edge.origins.sending import Upload, held, sent_fields, wire_fields
from edge.origins.stream import HttpReply
from edge.origins.wire import INTERIM, Connector, Unheard
from edge.routing.loops import PSEUDONYM

_SAFE = ("GET", "HEAD")
_IDEMPOTENT = (*_SAFE, "DELETE", "OPTIONS", "PUT")  # RFC 9110 §9.2.2
# What aiohttp would add by itself: it would tell origins which library asks, or ask for codings nobody undoes.
_UNASKED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_IDLE = 4.0  # seconds; Node.js, Apache and uvicorn leave after 5, and whoever asks at that moment asks nobody
_LINE = 16 << 10  # bytes of one field of an answer, which content policies do need
# Worth another attempt; the subclasses below them are not, since nothing about them changes within a second.
_TRANSIENT = (
    aiohttp.ClientOSError,
    aiohttp.ClientConnectionResetError,
    aiohttp.ServerDisconnectedError,
    aiohttp.ConnectionTimeoutError,
)
_LASTING = (aiohttp.ClientSSLError, aiohttp.ClientConnectorDNSError)


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds: to open a connection, between two reads, for all of one ask (of a verbatim one: to its head, and while
    content is sent for each 64 KiB of it anew)."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 20.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How an origin is asked. `headers` go to its own scheme, host and port only. `ports` None allows any port;
    `failures` 0 turns the breaker off; `redirects` is how many are followed; `pseudonym` is what CDN-Loop calls this
    installation."""

    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: Timeout = Timeout()
    retries: int = 2
    allow_private: bool = False
    ports: Collection[int] | None = (80, 443)
    max_connections: int = 100
    redirects: int = 3
    max_bytes: int = 64 << 20
    failures: int = 5
    hold: float = 5.0
    pseudonym: str = PSEUDONYM


class Client:
    """Asks URLs on the same terms. Open no fetch after `close`."""

    def __init__(
        self, terms: Terms, permit: redirects.Permit | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`permit` says what speaks against a URL, besides the rules for all; it judges every hop."""
        self.terms = terms
        self._clock = clock
        self._way = redirects.Way(terms.ports, terms.redirects, permit)
        self._breaker = Breaker(terms.failures, terms.hold)
        self._budget = RetryBudget()
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def fetch(self, url: URL, ask: Ask) -> HttpReply:
        """`ask.key` and `ask.query` are not read: the URL says it all. Raises as Origin.fetch does."""
        fields = wire_fields(ask)
        if self.terms.retries and ask.method in _IDEMPOTENT:
            ask = await held(ask)
        ticket = self._breaker.admit(self._clock())
        if ticket is None:
            raise troubles.left_alone()
        failed: bool | None = None
        told = INTERIM.set(ask.interim)
        try:
            with map_exceptions(troubles.BEFORE_HEADERS):
                reply = await self._follow(url, ask, fields)
            failed = reply.status in RETRIED
            return reply
        except (BadGateway, GatewayTimeout) as error:
            failed = None if isinstance(error, Refused) else True
            raise
        finally:
            INTERIM.reset(told)
            self._settle(ticket, failed)

    @property
    def breaker_state(self) -> str:
        """closed, open or half open."""
        return self._breaker.state

    async def close(self) -> None:
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def __repr__(self) -> str:
        return f"Client({self._breaker!r}, {self._budget!r})"

    def _settle(self, ticket: Ticket, failed: bool | None) -> None:
        if failed is None:
            self._breaker.abandoned(ticket)
        elif failed:
            self._breaker.failed(ticket, self._clock(), stretch=random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        else:
            self._breaker.succeeded(ticket)

    async def _follow(self, url: URL, ask: Ask, fields: Fields) -> HttpReply:
        deadline = self._clock() + self.terms.timeout.total
        follows = ask.method in _SAFE and not ask.verbatim
        trail = redirects.Trail(self._way, url)
        while True:
            sent = sent_fields(ask, fields, self.terms.headers, self.terms.pseudonym, at_home=trail.at_home)
            try:
                response = await self._persist(trail.url, ask, sent, deadline)
            except aiohttp.ClientConnectorError as error:
                if trail.hops or self._way.permit or isinstance(error, aiohttp.ClientSSLError):
                    raise
                raise troubles.unreached(error) from error
            try:
                if not follows or not trail.step(response.status, response.headers):
                    return HttpReply(response, ask, self.terms.max_bytes, tuple(trail.hops))
            except BaseException:
                response.release()
                raise
            response.release()

    async def _persist(
        self, url: URL, ask: Ask, sent: list[tuple[str, str]], deadline: float
    ) -> aiohttp.ClientResponse:
        self._budget.earn(self._clock())
        attempt = 0
        while True:
            attempt += 1
            outcome = await self._attempt(url, ask, sent, deadline)
            pause = self._pause(outcome, ask, attempt, deadline - self._clock())
            if pause is None:
                return _taken(outcome)
            if not isinstance(outcome, Exception):
                outcome.release()
            await asyncio.sleep(pause)

    async def _attempt(
        self, url: URL, ask: Ask, sent: list[tuple[str, str]], deadline: float
    ) -> aiohttp.ClientResponse | Exception:
        left = deadline - self._clock()
        if left <= 0 or self._closed:
            return TimeoutError()
        timeout = self.terms.timeout
        upload = None if isinstance(ask.content, bytes) else Upload(ask.content, ask.content_length)
        # What is handed on as it came takes as long as its reader does; of the rest the body counts too.
        total = None if ask.verbatim else left
        try:
            async with asyncio.timeout(left) as limit:
                if upload is not None:
                    upload.moved = partial(_prolong, limit, left)
                return await self._opened().request(
                    ask.method,
                    url,
                    headers=sent,
                    data=upload.chunks() if upload else ask.content or None,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=total, sock_connect=timeout.connect, sock_read=timeout.read),
                )
        except (aiohttp.ClientError, TimeoutError) as error:
            if upload is not None:
                upload.blame(error)
            if isinstance(error, _TRANSIENT):
                return error
            raise

    def _pause(self, outcome: aiohttp.ClientResponse | Exception, ask: Ask, attempt: int, left: float) -> float | None:
        """Seconds until the next attempt, or None: this outcome is the last."""
        if (
            self._closed
            or attempt > self.terms.retries
            or not _may_repeat(outcome, ask)
            or not _is_passing(outcome, ask)
        ):
            return None
        if isinstance(outcome, Unheard):
            return 0.0
        asked = None
        if not isinstance(outcome, Exception):
            asked = retry_after(Fields(outcome.headers.items()), time.time())
        wait = wait_before(attempt, random.random()) if asked is None else asked  # noqa: S311 - jitter
        return wait if wait <= min(LONGEST_WAIT, left) and self._budget.spend() else None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = Connector(
                limit=self.terms.max_connections,
                keepalive_timeout=_IDLE,
                socket_factory=guarded_socket_factory(self.terms.allow_private),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_UNASKED,
                auto_decompress=False,
                trust_env=False,
                max_field_size=_LINE,
            )
            # It would repeat an ask on a connection that broke, unseen by `retries`, the budget and the breaker.
            self._session._retry_connection = False
        return self._session


def _prolong(limit: asyncio.Timeout, seconds: float) -> None:
    """Content that is on its way takes its time: what is limited is how long nothing happens. An answer that came
    before the end of the content has ended the limit."""
    with suppress(RuntimeError):
        limit.reschedule(asyncio.get_running_loop().time() + seconds)


def _taken(outcome: aiohttp.ClientResponse | Exception) -> aiohttp.ClientResponse:
    if _is_refusal(outcome):
        raise Refused from outcome
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _may_repeat(outcome: aiohttp.ClientResponse | Exception, ask: Ask) -> bool:
    methods = _IDEMPOTENT if isinstance(outcome, Unheard) else _SAFE
    return ask.method in methods and isinstance(ask.content, bytes)


def _is_passing(outcome: aiohttp.ClientResponse | Exception, ask: Ask) -> bool:
    """A trouble that may be over in a moment."""
    if not isinstance(outcome, Exception):
        return outcome.status in RETRIED and not ask.verbatim
    return isinstance(outcome, _TRANSIENT) and not isinstance(outcome, _LASTING) and not _is_refusal(outcome)


def _is_refusal(outcome: aiohttp.ClientResponse | Exception) -> TypeGuard[aiohttp.ClientConnectorError]:
    return isinstance(outcome, aiohttp.ClientConnectorError) and isinstance(outcome.os_error, RefusedAddress)
