"""Keys that a client shows to be let in: in a header field, or in the query.

Every key of the list is compared, and digests are compared rather than the keys, so that the time taken tells neither
which key is near nor how long it is.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from edge.errors import Forbidden, Unauthorized
from edge.exchange import Fields

_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """`header` and `query` name the field and the parameter. Without `keys` nothing is demanded, and a parameter of
    that name is someone else's. Raises ValueError for an empty key, which anybody could show."""

    keys: tuple[str, ...] = field(default=(), repr=False)
    header: str = "API-Key"
    query: str = "key"

    def __post_init__(self) -> None:
        if not all(self.keys):
            raise ValueError("Expected keys of at least one character for api_keys.keys but received an empty one")

    def authorise(self, query_raw: str, headers: Fields) -> None:
        """The field counts where both are there. Raises Unauthorized (no key) and Forbidden (none of ours)."""
        if not self.keys:
            return
        shown = headers.get(self.header)
        given = shown if shown is not None else self._in_query(query_raw)
        if given is None:
            raise Unauthorized(f"This route needs a key in the field {self.header}", _NO_STORE)
        digest = _digest(given)
        fits = [hmac.compare_digest(_digest(key), digest) for key in self.keys]
        if not any(fits):
            raise Forbidden("The key is none of this route's", _NO_STORE)

    def stripped(self, query_raw: str) -> str:
        """The raw query without the key; what stays is byte for byte as it was."""
        if not self.keys:
            return query_raw
        return "&".join(part for part in query_raw.split("&") if not self._is_ours(part))

    def hidden(self, query_raw: str) -> str:
        """The raw query for a log, however the parameter is named and spelt."""
        if not self.keys:
            return query_raw
        parts = query_raw.split("&")
        return "&".join(f"{part.partition('=')[0]}=…" if self._is_ours(part) else part for part in parts)

    def _in_query(self, query_raw: str) -> str | None:
        found = (part.partition("=")[2] for part in query_raw.split("&") if self._is_ours(part))
        return next((unquote_plus(value, errors="surrogateescape") for value in found), None)

    def _is_ours(self, part: str) -> bool:
        return unquote_plus(part.partition("=")[0], errors="surrogateescape") == self.query


NO_KEYS = ApiKeys()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
