"""What an answer to a write makes old (RFC 9111 §4.4), in the names of records. Pure."""

from collections.abc import Iterator

from edge.errors import EdgeError
from edge.exchange import Fields
from edge.freshness.invalidation import invalidated
from edge.freshness.tags import invalidated_groups
from edge.originals.record import name_of
from edge.originals.selection import Selection
from edge.relay.inquiry import Inquiry, RawRoute
from edge.routing.prefixes import Placed, RouteMap


def selections_of(inquiry: Inquiry, routes: RouteMap[Placed], status: int, fields: Fields) -> tuple[Selection, ...]:
    """() for a safe method or an error. URLs count that lead to the same origin; of each the answer that is passed on
    and the original of pictures. A group is one of this origin only (RFC 9875 §3)."""
    request, origin = inquiry.request, inquiry.route.origin.name
    paths = invalidated(request.method, status, inquiry.target, fields, hosts=_authorities(inquiry))
    names = dict.fromkeys(name for path in paths for name in _names(inquiry, routes, path))
    found = [Selection("name", name) for name in names]
    if inquiry.route.groups:
        groups = invalidated_groups(request.method, status, fields)
        found += [Selection("tag", group, within=f"{origin}\0") for group in groups]
    return tuple(found)


def _names(inquiry: Inquiry, routes: RouteMap[Placed], target: str) -> Iterator[str]:
    path, _, query = target.partition("?")
    try:
        route, key = routes.find(inquiry.request.host, path)
    except EdgeError:
        return
    if isinstance(route, RawRoute) and route.origin is inquiry.route.origin:
        yield name_of(route.origin.name, key, route.access.signature.strip(query))
        yield name_of(route.origin.name, key)


def _authorities(inquiry: Inquiry) -> tuple[str, ...]:
    said = (inquiry.request.headers.get("host") or "").lower()
    return tuple(filter(None, (inquiry.request.host, said)))
