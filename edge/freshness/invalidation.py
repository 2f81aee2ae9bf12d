"""What a write makes old (RFC 9111 §4.4)."""

from collections.abc import Collection

from edge.exchange import Fields
from edge.freshness.statuses import is_success
from edge.freshness.targets import resolved

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110 §9.2.1; an unknown method may write


def is_safe(method: str) -> bool:
    return method in _SAFE


def invalidated(
    method: str, status: int, url_path_and_query: str, fields: Fields, *, hosts: Collection[str] = ()
) -> tuple[str, ...]:
    """The paths with query whose stored answers must not be used again without a validation: the target's, and those
    of Location and Content-Location on this server. `hosts`: authorities (host or host:port, lower case) under which
    this server is known, for references that name one. () for a safe method or an error."""
    if is_safe(method) or not is_success(status):
        return ()
    named = [resolved(line, url_path_and_query, hosts) for line in _references(fields)]
    return tuple(dict.fromkeys([url_path_and_query, *[path for path in named if path is not None]]))


def _references(fields: Fields) -> list[str]:
    return [line for name in ("location", "content-location") for line in fields.lines(name)][:4]
