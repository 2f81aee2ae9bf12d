"""The dialects that routes may name."""

from collections.abc import Mapping
from typing import Final, Protocol

from edge.dialects import riapi
from edge.dialects.book import PLAIN, Book
from edge.plan.plan import Wish


class Parse(Protocol):
    """A query, what its route adds to it, and whether a signature vouches for it. Never raises."""

    def __call__(self, query: str, book: Book = PLAIN, trusted: bool = False, /) -> Wish: ...


DIALECTS: Final[Mapping[str, Parse]] = {"riapi": riapi.parse}
