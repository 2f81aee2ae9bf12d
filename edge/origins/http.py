"""A web server as an origin: a base URL, and keys below it."""

import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from yarl import URL

from edge.errors import BadRequest, expected
from edge.origins.base import Ask
from edge.origins.client import Client, Terms
from edge.origins.guard import objection
from edge.origins.redirects import verbatim
from edge.origins.stream import HttpReply

# RFC 3986 pchar, which servers may tell from its encoded form, and `/`. Without `+`: to an object store a plain one in
# a path is a space, an encoded one never is.
_KEPT = "/!$&'()*,;=:@-._~"


class Http:
    """Origin over http or https. Raises ValueError when `url` is none that can be a base."""

    def __init__(
        self, name: str, url: str, terms: Terms | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        terms = terms or Terms()
        base = _base(url)
        self._base = str(base)
        if terms.ports is not None:
            terms = replace(terms, ports=frozenset((*terms.ports, base.port or 0)))
        self._client = Client(terms, clock=clock)

    async def fetch(self, ask: Ask) -> HttpReply:
        return await self._client.fetch(self._url(ask), ask)

    async def close(self) -> None:
        await self._client.close()

    @property
    def breaker_state(self) -> str:
        return self._client.breaker_state

    def __repr__(self) -> str:
        return f"Http({self.name!r}, {self._client!r})"

    def _url(self, ask: Ask) -> URL:
        query = f"?{verbatim(ask.query).replace('#', '%23')}" if ask.query else ""
        return URL(f"{self._base}{_path(ask.key)}{query}", encoded=True)


def _base(url: str) -> URL:
    try:
        base = URL(url)
        problem = objection(base, None) or ("a URL without query" if base.raw_query_string else None)
    except ValueError:
        base, problem = URL(), "an http or https URL"
    if problem:
        raise ValueError(expected(problem, "url", url))
    return base if base.raw_path.endswith("/") else base.with_path(base.raw_path + "/", encoded=True)


def _path(key: str) -> str:
    """Below the base, whatever the key. Segments that some server might take for `..` are none that it can hold: with
    a parameter (`..;`), or after a backslash."""
    segments = key.replace("\\", "/").split("/")
    if any(segment.partition(";")[0] in (".", "..") for segment in segments) or "\\" in key:
        raise BadRequest("The path holds a dot segment or a backslash")
    if any(mark < " " or mark == "\x7f" for mark in key):
        raise BadRequest("The path holds a control character")
    try:
        return quote(key, safe=_KEPT, errors="surrogateescape")
    except UnicodeEncodeError:
        raise BadRequest("The path is not UTF-8") from None
