"""The contract of an origin: one method. Optional powers are further protocols."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from edge.errors import BadGateway
from edge.exchange import NO_FIELDS, Fields

UNREACHABLE = "The origin cannot be reached"


class Refused(BadGateway):
    """Our rules forbid to ask, or to take what was answered; the origin may be well. A refused address says the same
    as an origin that cannot be reached, else the sentence would tell which names and ports exist behind the edge."""

    def __init__(self, sentence: str = UNREACHABLE) -> None:
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Ask:
    """What to fetch: `key` is the decoded path below the prefix (no leading slash), `query` is raw and forwarded only
    on raw routes, `headers` are the conditional and forwarded ones.

    `verbatim` is how raw routes ask: the answer is handed on as it came, so redirects are not followed, content
    codings are not undone, and no status is retried. `method` and `content` are for raw routes that forward more than
    GET; an origin that cannot do a method answers 405.
    """

    key: str
    query: str = ""
    headers: Fields = NO_FIELDS
    method: str = "GET"
    content: bytes = b""
    verbatim: bool = False


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
