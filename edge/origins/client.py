"""The one HTTP client: asks a URL for an origin and hands up a streamed reply.

Theory of operation. One ask has one deadline, in which everything must happen: waiting for a connection, attempts and
the pauses between them, redirects, the body. aiohttp is left nothing to decide: it follows no redirect, keeps no
cookie, undoes no coding, reads no proxy or password from the environment, adds no header and does not retry, because
each of these is a rule of ours (T1). Every connection it opens passes the guard (edge.origins.guard).

An ask is retried only while no byte of an answer was handed on, only for GET and HEAD, and only out of a budget. A
breaker leaves an origin alone that failed several times in a row.
"""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from edge.errors import BadGateway, BadRequest, EdgeError, GatewayTimeout, map_exceptions
from edge.exchange import Fields
from edge.origins import redirects
from edge.origins.base import UNREACHABLE, Ask, Refused
from edge.origins.breaker import Breaker, Ticket
from edge.origins.guard import RefusedAddress, guarded_socket_factory
from edge.origins.replies import end_to_end
from edge.origins.retry import LONGEST_WAIT, RETRIED, RetryBudget, retry_after, wait_before
from edge.origins.stream import HttpReply

_SAFE = ("GET", "HEAD")
_OURS = ("content-length", "expect", "host")  # the client's own business, besides the hop-by-hop fields
# What aiohttp would add by itself: it would tell origins which library asks, or ask for codings nobody undoes.
_UNASKED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_BEFORE_HEADERS: Mapping[type[BaseException], tuple[type[EdgeError], str]] = {
    TimeoutError: (GatewayTimeout, "The origin took too long to answer"),
    aiohttp.ClientSSLError: (BadGateway, "The origin's certificate or TLS handshake failed"),
    aiohttp.InvalidURL: (Refused, UNREACHABLE),  # 127.1 and its kin, which aiohttp itself does not resolve
    aiohttp.ClientConnectionError: (BadGateway, UNREACHABLE),
    aiohttp.ClientError: (BadGateway, "The origin's answer is not HTTP"),
    HttpProcessingError: (BadGateway, "The origin's answer is not HTTP"),
    OSError: (BadGateway, UNREACHABLE),
    ValueError: (BadGateway, UNREACHABLE),  # a host that cannot be encoded
}
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
    """Seconds: to open a connection, between two reads, for all of one ask."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 20.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How an origin is asked. `headers` go to its own scheme, host and port only. `ports` None allows any port;
    `failures` 0 turns the breaker off; `redirects` is how many are followed."""

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
        fields = _wire_fields(ask)
        ticket = self._breaker.admit(self._clock())
        if ticket is None:
            raise BadGateway("The origin failed several times and is left alone for a moment")
        failed: bool | None = None
        try:
            with map_exceptions(_BEFORE_HEADERS):
                reply = await self._follow(url, ask, fields)
            failed = reply.status in RETRIED
            return reply
        except (BadGateway, GatewayTimeout) as error:
            failed = None if isinstance(error, Refused) else True
            raise
        finally:
            self._settle(ticket, failed)

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
            sent = self._headers(fields, ask.verbatim, trail.at_home)
            response = await self._persist(trail.url, ask, sent, deadline)
            try:
                if not follows or not trail.step(response.status, response.headers):
                    return HttpReply(response, ask, self.terms.max_bytes, tuple(trail.hops))
            except BaseException:
                response.release()
                raise
            response.release()

    def _headers(self, fields: Fields, verbatim: bool, at_home: bool) -> list[tuple[str, str]]:
        """The operator's fields win over forwarded ones. Abroad, nothing travels that could be a secret."""
        own = Fields(self.terms.headers.items()) if at_home else Fields()
        fields = fields if at_home else redirects.abroad(fields)
        ours = Fields([("User-Agent", "image-edge")])
        if not verbatim:
            ours, fields = ours.having("Accept-Encoding", "identity"), fields.without("accept-encoding")
        sent = [*own, *(line for line in fields if line[0] not in own)]
        return [*sent, *(line for line in ours if all(line[0] != name for name, _ in sent))]

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
        try:
            return await self._opened().request(
                ask.method,
                url,
                headers=sent,
                data=ask.content or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=left, sock_connect=timeout.connect, sock_read=timeout.read),
            )
        except _TRANSIENT as error:
            return error

    def _pause(self, outcome: aiohttp.ClientResponse | Exception, ask: Ask, attempt: int, left: float) -> float | None:
        """Seconds until the next attempt, or None: this outcome is the last."""
        if self._closed or attempt > self.terms.retries or ask.method not in _SAFE or not _is_passing(outcome, ask):
            return None
        asked = None
        if not isinstance(outcome, Exception):
            asked = retry_after(Fields(outcome.headers.items()), time.time())
        wait = wait_before(attempt, random.random()) if asked is None else asked  # noqa: S311 - jitter
        return wait if wait <= min(LONGEST_WAIT, left) and self._budget.spend() else None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self.terms.max_connections,
                socket_factory=guarded_socket_factory(self.terms.allow_private),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_UNASKED,
                auto_decompress=False,
                trust_env=False,
            )
            # It would repeat an ask on a connection that broke, unseen by `retries`, the budget and the breaker.
            self._session._retry_connection = False
        return self._session


def _taken(outcome: aiohttp.ClientResponse | Exception) -> aiohttp.ClientResponse:
    if _is_refusal(outcome):
        raise Refused from outcome
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _is_passing(outcome: aiohttp.ClientResponse | Exception, ask: Ask) -> bool:
    """A trouble that may be over in a moment."""
    if not isinstance(outcome, Exception):
        return outcome.status in RETRIED and not ask.verbatim
    return isinstance(outcome, _TRANSIENT) and not isinstance(outcome, _LASTING) and not _is_refusal(outcome)


def _is_refusal(outcome: aiohttp.ClientResponse | Exception) -> TypeGuard[aiohttp.ClientConnectorError]:
    return isinstance(outcome, aiohttp.ClientConnectorError) and isinstance(outcome.os_error, RefusedAddress)


def _wire_fields(ask: Ask) -> Fields:
    """What may be forwarded. A line that cannot be written as it came is left out rather than changed: a validator
    that lost a byte could match another."""
    fields = end_to_end(ask.headers).without(*_OURS)
    if any(mark in part for line in fields for part in line for mark in "\r\n\0"):
        raise BadRequest("A header field holds a line break or NUL")
    return Fields(line for line in fields if not any("\ud800" <= mark <= "\udfff" for mark in line[1]))
