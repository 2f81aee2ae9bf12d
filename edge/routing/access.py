"""What a route demands of a request before anything is fetched, read from the cache or decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.errors import Forbidden
from edge.routing.signing import UNSIGNED, Policy


class Asking(Protocol):
    """What a dialect understood of a query, as far as access cares."""

    @property
    def processing(self) -> bool: ...

    @property
    def presets_only(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Granted:
    """A request that may pass: its query without what only access reads, until when (Unix seconds), and whether a
    signature vouches for it."""

    query: str
    expires: int | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    signature: Policy = UNSIGNED
    presets_only: bool = False

    def authorise(self, path_raw: str, query_raw: str, parse: Callable[[str], Asking], now: float) -> Granted:
        """Raises the refusal. `parse` reads the query in the route's dialect; it is asked only where access
        depends on what the URL wants."""
        query = self.signature.strip(query_raw)
        processing = self.signature.mode != "processed" or parse(query).processing
        verified = self.signature.authorise(path_raw, query_raw, now, processing)
        if self.presets_only and not parse(query).presets_only:
            raise Forbidden("URLs of this route may name presets and nothing else")
        return Granted(query, verified.exp if verified else None, verified is not None)
