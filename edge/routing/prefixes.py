"""Which route serves a path: the longest prefix, and among equals the one made for this host."""

import re
from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from edge.errors import NotFound, expected
from edge.routing.paths import decode_path

_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")


class Placed(Protocol):
    """Anything with a place among the routes. `prefix` is decoded text; `host` None = every host."""

    @property
    def prefix(self) -> str: ...

    @property
    def host(self) -> str | Sequence[str] | None: ...


R = TypeVar("R", bound=Placed)


class RouteMap(Generic[R]):
    """Immutable. `/photos` and `/photos/` are the same prefix; it ends at a slash, so it never serves
    /photosynthesis. A lookup costs one slice per distinct prefix length, however many routes there are."""

    __slots__ = ("_count", "_lengths", "_table")

    def __init__(self, routes: Iterable[R]) -> None:
        self._table: dict[str, dict[str | None, R]] = {}
        self._count = 0
        for route in routes:
            self._count += 1
            self._place(route)
        self._lengths = sorted({len(prefix) for prefix in self._table}, reverse=True)

    def match(self, path: str, host: str = "") -> tuple[R, str]:
        """The route for a decoded path, and the key below its prefix (without its leading slash). Raises NotFound."""
        name = bare_host(host)
        for length in self._lengths:
            if path[length : length + 1] not in ("/", ""):
                continue
            hosts = self._table.get(path[:length], {})
            for host_rule in (name, None):
                if host_rule in hosts:
                    return hosts[host_rule], path[length + 1 :]
        raise NotFound("No route serves this path")

    def find(self, host: str, path_raw: str) -> tuple[R, str]:
        """The same for a path as it stood on the wire. Raises BadRequest or NotFound."""
        return self.match(decode_path(path_raw), host)

    def _place(self, route: R) -> None:
        if not route.prefix.startswith("/"):
            raise ValueError(expected("a path that begins with a slash", "prefix", route.prefix))
        prefix = route.prefix.removesuffix("/")
        hosts = self._table.setdefault(prefix, {})
        for host in _hosts(route.host):
            if host in hosts:
                raise ValueError(expected("one route for each prefix and host", "prefix", route.prefix))
            hosts[host] = route

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"RouteMap({self._count} routes, {len(self._table)} prefixes)"


def bare_host(host: str) -> str:
    """Lower case, without port and without the root's dot: `Example.COM.:8080` is example.com, `[::1]:80` is [::1]."""
    found = _AUTHORITY.fullmatch(host)
    return (found[1] if found else host).lower().removesuffix(".")


def _hosts(rule: str | Sequence[str] | None) -> list[str | None]:
    if rule is None:
        return [None]
    names = [rule] if isinstance(rule, str) else list(rule)
    if not names:
        raise ValueError(expected("a host name, a list of them or nothing", "host", "an empty list"))
    return list(dict.fromkeys(map(bare_host, names)))
