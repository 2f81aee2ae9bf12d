"""What a request is for: its target and its host, as they stood on the wire. Pure."""

import re
from functools import lru_cache

from edge.errors import BadRequest

_LONGEST = 300  # characters; a name has at most 253 (RFC 1035 §2.3.4)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?", re.ASCII)


def target(raw: str, host: str) -> tuple[str, str]:
    """Path and query of a request target, both raw. The absolute form must name the Host (RFC 9112 §3.2.2)."""
    if not raw.startswith("/"):
        scheme, found, rest = raw.partition("://")
        if not found or scheme.lower() not in ("http", "https"):
            raise BadRequest("Expected a request target that begins with a slash")
        named, _, path = rest.partition("/")
        if named.lower() != host.lower():
            raise BadRequest("The request target and the Host name different servers")
        raw = "/" + path
    path, _, query = raw.partition("?")
    return path, query


@lru_cache(1024)
def authority(host: str) -> str:
    """The host's name, lower case, without port. Raises BadRequest for what is none (RFC 9112 §3.2)."""
    found = _HOST.fullmatch(host) if len(host) <= _LONGEST else None
    if found is None:
        raise BadRequest("Expected a host, and a port at most, in Host")
    return found[1].lower()
