"""What a route demands of a request before anything is fetched, read from the cache or decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.routing.signing import UNSIGNED, Policy


class Asking(Protocol):
    """What a dialect understood of a query, as far as access cares."""

    @property
    def processing(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Granted:
    """A request that may pass: its query without what only access reads, and until when (Unix seconds)."""

    query: str
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Access:
    signature: Policy = UNSIGNED

    def authorise(self, path_raw: str, query_raw: str, parse: Callable[[str], Asking], now: float) -> Granted:
        """Raises the refusal. `parse` reads the query in the route's dialect; it is asked only where a signature
        depends on what the URL wants."""
        query = self.signature.strip(query_raw)
        processing = self.signature.mode != "processed" or parse(query).processing
        verified = self.signature.authorise(path_raw, query_raw, now, processing)
        return Granted(query, verified.exp if verified else None)
