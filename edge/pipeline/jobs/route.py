"""A prefix of jobs: who may ask there, and the words that its jobs may use."""

from dataclasses import dataclass
from typing import NamedTuple

from edge.dialects.book import PLAIN, Book
from edge.exchange import ImageRequest
from edge.routing.access import Access
from edge.routing.api_keys import NO_KEYS, ApiKeys


class Processing(NamedTuple):
    """What a job asks of any route, as far as access cares: processing, and more than presets."""

    processing: bool = True
    presets_only: bool = False


@dataclass(frozen=True, slots=True)
class JobsRoute:
    prefix: str
    access: Access
    keys: ApiKeys = NO_KEYS
    book: Book = PLAIN
    host: tuple[str, ...] | None = None

    def admit(self, request: ImageRequest, now: float) -> str:
        """The query without what only access reads. Raises Unauthorized, Forbidden, Gone and BadRequest. A signature
        speaks of the query as it was sent, a key in it included."""
        self.keys.authorise(request.query, request.headers)
        granted = self.access.authorise(request.path, request.query, lambda _: Processing(), now)
        return self.keys.stripped(granted.query)

    def __repr__(self) -> str:
        return f"JobsRoute({self.prefix!r}, {len(self.keys.keys)} keys)"
