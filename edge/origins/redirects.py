"""Where redirects may lead, and what may be said there. Pure.

Every hop is judged as the first URL was, since a redirect is the easiest way to make the edge ask somewhere else (T1).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from yarl import URL

from edge.exchange import Fields
from edge.origins.base import Refused
from edge.origins.guard import objection
from edge.origins.replies import received

Permit = Callable[[URL], str | None]

_STATUSES = frozenset({301, 302, 303, 307, 308})
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
# Anything else may be a secret of the operator or of a client, meant for the first origin only.
_ABROAD = frozenset(
    {
        "accept",
        "accept-language",
        "cache-control",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "pragma",
        "range",
        "user-agent",
    }
)


@dataclass(frozen=True, slots=True)
class Way:
    """The rules. `ports` None allows any."""

    ports: Collection[int] | None
    most: int
    permit: Permit | None = None

    def objection(self, url: URL) -> str | None:
        return objection(url, self.ports) or (self.permit(url) if self.permit else None)


class Trail:
    """The way of one ask. `at_home` until it leaves the first origin; coming back does not count."""

    __slots__ = ("_seen", "_way", "at_home", "hops", "url")

    def __init__(self, way: Way, url: URL) -> None:
        """Raises Refused when the rules forbid even the first URL."""
        self.url = url
        self.at_home = True
        self.hops: list[Fields] = []
        self._way = way
        self._seen = {url}
        if way.objection(url) is not None:
            raise Refused

    def step(self, status: int, headers: Mapping[str, str]) -> bool:
        """Go where this answer leads; False when it is no redirect. Raises Refused."""
        if status not in _STATUSES:
            return False
        target = _target(self.url, headers.get("Location"))
        if target in self._seen:
            raise Refused("The origin redirected in a circle")
        if len(self.hops) >= self._way.most:
            raise Refused("The origin redirected too often")
        if self.url.scheme == "https" and target.scheme != "https":
            raise Refused("The origin redirected from https to http")
        if self._way.objection(target) is not None:
            raise Refused
        self.hops.append(received(headers.items()))
        self.at_home = self.at_home and _same_origin(self.url, target)
        self._seen.add(target)
        self.url = target
        return True

    def __repr__(self) -> str:
        return f"Trail({len(self.hops)} hops, {'at home' if self.at_home else 'abroad'})"


def abroad(fields: Fields) -> Fields:
    """What may be said to another origin."""
    return Fields(line for line in fields if line[0] in _ABROAD)


def verbatim(text: str) -> str:
    """A raw URL part as it came, except for what cannot stand in a request line. Nothing is decoded: signatures in
    queries cover the encoded text."""
    return quote(text, safe=_PRINTABLE, errors="surrogateescape")


def _target(at: URL, location: str | None) -> URL:
    if not location:
        raise Refused("The origin redirected without saying where")
    try:
        written = verbatim(location.partition("#")[0])  # RFC 9110 §10.2.2: a fragment is for the user agent
        target = at.join(URL(written, encoded=True))
        return target.with_host(target.raw_host.lower()) if target.raw_host else target
    except ValueError as error:
        raise Refused("The origin redirected to what is no URL") from error


def _same_origin(one: URL, other: URL) -> bool:
    """Same scheme, host and port; or the step from http to https of one host, which only adds safety."""
    upgraded = (one.scheme, one.port, other.scheme, other.port) == ("http", 80, "https", 443)
    return one.raw_host == other.raw_host and (upgraded or (one.scheme, one.port) == (other.scheme, other.port))
