"""The contract of an origin: one method. Optional powers are further protocols."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from edge.errors import BadGateway
from edge.exchange import NO_FIELDS, Fields

UNREACHABLE = "The origin cannot be reached"
_UNTOLD = {UNREACHABLE: "destination_unavailable"}  # RFC 9209 has a type for prohibited addresses, which would tell


class Refused(BadGateway):
    """Our rules forbid to ask, or to take what was answered; the origin may be well. A refused address says the same
    as an origin that cannot be reached, else the sentence would tell which names and ports exist behind the edge."""

    def __init__(self, sentence: str = UNREACHABLE, *, error: str = "") -> None:
        super().__init__(sentence, error=error or _UNTOLD.get(sentence, "http_protocol_error"))


@dataclass(frozen=True, slots=True)
class Ask:
    """What to fetch: `key` is the decoded path below the prefix (no leading slash), `query` is raw and forwarded only
    on raw routes, `headers` are the conditional and forwarded ones.

    `verbatim` is how raw routes ask: the answer is handed on as it came, so redirects are not followed, content
    codings are not undone, no status is retried, neither size nor time of the body is limited. `method` and `content`
    are for raw routes that forward more than GET; an origin that cannot do a method answers 405. `content` is bytes, or
    chunks that can be sent once (then nothing is retried) of `content_length` bytes in all, None = nobody knows.
    `interim` is called with each interim (1xx) answer but 100 and 101, as it comes.
    """

    key: str
    query: str = ""
    headers: Fields = NO_FIELDS
    method: str = "GET"
    content: bytes | AsyncIterator[bytes] = b""
    content_length: int | None = None
    verbatim: bool = False
    interim: Callable[[int, Fields], None] | None = None


class OriginReply(Protocol):
    """An answer whose body may still be under way. Always `await close()` it.

    A missing original is a reply with status 404, never an exception. `fd` is the open descriptor of a local regular
    file (valid until `close`), or -1. `length` is the size of the body, None when the origin did not say. `body()` may
    be iterated once, and raises TooLarge as soon as the origin has sent more than it may, BadGateway or GatewayTimeout
    when the connection fails.
    """

    status: int
    headers: Fields
    fd: int
    length: int | None

    def body(self) -> AsyncIterator[bytes]: ...

    async def close(self) -> None: ...


class Origin(Protocol):
    """Where originals come from. `fetch` answers conditionals with 304 where it can, and raises only EdgeErrors:
    BadGateway (unreachable; Refused when a rule of ours says no), GatewayTimeout, TooLarge (known beforehand),
    BadRequest (a key that this origin cannot hold)."""

    name: str

    async def fetch(self, ask: Ask) -> OriginReply: ...

    async def close(self) -> None: ...


@runtime_checkable
class Watched(Protocol):
    """An origin so near that it is looked at again every `recheck` seconds, whatever the freshness says."""

    recheck: float


@runtime_checkable
class Redirected(Protocol):
    """A reply that redirects led to. `hops` are the header fields of those redirects, first one first: what is stored
    lives no longer than the shortest-lived of them."""

    hops: tuple[Fields, ...]


@runtime_checkable
class Breaking(Protocol):
    """An origin that is left alone after failures. `breaker_state` is closed, open or half open."""

    @property
    def breaker_state(self) -> str: ...
