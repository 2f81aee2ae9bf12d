"""Fields that speak of one connection only (RFC 9110 §7.6.1, RFC 9111 §3.1)."""

import re

from edge.exchange import Fields

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Connection may not name these (RFC 9110 §7.6.1): without them an answer would be kept that must not be.
_NEVER_NAMED = frozenset({"age", "cache-control", "cdn-cache-control", "date", "expires", "set-cookie", "vary"})
_SPLIT = re.compile(r"[\s,]+")


def end_to_end(fields: Fields) -> Fields:
    """Without the hop-by-hop fields, and without those that Connection names."""
    named = {name.lower() for name in _SPLIT.split(fields.get("connection") or "") if name} - _NEVER_NAMED
    gone = HOP_BY_HOP | named
    if not any(name in gone for name, _ in fields):
        return fields
    return fields.without(*gone)
