"""The contract of an origin: one method. Optional powers are further protocols."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from edge.exchange import NO_FIELDS, Fields


@dataclass(frozen=True, slots=True)
class Ask:
    """What to fetch: `key` is the decoded path below the prefix (no leading slash), `query` is raw and forwarded only
    on raw routes, `headers` are the conditional and forwarded ones."""

    key: str
    query: str = ""
    headers: Fields = NO_FIELDS


class OriginReply(Protocol):
    """An answer whose body may still be under way. Always `await close()` it.

    A missing original is a reply with status 404, never an exception. `fd` is the open descriptor of a local regular
    file (valid until `close`), or -1; then `length` is its size. `body()` may be iterated once, and raises TooLarge as
    soon as the origin has sent more than it may, BadGateway or GatewayTimeout when the connection fails.
    """

    status: int
    headers: Fields
    fd: int
    length: int | None

    def body(self) -> AsyncIterator[bytes]: ...

    async def close(self) -> None: ...


class Origin(Protocol):
    """Where originals come from. `fetch` answers conditionals with 304 where it can, and raises only EdgeErrors:
    BadGateway (unreachable, refused by policy), GatewayTimeout, BadRequest (a key that this origin cannot hold)."""

    name: str

    async def fetch(self, ask: Ask) -> OriginReply: ...

    async def close(self) -> None: ...


@runtime_checkable
class Watched(Protocol):
    """An origin so near that it is looked at again every `recheck` seconds, whatever the freshness says."""

    recheck: float
