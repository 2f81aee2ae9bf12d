"""What an operator wants gone, as originals: URLs are read as the routes read them. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from edge.errors import BadRequest, NotFound, expected
from edge.originals.purge import Order
from edge.originals.record import name_of
from edge.originals.selection import Selection
from edge.routing.access import Access
from edge.routing.paths import decode_path
from edge.routing.prefixes import RouteMap, bare_host

_NOBODY = "No route serves this path"


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Placing(Protocol):
    """A route, of pictures or `raw`."""

    @property
    def prefix(self) -> str: ...

    @property
    def host(self) -> str | Sequence[str] | None: ...

    @property
    def origin(self) -> Named: ...

    @property
    def raw(self) -> bool: ...

    @property
    def access(self) -> Access: ...


class _Place(NamedTuple):
    """Of a URL; `host` None = whichever. `path` is decoded, `query` raw."""

    host: str | None
    path: str
    query: str


def selections_of(order: Order, routes: Sequence[Placing]) -> tuple[Selection, ...]:
    """A URL: the original that each route serves there, for its host, or for any when the order names none; on raw
    routes the answer to that very query. A prefix: all originals whose URLs begin so. Raises BadRequest for what is
    neither path nor http(s) URL and for an empty tag, NotFound for what no route serves."""
    match order.kind:
        case "all":
            return (Selection("all"),)
        case "tag":
            if not order.value:
                raise BadRequest(expected("a tag", "tag", order.value))
            return (Selection("tag", order.value),)
        case "url":
            found = _of_url(_place(order), routes)
        case "prefix":
            found = _of_prefix(_place(order), routes)
    selections = tuple(dict.fromkeys(found))
    if not selections:
        raise NotFound(_NOBODY)
    return selections


def _of_url(place: _Place, routes: Sequence[Placing]) -> Iterator[Selection]:
    by_host = RouteMap(routes)
    for host in _hosts(routes) if place.host is None else (place.host,):
        try:
            route, key = by_host.match(place.path, host)
        except NotFound:
            continue
        query = route.access.signature.strip(place.query) if route.raw else None
        yield Selection("name", name_of(route.origin.name, key, query))


def _hosts(routes: Sequence[Placing]) -> Iterator[str]:
    """Every host that some route is for, and one that none is for."""
    yield ""
    for route in routes:
        yield from _hosts_of(route)


def _hosts_of(route: Placing) -> Sequence[str]:
    return () if route.host is None else (route.host,) if isinstance(route.host, str) else route.host


def _of_prefix(place: _Place, routes: Sequence[Placing]) -> Iterator[Selection]:
    for route in routes:
        hosts = [bare_host(host) for host in _hosts_of(route)]
        if place.host is not None and hosts and place.host not in hosts:
            continue
        above = route.prefix.removesuffix("/") + "/"
        if above.startswith(place.path):
            yield Selection("prefix", name_of(route.origin.name, ""))
        elif place.path.startswith(above):
            yield Selection("prefix", name_of(route.origin.name, place.path.removeprefix(above)))


def _place(order: Order) -> _Place:
    host, target = None, order.value
    if not target.startswith("/"):
        host, target = _absolute(order)
    path, asked, query = target.partition("?")
    if "#" in query or (asked and order.kind == "prefix"):
        raise BadRequest(_sentence(order))
    return _Place(host, decode_path(path), query)


def _absolute(order: Order) -> tuple[str, str]:
    """Host and target of an http(s) URL."""
    scheme, found, rest = order.value.partition("://")
    ends = min([at for at in map(rest.find, "/?#") if at >= 0], default=len(rest))
    authority, target = rest[:ends], rest[ends:]
    host = bare_host(authority)
    if not found or scheme.lower() not in ("http", "https") or not host or "@" in authority:
        raise BadRequest(_sentence(order))
    return host, target if target.startswith("/") else f"/{target}"


def _sentence(order: Order) -> str:
    return expected("a path or an http(s) URL", order.kind, order.value)
